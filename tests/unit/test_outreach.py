"""Outreach by its closed forms: contacts into people reached, visits and leaving, handover to groups, and who is screened."""
from copy import deepcopy

import numpy as np
import pytest

from nbhdsim.delivery import Pull, resumed
from nbhdsim.interventions import schema
from nbhdsim.interventions.effects import effects
from nbhdsim.population import build
from nbhdsim.relations import Push, Relations
from nbhdsim.scenario import schema as scenarios
from nbhdsim.screening import AGES, PROGRAMMES, UPTAKE, Clock, Screening
from nbhdsim.simulation import Simulation

HEAD = "schema: scenario/1\narea: {name: teaching-town, residents: 8000}\nstart: 2026-04\nmonths: 36\nhistory: 12\nageing: false\n"
PLAIN = {"contact_chance": 0.4, "contacts_per_month": 60, "visits_a_month": 0, "leave_hazard": 0, "lonely_first": 0,
         "set_up_months": 0, "handover": 0}


def scenario(tmp_path, lines, **numbers):
    text = HEAD + "interventions:" + ("" if lines else " {}") + "\n" + "".join(f"  {line}\n" for line in lines)
    text += "overrides:" + ("" if numbers else " {}")
    (tmp_path / "s.yaml").write_text(text + "".join(f"\n  {a}: {v}" for a, v in numbers.items()) + "\n", encoding="utf-8")
    return scenarios.load(tmp_path / "s.yaml")


def link_worker(tmp_path, more=(), **changed):
    numbers = {f"interventions.link_worker.{name}": value for name, value in {**PLAIN, **changed}.items()}
    return scenario(tmp_path, ["link_worker: {where: all, sites: 1}", *more], **numbers)


def inside(loaded, months, *, replicate=0, key="link_worker"):
    """Members month by month, and the simulation."""
    sim = Simulation(build(loaded), loaded, replicate=replicate)
    while sim.month < 0:
        sim.step()
    found = []
    for _ in range(months):
        sim.step()
        found.append(sim.programmes[[p.key for p in sim.programmes].index(key)].inside.size)
    return np.array(found), sim


def eligible(sim):
    return sim.programmes[0]._delivery.rule.candidates.who.size


def test_contacts_reach_as_the_closed_form_says(tmp_path):
    """r(t+1) = r + q min(C, N - r), first with contacts short, then with people short."""
    for contacts in (60, 600):
        loaded = link_worker(tmp_path, contacts_per_month=contacts)
        runs = [inside(loaded, 24, replicate=r) for r in range(6)]
        reached, n = np.mean([r for r, _ in runs], 0), eligible(runs[0][1])
        wanted, spread = [0.0], 0.0
        for _ in range(24):
            called = min(contacts, n - wanted[-1])
            wanted.append(wanted[-1] + 0.4 * called)
            spread += 0.4 * 0.6 * called
        assert np.abs(reached - wanted[1:]).max() < 4 * np.sqrt(spread / 6), (contacts, reached, wanted)


def test_fewer_contacts_are_never_more_than_all_of_them(tmp_path):
    """Visits leave a part of a contact: it is not rounded up where others take away what is hardly anything."""
    numbers = {f"interventions.link_worker.{name}": value for name, value in {**PLAIN, "contacts_per_month": 11,
               "visits_a_month": 0.37}.items()}
    sim = inside(scenario(tmp_path, ["link_worker: {where: all, sites: 12}"], **numbers), 3)[1]
    delivery = sim.programmes[0]._delivery
    some = np.arange(delivery.rule.room.size)                             # one more inside in each pool than in the one before
    def left(factor):
        delivery._pull = Pull(room=np.full(some.size, factor))
        return delivery._left(some)
    whole = left(1.0)
    for factor in (0.999, 0.9, 0.5):
        assert (left(factor) <= whole).all() and (left(factor) <= left(1.001)).all()
    assert left(0.9).sum() == pytest.approx(np.maximum(11 * 0.9 - 0.37 * some, 0).sum(), abs=some.size / 2)


def test_a_certain_contact_reaches_whoever_it_goes_to(tmp_path):
    reached, _ = inside(link_worker(tmp_path, contact_chance=1, contacts_per_month=50), 6)
    assert reached.tolist() == [50, 100, 150, 200, 250, 300]


def test_visits_come_first_and_hold_the_number_reached(tmp_path):
    """With v visits each, C contacts hold C / v people: what is left of them then reaches nobody."""
    reached, _ = inside(link_worker(tmp_path, contact_chance=1, contacts_per_month=60, visits_a_month=2), 12)
    assert reached[0] == 60 and reached.max() == 60 and (reached[1:] == 60).all()
    reached, _ = inside(link_worker(tmp_path, contact_chance=0.5, contacts_per_month=60, visits_a_month=1), 24)
    assert reached[-1] <= 60 and reached[-1] >= 57


