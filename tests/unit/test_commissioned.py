"""Money that follows the patient: whom the NHS sends becomes a paid place a month later, within the purse, and nobody else."""
import numpy as np
import pytest

from nbhdsim.errors import NbhdsimError
from nbhdsim.population import build
from nbhdsim.scenario import schema as scenarios
from nbhdsim.simulation import Simulation, simulate

HEAD = "schema: scenario/1\nname: {name}\narea: {{name: teaching-town, residents: 8000}}\nstart: 2026-04\nmonths: 24\nhistory: 12\n"
LINKS = "link_worker: {where: all, sites: 12}"
GROUPS = "mens_group: {where: all, sites: 12}"
MONEY = "vcse_commissioning: {where: all, %s}"
READY = {"interventions.link_worker.set_up_months": 0, "interventions.link_worker.handover": 0.3,
         "interventions.mens_group.set_up_months": 0, "interventions.mens_group.places_per_site": 3,
         "interventions.mens_group.leave_hazard": 0.2}
OPEN = {**READY, "interventions.vcse_commissioning.set_up_months": 0}
MONTHS = 14


def scenario(tmp_path, lines, numbers, *, name="s", more="ageing: false\n"):
    own = {a: v for a, v in numbers.items() if any(line.startswith(a.split(".")[1] + ":") for line in lines)}
    text = HEAD.format(name=name) + more + "interventions:" + ("" if lines else " {}") + "\n" + "".join(f"  {x}\n" for x in lines)
    text += "overrides:" + ("" if own else " {}") + "".join(f"\n  {a}: {v}" for a, v in own.items())
    (tmp_path / "s.yaml").write_text(text + "\n", encoding="utf-8")
    return scenarios.load(tmp_path / "s.yaml")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return build(scenario(tmp_path_factory.mktemp("town"), [], {}))


def run(tmp_path, world, lines, numbers=OPEN, months=MONTHS, *, replicate=0):
    """The simulation, and month by month the men's groups' members, places and paid places."""
    sim, seen = Simulation(world, scenario(tmp_path, lines, numbers), replicate=replicate), []
    while sim.month < months:
        sim.step()
        if sim.month > 0:
            group = next((p for p in sim.programmes if p.key == "mens_group"), None)
            paid = 0 if group is None or group.paid is None else int(group.paid.sum())
            seen.append((group.inside.size, int(group._delivery.room.sum()), paid) if group else (0, 0, paid))
    return sim, np.array(seen)


def paid(sim):
    """Patients paid for by month."""
    plan = sim.plans["vcse_commissioning"]
    return np.array([plan.paid[m].sum() if m in plan.paid else 0 for m in range(sim.month)])


def pounds(sim, kind):
    costs = sim.plans["vcse_commissioning"].costs()
    return sum(p for p, k in zip(costs["pounds"], costs["kind"], strict=True) if k == kind)


def test_places_grow_by_those_who_were_sent_a_month_later_and_last_as_long_as_a_stay(tmp_path, world):
    sim, seen = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 5000000"])
    bought = paid(sim)
    stay = 5                                                               # 1 / 0.2 a month
    wanted = [36 + sum(bought[max(t - stay, 0):t]) for t in range(MONTHS)]
    assert seen[:, 1].tolist() == wanted and bought.sum() > 30
    assert (seen[:, 0] <= seen[:, 1]).all() and seen[-1, 0] > 36           # and people take them


def test_money_is_price_times_patients_and_what_is_left_is_told(tmp_path, world):
    sim, _ = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 5000000"], months=24)
    assert pounds(sim, "running") == pytest.approx(450 * paid(sim).sum())
    assert pounds(sim, "set_up") == pytest.approx(0.12 * world.places.residents.sum())
    assert sum(pounds(sim, k) for k in ("running", "set_up", "unspent")) == pytest.approx(10_000_000)


def test_the_purse_is_never_exceeded_and_the_rest_waits(tmp_path, world):
    """12,000 pounds a year: 26 patients of a year and 2 a month at first; those not paid for are paid when money comes."""
    plenty, _ = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 5000000"], months=24)
    sim, seen = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 12000"], months=24)
    set_up = 0.12 * world.places.residents.sum()
    a_month = (24_000 - set_up) / 24
    for year in (0, 12):
        spent = 450 * np.cumsum(paid(sim)[year:year + 12])
        assert (spent <= a_month * np.arange(1, 13) + 1e-6).all() and spent[-1] > 12 * a_month - 450 - 1e-6
    assert paid(plenty).sum() > 2 * paid(sim).sum() and pounds(sim, "unspent") < 2 * 450
    assert seen[-1, 1] == 36 + sum(paid(sim)[-6:-1])


def test_without_patients_there_is_no_place_and_no_money(tmp_path, world):
    """Nobody hands over; they are sent by others than the NHS; they have nowhere to go; or nobody lives where the money is."""
    quiet = {**OPEN, "interventions.link_worker.handover": 0}
    council = "link_worker: {where: all, sites: 12, payer: {council_public_health: 1}}"
    library = "library_hub: {where: all, sites: 6}"
    for lines, numbers in (([LINKS, GROUPS], quiet), ([council, GROUPS], OPEN), ([LINKS, library], OPEN)):
        alone, before = run(tmp_path, world, lines, numbers)
        sim, seen = run(tmp_path, world, [*lines, MONEY % "funding: 5000000"], numbers)
        assert not paid(sim).any() and pounds(sim, "running") == 0 and np.array_equal(seen, before)
        assert all(np.array_equal(one, other) for one, other in zip(sim.sums, alone.sums, strict=True))


