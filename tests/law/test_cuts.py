"""Existing provision and cuts: nothing while it stands, the inverse of its effects as they fade, nothing when it never ended."""
from itertools import pairwise
from math import fsum, log

import numpy as np
import pytest
import towns

from nbhdsim import population, simulation
from nbhdsim.explain import resident
from nbhdsim.interventions import schema as kinds

HOMES = "homes: {kind: care_home_support, where: all, sites: 3}"
GRANTS = "grants: {kind: school_grant, where: all, sites: 2, every: 12}"
START = 3


def scenario(name, lines, *, existing=(HOMES, GRANTS), **more):
    more.setdefault("extra", "")
    more["extra"] += f"existing: {{{', '.join(existing)}}}\n" if existing else ""
    return towns.scenario(name, lines, **more)


def run(*scenarios, months=15, each=lambda lanes: None, residents=900):
    lanes = towns.lanes(*scenarios, residents=residents)
    for _ in range(months):
        for lane in lanes:
            lane.step()
        each(lanes)
    return lanes


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(towns.state_of(one).values(), towns.state_of(other).values(), strict=True)) \
        and all(np.array_equal(a, b) for a, b in zip(one.sums, other.sums, strict=True))


ALONE = {"baseline.spill_over.strength": 0}
CUT = {"cut": "{stop: homes, start: 2026-07}"}


def test_what_nobody_stops_is_nothing_and_a_cut_funded_again_at_once_never_was():
    plain, standing, back = run(scenario("plain", {}, existing=()), scenario("standing", {}),
                                scenario("back", CUT | {"homes": "{start: 2026-07}", "gone": "{stop: grants}", "grants": "{}"}))
    assert same(plain, standing) and same(plain, back) and not back.plans


def test_nothing_changes_before_a_cut_and_only_those_it_is_about_change_after():
    lines = ALONE | {"interventions.cut.effects.admission_rr": 0.75}
    seen = []
    def look(lanes):
        plain, cut = (towns.state_of(lane)["expected"] for lane in lanes)
        seen.append(np.flatnonzero(plain != cut))
        assert np.isin(seen[-1], np.flatnonzero(lanes[1].touched)).all()
    lanes = run(scenario("plain", {}, overrides=ALONE), scenario("cut", CUT, overrides=lines), each=look)
    assert all(not rows.size for rows in seen[:START]) and all(rows.size for rows in seen[START:])
    assert not lanes[1].reached.any() and lanes[1].taking_part.any()


@pytest.mark.parametrize("half_life", [3.0, 6.0])
def test_what_is_pushed_is_the_inverse_rising_as_the_effect_fades(half_life):
    """log ratio = -log(0.75) (1 - 2^(-t / half-life)) in the t-th month, for everyone who was in; a shift likewise."""
    numbers = {"interventions.cut.decay_half_life_months": half_life, "interventions.cut.reach": 1.0,
               "interventions.cut.effects.admission_rr": 0.75}
    lane, = towns.lanes(scenario("cut", CUT, overrides=numbers))
    held = []
    live = lane.levers.push
    lane.levers.push = lambda name, who, value, *, covered=(): (held.append((lane.month, name, who, value)),
                                                                live(name, who, value, covered=covered))[1]
    for _ in range(12):
        lane.step()
    assert {name for _, name, _, _ in held} == {"admission_rr"} and held[0][0] == START
    for month, _, who, value in held:
        wanted = -log(0.75) * (1 - 2 ** (-(month - START + 1) / half_life))
        assert np.allclose(np.log(value), wanted, rtol=2e-3) and who.size
    assert all(np.all(np.diff([np.log(v).mean() for *_, v in pair]) > 0) for pair in pairwise(held))


def test_the_path_of_a_resident_names_the_cut():
    lane, = run(scenario("cut", CUT), months=START + 1)
    told = resident.causes(lane, int(lane.members["cut"].inside[0]))
    assert told[0] == "had or would have a place in homes, cut by cut, since month 3"
    assert not lane.programmes[0].exposed.size and not lane.programmes[0].reached.size


def test_it_takes_back_what_it_paid_and_nothing_that_was_paid_before():
    cut = scenario("cut", {"cut": "{stop: homes, start: 2026-07, end: 2027-03}", "less": "{stop: grants, start: 2026-10}"})
    lane, = run(cut, months=1)
    values = lane.setting.values
    homes, grants = lane.plans["cut"].costs(), lane.plans["less"].costs()
    each = values["interventions.cut.cost.running"] * values["interventions.cut.places_per_site"] * values["economics.price_2017"]
    assert fsum(homes["pounds"]) == pytest.approx(-3 * each * 9 / 12) and set(homes["kind"]) == {"running"}
    assert set(homes["payer"]) == {"icb"} and set(homes["year"]) == {1}
    saved = -3000 * lane.plans["less"].sites.sum() * values["economics.price_2024"]
    assert fsum(grants["pounds"]) == pytest.approx(saved) and set(grants["year"]) == {2}