def test_who_leaves_makes_room_for_others(tmp_path):
    """Equilibrium m = q (C - v m) / leave (1 - leave), people leaving before visits are planned."""
    q, contacts, v, leave = 0.8, 120, 2, 0.33
    loaded = link_worker(tmp_path, contact_chance=q, contacts_per_month=contacts, visits_a_month=v, leave_hazard=leave)
    stay = 1 - leave
    runs = np.mean([inside(loaded, 30, replicate=r)[0][6:] for r in range(4)])
    assert runs == pytest.approx(q * contacts / (1 - stay * (1 - q * v)), rel=0.05)


def test_more_contacts_reach_a_superset(tmp_path):
    found = []
    for contacts in (10, 40, 160):
        sim = inside(link_worker(tmp_path, contacts_per_month=contacts), 18)[1]
        found.append(set(sim.programmes[0].reached))
    assert found[0] < found[1] < found[2]


def test_the_lonely_are_contacted_first(tmp_path):
    for first, low, high in ((0, -0.12, 0.12), (2, -2, -0.5)):
        sim = inside(link_worker(tmp_path, contacts_per_month=30, lonely_first=first), 6)[1]
        born = sim.world.script.born[0]
        assert low < born[sim.programmes[0].reached].mean() < high


def test_the_staff_of_every_site_counts(tmp_path):
    one, _ = inside(link_worker(tmp_path, contact_chance=1, contacts_per_month=20, staff=3), 1)
    assert one[0] == 60


def test_those_reached_are_handed_over_to_groups(tmp_path):
    """Nobody joins the group by himself; of m people inside, the share handed over joins a month later."""
    group = "health_walk: {where: all, sites: 9}"
    group_numbers = {"interventions.health_walk.reach": 0, "interventions.health_walk.leave_hazard": 0,
                     "interventions.health_walk.set_up_months": 0, "interventions.health_walk.places_per_site": 5000}
    base = {f"interventions.link_worker.{n}": v for n, v in {**PLAIN, "contact_chance": 1, "contacts_per_month": 9000}.items()}
    def joined(handover):
        numbers = {**base, **group_numbers, "interventions.link_worker.handover": handover}
        lines = ["link_worker: {where: all, sites: 1}", group]
        counts, sim = inside(scenario(tmp_path, lines, **numbers), 12, key="health_walk")
        return counts, sim
    assert not joined(0)[0].any()
    counts, sim = joined(0.1)
    both = np.intersect1d(sim.programmes[1].reached, sim.programmes[0]._delivery.rule.candidates.who).size
    assert counts[0] == 0 and set(sim.programmes[0].reached) <= set(sim.programmes[1].reached)
    assert counts[-1] == pytest.approx(both * (1 - 0.9 ** 11), abs=4 * np.sqrt(both * 0.25)) and both > 10


def test_a_handover_is_shared_out_over_the_doors_there_are(tmp_path):
    """Three groups take in no more than one: the same hazard, a third for each."""
    base = {f"interventions.link_worker.{n}": v for n, v in {**PLAIN, "contact_chance": 1, "contacts_per_month": 9000,
                                                             "handover": 0.1}.items()}
    quiet = {"reach": 0, "leave_hazard": 0, "set_up_months": 0, "places_per_site": 5000}
    found = []
    for keys in (["a"], ["a", "b", "c"]):
        numbers = base | {f"interventions.{key}.{name}": value for key in keys for name, value in quiet.items()}
        lines = ["link_worker: {where: all, sites: 1}"] + [f"{key}: {{kind: health_walk, where: all, sites: 9}}" for key in keys]
        _, sim = inside(scenario(tmp_path, lines, **numbers), 8)
        found.append(np.unique(np.concatenate([p.inside for p in sim.programmes if p.key != "link_worker"])).size)
    assert found[1] == pytest.approx(found[0], rel=0.1) and found[0] > 50


def test_who_has_left_is_screened_no_more(tmp_path):
    loaded = scenario(tmp_path, ["community_health_worker: {where: all, sites: 1, end: 2026-09}"],
                      **{"interventions.community_health_worker.set_up_months": 0})
    _, sim = inside(loaded, 8, key="community_health_worker")
    programme = sim.programmes[0]
    relations = Relations(sim.world.script.id.size, len(sim.world.places.name), sim.setting.values)
    programme.relate(7, relations)
    assert programme.reached.size and not relations.pushed("screening")


def test_nobody_is_handed_over_to_a_team_or_a_setting():
    from nbhdsim.interventions import DELIVERIES
    assert {name for name in DELIVERIES if DELIVERIES[name].open_door} == {"group", "open_access"}


def test_other_programmes_pull_the_hazard_the_room_and_the_leaving(tmp_path):
    loaded = scenario(tmp_path, ["youth_hub: {where: all, sites: 9}"], **{"interventions.youth_hub.places_per_site": 20})
    sim = Simulation(build(loaded), loaded)
    while sim.month < 1:
        sim.step()
    delivery = sim.programmes[0]._delivery
    m, pools = delivery.rule.candidates.who.size, delivery.rule.room.size
    ones = np.ones(m, np.float32)
    def after(**pull):
        twin = deepcopy(delivery)
        twin.advance(1, Pull(**pull))
        return twin.members.inside
    plain = after()
    assert set(plain) < set(after(join=5 * ones)) and not set(after(join=0 * ones)) - set(delivery.members.inside)
    assert after(room=np.full(pools, 0.5)).size <= 10 * 9 and after(also=ones, room=np.full(pools, 0.5)).size == 10 * pools
    assert after(also=ones).size > plain.size and after(tire=ones, join=0 * ones).size == 0