def test_a_purse_of_nothing_is_bit_for_bit_no_programme(tmp_path, world):
    """All of the money goes into setting it up."""
    numbers = {**OPEN, "interventions.vcse_commissioning.cost.set_up": 5_000_000}
    with pytest.raises(NbhdsimError, match="pay for no patient"):
        scenario(tmp_path, [LINKS, GROUPS, MONEY % "funding: 12000"], numbers)
    alone, _ = run(tmp_path, world, [LINKS, GROUPS])
    sim, _ = run(tmp_path, world, [LINKS, GROUPS, MONEY.replace("where: all", "where: {top: 1}") % "funding: 12000"],
                 {**OPEN, "interventions.vcse_commissioning.cost.set_up": 40})
    assert sim.plans["vcse_commissioning"].purse < 450 and not paid(sim).any()
    assert np.array_equal(np.stack(alone.sums), np.stack(sim.sums))


def test_those_who_come_by_themselves_bring_no_money(tmp_path, world):
    """Men's groups full of those who come by themselves: only patients of the link workers count."""
    numbers = {**OPEN, "interventions.mens_group.reach": 0.5}
    lines = [LINKS, GROUPS, MONEY % "funding: 5000000"]
    sim, _ = run(tmp_path, world, lines, numbers)
    links = sim.programmes[[p.key for p in sim.programmes].index("link_worker")]
    assert 0 < paid(sim).sum() <= links.reached.size
    alone, _ = run(tmp_path, world, [GROUPS, MONEY % "funding: 5000000"], numbers)
    assert not paid(alone).any()


def test_money_follows_only_patients_of_its_neighbourhoods_and_while_it_lasts(tmp_path, world):
    name = world.places.name[0]
    money = f"vcse_commissioning: {{where: {{names: [{name}]}}, start: 2026-07, end: 2026-12, funding: 5000000}}"
    sim, seen = run(tmp_path, world, [LINKS, GROUPS, money], months=15)
    plan = sim.plans["vcse_commissioning"]
    assert set(plan.paid) <= set(range(3, 9)) and all(not some[1:].any() for some in plan.paid.values()) and plan.paid
    assert seen[3, 1] == 36 and seen[-1, 1] == 36                          # a stay after the last was paid for


def test_contracting_takes_its_months_whose_money_is_unspent(tmp_path, world):
    sim, _ = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 5000000"], READY, months=24)
    assert paid(sim)[15:].any() and not paid(sim)[:15].any()
    costs = sim.plans["vcse_commissioning"].costs()
    first = [p for p, k, y in zip(costs["pounds"], costs["kind"], costs["year"], strict=True) if (k, y) == ("unspent", 1)]
    assert first == pytest.approx([5_000_000 - 0.06 * world.places.residents.sum()])


def test_places_may_be_asked_for_as_patients_a_year_and_sites_may_not(tmp_path, world):
    sim, _ = run(tmp_path, world, [LINKS, GROUPS, MONEY % "places: 24"], months=24)
    assert sim.plans["vcse_commissioning"].purse == pytest.approx(2 * 24 * 450)
    assert paid(sim)[:12].sum() == paid(sim)[12:].sum() == 24
    with pytest.raises(NbhdsimError, match="has no sites: give `funding`"):
        scenario(tmp_path, [MONEY % "sites: 2"], OPEN)


def test_two_contracts_pay_for_a_patient_once(tmp_path, world):
    one, seen = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 5000000"])
    other = "b_second: {kind: vcse_commissioning, where: all, funding: 5000000}"
    two, both = run(tmp_path, world, [LINKS, GROUPS, MONEY % "funding: 5000000", other],
                    {**OPEN, "interventions.b_second.set_up_months": 0})
    again = sum(some.sum() for some in two.plans["b_second"].paid.values())
    assert np.array_equal(seen, both) and paid(two).sum() + again == paid(one).sum()


def test_hours_of_volunteers_are_asked_for_by_paid_places_too(tmp_path, world):
    walk = "health_walk: {where: all, sites: 12}"
    numbers = {**OPEN, "interventions.health_walk.set_up_months": 0, "interventions.health_walk.places_per_site": 3}
    loaded = scenario(tmp_path, [LINKS, walk, MONEY % "funding: 5000000"], numbers)
    sim = Simulation(world, loaded)
    while sim.month < 6:
        sim.step()
    programme = next(p for p in sim.programmes if p.key == "health_walk")
    hours = programme.intervention.figures["relies.volunteer_hours"]
    need = programme.asked(sim.month, sim.relations)
    assert programme.paid.sum() > 0 and need == pytest.approx(hours * (3 + programme.paid))


def test_it_holds_while_time_passes_and_costs_are_in_the_tables(tmp_path):
    loaded = scenario(tmp_path, [LINKS, GROUPS, MONEY % "funding: 5000000"], OPEN, more="")
    rows = simulate(build(loaded), [loaded], draw=0, replicate=0)
    costs, delivery = rows["costs"], rows["delivery"]
    text = {name: np.array(column[1], object)[column[0]] if isinstance(column, tuple) else np.asarray(column)
            for name, column in costs.items() if name not in ("draw", "replicate")}
    mine = text["intervention"] == "vcse_commissioning"
    spent = text["pounds"][mine & (text["kind"] == "running")].sum()
    assert spent > 0 and spent % 450 == 0 and text["pounds"][mine].sum() == pytest.approx(10_000_000)
    assert len(delivery["month"])
