"""Care that is digital first: stated effects hold on average over those who join, the excluded get less, a lifted barrier more."""
import numpy as np
import pytest
from ageing import passing
from ageing import run as run_ageing
from ageing import world as ageing_world
from towns import lanes, scenario

from nbhdsim import population
from nbhdsim.groups import BIT, EXCLUDED
from nbhdsim.interventions.barrier import BENEFIT
from nbhdsim.simulation import Simulation

SILENT = {"baseline.spill_over.strength": 0.0, "baseline.admission.n": 0.0}
WARD = {"reach": 1.0, "leave_hazard": 0.0, "set_up_months": 0.0, "effects.admission_rr": 0.9}
TEAM = {"reach": 0.3, "leave_hazard": 0.0}
LINE = "{where: all, places: 9000}"
SIZE = 9000


def of(kind, numbers):
    return {f"interventions.{kind}.{name}": value for name, value in numbers.items()}


def after(months, *scenarios):
    sims = lanes(*scenarios, residents=SIZE)
    for sim in sims:
        while sim.month <= months:
            sim.step()
    return sims


def excluded(sim, rows):
    return (sim.world.script.flags[rows] & BIT[EXCLUDED]) != 0


def ward(**changed):
    return scenario("ward", {"virtual_ward": LINE}, overrides={**SILENT, **of("virtual_ward", {**WARD, **changed})}, residents=SIZE)


@pytest.fixture(scope="module")
def pair():
    return after(2, scenario("nothing", {}, overrides=SILENT, residents=SIZE), ward())


def test_the_stated_effect_holds_on_average_over_those_who_join(pair):
    """Within 3 standard errors of the share of admissions that the excluded happen to have."""
    nothing, funded = pair
    rows = funded.members["virtual_ward"].who
    before, after_ = nothing._state.expected[rows].astype(float), funded._state.expected[rows].astype(float)
    part = after_ / before
    error = np.sqrt((before ** 2).sum()) / before.sum() * part.std()
    assert rows.size > 1000
    assert abs(after_.sum() / before.sum() - 0.9) < 3 * error
    assert error < 0.002


def test_the_excluded_have_half_the_effect_of_the_others(pair):
    nothing, funded = pair
    rows = funded.members["virtual_ward"].who
    gain = 1 - funded._state.expected[rows].astype(float) / nothing._state.expected[rows]
    mine = excluded(funded, rows)
    assert 0.2 < mine.mean() < 0.8
    assert gain[mine].max() - gain[mine].min() < 1e-5 and gain[~mine].max() - gain[~mine].min() < 1e-5
    assert gain[mine].mean() == pytest.approx(funded.setting.values[BENEFIT] * gain[~mine].mean(), rel=1e-4)


def test_without_digital_first_everyone_has_the_stated_effect(pair):
    nothing, funded = after(2, scenario("nothing", {}, overrides=SILENT, residents=SIZE), ward(digital_first=0.0))
    rows = funded.members["virtual_ward"].who
    assert np.allclose(funded._state.expected[rows] / nothing._state.expected[rows], 0.9, rtol=2e-6)


def test_digital_inclusion_lifts_the_barrier_of_those_it_reaches_and_of_nobody_else():
    learners = {"contacts_per_month": 9000.0, "contact_chance": 1.0, "visits_a_month": 0.0, "leave_hazard": 0.0,
                "set_up_months": 0.0, "effects.digital_barrier": 0.1}
    numbers = {**SILENT, **of("virtual_ward", WARD)}
    both = scenario("both", {"virtual_ward": LINE, "digital_inclusion": "{where: all, sites: 9}"}, residents=SIZE,
                    overrides={**numbers, **of("digital_inclusion", learners)})
    nothing, alone, helped = after(6, scenario("nothing", {}, overrides=SILENT, residents=SIZE), ward(), both)
    rows = helped.members["virtual_ward"].who
    taught = np.isin(rows, helped.members["digital_inclusion"].who)
    assert excluded(helped, helped.members["digital_inclusion"].who).all()
    assert taught.sum() > 100
    assert (helped._state.expected[rows[taught]] < alone._state.expected[rows[taught]]).all()
    same = rows[~taught]
    assert np.array_equal(helped._state.expected[same], alone._state.expected[same])
    gain = 1 - helped._state.expected[rows].astype(float) / nothing._state.expected[rows]
    full = gain[~excluded(helped, rows)].mean()
    assert gain[taught].mean() == pytest.approx(full * (1 - 0.5 * 0.1), rel=1e-3)


def test_the_total_of_an_area_stays_as_stated():
    """What the excluded have less of their own effect, the rest of the list makes up for."""
    changed = {**TEAM, "digital_first": 0.6, "effects.admission_rr.area.at12": 0.98}
    numbers = {**SILENT, **of("integrated_neighbourhood_team", changed)}
    team = scenario("team", {"integrated_neighbourhood_team": LINE}, overrides=numbers, residents=SIZE)
    nothing, funded = after(12, scenario("nothing", {}, overrides=SILENT, residents=SIZE), team)
    rows = funded.members["integrated_neighbourhood_team"].who
    part = funded._state.expected[rows].astype(float) / nothing._state.expected[rows]
    mine = excluded(funded, rows)
    assert part[mine].mean() < part[~mine].mean()          # less case finding uncovers less need
    total = [sim._state.expected.sum(dtype=float) for sim in (funded, nothing)]
    assert total[0] / total[1] == pytest.approx(0.98, abs=3e-6)


def test_newcomers_have_a_flag_of_their_own_and_meet_the_barrier_as_themselves():
    lines = {"virtual_ward": LINE}
    numbers = {**SILENT, **of("virtual_ward", WARD)}
    town = ageing_world()
    life = town.life
    moved = np.flatnonzero((life.arrives > 0) & (life.leaves > life.arrives))
    before = np.searchsorted(life.row, life.row[moved])
    assert 0.05 < (life.flags[moved] != life.flags[before]).mean() < 0.95
    funded = run_ageing(passing("ward", lines, overrides=numbers), 30)
    plain = run_ageing(passing("nothing", overrides=SILENT), 30)
    members = funded.members["virtual_ward"]
    rows = members.inside
    stay = funded.passing.stay[rows]
    mine = (life.flags[stay] & BIT[EXCLUDED]) != 0
    gain = 1 - funded._state.expected[rows].astype(float) / plain._state.expected[rows]
    arrived = life.arrives[stay] > 0
    assert arrived.sum() > 20 and mine[arrived].any() and not mine[arrived].all()
    assert gain[mine].max() < gain[~mine].min() - 0.02


def test_the_stated_effect_holds_on_average_as_the_list_changes():
    """Those who come of age are excluded less often than those before them, and the mean is over those who may join now."""
    ward_ = passing("ward", {"virtual_ward": LINE}, months=60, overrides={**SILENT, **of("virtual_ward", WARD)}, residents=SIZE)
    sim = Simulation(population.build(ward_), ward_)
    shares = []
    while sim.month < 60:
        sim.step()
        if sim.month > 0 and sim.month % 12 == 1:
            (programme,) = sim.programmes
            c, barrier = programme._delivery.rule.candidates, programme._barrier
            mine = barrier._excluded[c.who]
            shares.append(np.average(mine, weights=c.hazard))
            part = (1 - barrier._loss * mine) / barrier._heads
            assert np.average(part, weights=c.hazard) == pytest.approx(1, abs=1e-6)
    assert shares[-1] < shares[0] - 0.02