def test_screening_stands_at_the_published_coverage_without_programmes(tmp_path):
    loaded = scenario(tmp_path, [])
    sim = Simulation(build(loaded), loaded)
    first = None
    while sim.month < 3:
        sim.step()
        first = sim.screening.up.copy() if first is None else first
    assert (sim.screening.up == first).all()
    for k, name in enumerate(PROGRAMMES):
        due = sim.screening.due[k]
        age = (-sim.world.script.birth_month // 12)[due]
        assert AGES[name][0] <= age.min() and age.max() <= AGES[name][1]
        assert (name == "bowel") != (sim.world.script.sex[due] == 0).all()
        share, n = sim.screening.up[k][due].mean(), due.sum()
        assert share == pytest.approx(loaded.quantities[f"baseline.screening.{name}"].value, abs=3 * np.sqrt(0.25 / n))


def test_what_outreach_screened_lapses_with_its_half_life(tmp_path):
    numbers = {"interventions.screening_outreach." + name: value for name, value in {
        "contact_chance": 1, "contacts_per_month": 9000, "set_up_months": 0, "decay_half_life_months": 6,
        "effects.screening": 0.9}.items()}
    loaded = scenario(tmp_path, ["screening_outreach: {where: all, sites: 12, end: 2026-10}"], **numbers)
    sim = Simulation(build(loaded), loaded)
    while sim.month < 0:
        sim.step()
    before, extra = sim.screening.up.copy(), []
    for _ in range(20):
        sim.step()
        extra.append(int((sim.screening.up & ~before).sum()))
    assert not (before & ~sim.screening.up).any() and extra[6] > 150        # nobody loses
    assert extra[13] / extra[7] == pytest.approx(0.5, abs=0.12)
    assert sim.measures.screened[-1][..., :3].sum() == sim.screening.up[sim.screening.due].sum()


def screening_of(script, pushes, half_life):
    """Who is up to date, and until when, after a month in which programmes push, from nobody."""
    nobody = {f"baseline.{what}.{name}": 0.0 for what in ("screening", "groups") for name in (*PROGRAMMES, *UPTAKE)}
    screening = Screening(script, nobody, Clock(1, 0, 24315))
    everyone = np.arange(script.id.size)
    screening.step(0, [Push(key, everyone, np.full(everyone.size, h, np.float32)) for key, h in pushes.items()], half_life)
    return screening


def test_two_programmes_that_screen_are_two_courses_in_any_order(tmp_path):
    """Each screens by its own chance, what it screened lapses by its own half-life, and of both the longer lasts."""
    script, half_life = build(scenario(tmp_path, [])).script, {"a": 40.0, "b": 4.0}
    one, other, both, turned = (screening_of(script, dict.fromkeys(keys, 0.5), half_life) for keys in ("a", "b", "ab", "ba"))
    assert np.array_equal(both.until, turned.until) and np.array_equal(both.up, turned.up)
    assert np.array_equal(both.up, one.up | other.up)
    for single in (one, other):
        assert (both.until[single.up] >= single.until[single.up]).all()
    assert np.array_equal(both.until[one.up], one.until[one.up])
    alone = other.up & ~one.up
    assert alone.sum() > 30 and np.array_equal(both.until[alone], other.until[alone])
    due = both.due.sum()
    assert both.up.sum() / due == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / due))


def test_who_comes_back_goes_on_with_the_months_of_screening_that_are_left(tmp_path):
    """A kind that screens and does nothing else: what is spent of its months lapses as the screening does."""
    loaded = link_worker(tmp_path, ["screening_outreach: {where: all, sites: 1}"])
    values = {q.address: q.value for q in loaded.quantities.values()}
    course = effects(loaded.lines["screening_outreach"].kind, values, n=0, phi=0.5).course
    assert course.forget == 180 and course.rise[0, 7] == pytest.approx(0.06)
    back = [month - resumed.py_func(0, 5, month, course.rise, course.fall) for month in (5, 6, 23, 100)]
    assert back == [5, 5, 3, 1]


@pytest.mark.parametrize("gone", ["staff", "contacts_per_month", "contact_chance"])
def test_outreach_needs_to_know_its_contacts(tmp_path, gone):
    text = (schema.FOLDER / "link_worker.yaml").read_text(encoding="utf-8").replace("id: link_worker", "id: mine")
    lines = [line for line in text.splitlines() if not line.startswith(f"  {gone}:")]
    (tmp_path / "mine.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(Exception, match=f"an outreach needs {gone}|a outreach needs {gone}"):
        schema.kinds(tmp_path)