def test_money_that_comes_back_later_closes_the_gap():
    """People join again, and what they had grows again."""
    existing = ("hub: {kind: parkrun, where: all, sites: 2}",)
    numbers = ALONE | {"interventions.cut.effects.life_satisfaction": 0.3, "interventions.cut.reach": 0.9}
    gap = []
    def look(lanes):
        plain, cut = (towns.state_of(lane)["life_satisfaction"] for lane in lanes)
        gap.append(float((cut - plain).sum()))
    run(scenario("plain", {}, existing=existing, overrides=ALONE),
        scenario("cut", {"cut": "{stop: hub, start: 2026-05}", "hub": "{start: 2026-10}"}, existing=existing, overrides=numbers),
        months=24, each=look)
    assert gap[0] == 0 and min(gap) < -1 and gap.index(min(gap)) in (5, 6)
    assert abs(gap[-1]) < 0.2 * abs(min(gap))


@pytest.mark.parametrize("where, cut", [("{quintile: [1, 2]}", True), ("all", True)])
def test_it_ends_in_the_places_it_names_alone(where, cut):
    lane, = run(scenario("cut", {"cut": f"{{stop: homes, where: {where}}}"}, residents=3000,
                         existing=("homes: {kind: care_home_support, where: all, sites: 9}",)), months=2, residents=3000)
    sites, quintile = lane.plans["cut"].sites, lane.world.places.quintile
    assert (sites.sum() == 9) == (where == "all") and (where == "all" or not sites[quintile > 2].any()) and sites.any() == cut


def test_an_area_effect_is_undone_for_everyone_there():
    existing = ("team: {kind: integrated_neighbourhood_team, where: all, places: 900}",)
    lane, = towns.lanes(scenario("cut", {"cut": "{stop: team}"}, existing=existing))
    for _ in range(23):
        lane.step()
    pushed = []
    lane.levers.push = lambda name, who, value, *, covered=(): pushed.append((who, value))
    lane.step()
    who, value = pushed[-1]
    assert np.isin(np.flatnonzero(lane.luck.natural > 0), who).mean() > 0.9 and np.median(value) > 1.02


def test_the_tables_say_it_below_zero():
    cut = scenario("cut", CUT)
    rows = simulation.simulate(towns.world(), [scenario("plain", {}), cut], draw=0, replicate=0)
    assert fsum(rows["funded"]["sites"]) == -3 and max(rows["costs"]["pounds"]) < 0
    delivery = {name: np.asarray(rows["delivery"][name]) for name in ("month", "places", "members", "joined", "left", "reached")}
    assert delivery["month"].min() == START and delivery["members"].sum() < 0
    for month in range(START, int(delivery["month"].max()) + 1):         # what is missing adds up from the month of the cut on
        so_far, now = delivery["month"] <= month, delivery["month"] == month
        assert fsum((delivery["joined"] - delivery["left"])[so_far]) == fsum(delivery["members"][now])
        assert (delivery["places"] <= delivery["members"])[now].all() and (delivery["reached"][now] <= 0).all()


@pytest.mark.parametrize("extra", ["", "ageing: true\n"])
def test_every_kind_that_can_be_cut_is_nothing_until_then_and_something_after(extra):
    """With and without time passing; what works through other programmes is refused."""
    for kind in ("youth_hub", "parkrun", "frailty_care", "stigma_grant", "school_grant", "community_volunteering"):
        existing = (f"it: {towns.line(kind)[:-1]}, kind: {kind}}}",)
        effects = {f"interventions.cut.effects.{e.lever}": 0.8 for e in kinds.kinds()[kind].effects if e.lever == "admission_rr"}
        numbers = effects if len([e for e in kinds.kinds()[kind].effects if e.lever == "admission_rr"]) == 1 else {}
        numbers |= {a: v for a, v in towns.ready(kind, "cut").items() if a.endswith("reach")}
        plain, cut = run(scenario("plain", {}, existing=existing, extra=extra),
                         scenario("cut", {"cut": "{stop: it, start: 2026-06}"}, existing=existing, extra=extra, overrides=numbers),
                         months=8)
        assert all(np.array_equal(a, b) for a, b in zip(plain.sums[:2], cut.sums[:2], strict=True)), kind
        assert cut.touched.any() and not same(plain, cut), kind


def test_grants_that_come_back_are_those_that_would_have_been():
    """Where time passes, too: of the round that would be in force, not of the last one before the cut."""
    with_ = {"extra": "ageing: true\n", "months": 48, "residents": 2000}
    back = scenario("back", {"cut": "{stop: grants, start: 2027-01}", "grants": "{start: 2027-10}",
                             "cut_homes": "{stop: homes, start: 2027-01}", "homes": "{start: 2027-10}"}, **with_)
    sim = simulation.Simulation(population.build(back), back)
    while sim.month < 20:
        sim.step()
        for cut in sim.programmes if sim.month == 17 else ():
            assert not cut._gone.inside.size and cut._stood.inside.size
    for cut in sim.programmes:
        assert cut._gone.inside.tolist() == cut._stood.inside.tolist()
