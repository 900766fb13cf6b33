"""Programmes among people who come and go: leavers leave, ages are those of the month, newcomers join, and it dilutes."""
import numpy as np
import pytest
from ageing import passing, run
from towns import scenario

from nbhdsim import population
from nbhdsim.interventions.programme import LIST
from nbhdsim.residents import age_at
from nbhdsim.simulation import Simulation

HUB = {"youth_hub": "{where: all, sites: 4}"}
FAST = {"interventions.youth_hub.reach": 0.9, "interventions.youth_hub.places_per_site": 500.0}


def step(sim: Simulation) -> None:
    """A month, in which nobody who is not there may be in anything."""
    sim.step()
    for programme in sim.programmes:
        members = programme.members
        assert (sim.passing.here[members.who] != 0).all()
        newcomer = np.isin(members.who, sim.passing.change.rows)
        assert (members.since[newcomer] == sim.month - 1).all()       # at most since this month, if they joined at once
        assert (np.diff(members.who) > 0).all()
        delivery = programme._delivery
        assert (delivery.rule.candidates.who[delivery._slot] == members.who).all()
        assert sorted(delivery.rule.candidates.who[delivery._inside != 0]) == sorted(members.inside)


@pytest.mark.parametrize("kind", ["youth_hub", "wellbeing_hub", "school_grant", "integrated_neighbourhood_team", "adjust"])
def test_members_are_there_and_of_the_right_age(kind):
    line = {"youth_hub": HUB["youth_hub"], "wellbeing_hub": "{where: all, sites: 4}",
            "school_grant": "{where: all, sites: 4, every: 4}", "integrated_neighbourhood_team": "{where: all, places: 3000}",
            "adjust": "{where: all, who: {age: [20, 30]}, effects: [{lever: connection, value: 0.2, at: 3}]}"}[kind]
    sim = run(passing("s", {kind: line}), until=0)
    for _ in range(30):
        step(sim)
        (programme,) = sim.programmes
        joined = programme.members.who[programme.members.since == sim.month - 1]
        age, aim = age_at(sim.script)[joined].astype(int), programme.intervention.aim
        slack = 1                                   # birthdays since the list was drawn up, a year ago at most
        assert ((age >= aim.low) & (age <= aim.high + slack)).all()
        if kind == "school_grant":
            assert ((age >= 4) & (age <= 16 + slack)).all()
        inside = age_at(sim.script)[programme.inside].astype(int)
        if (sim.month - 1) % LIST == 0 and kind != "school_grant":
            assert ((inside >= aim.low) & (inside <= aim.high)).all()


@pytest.mark.parametrize("line", ["youth_hub: {where: all, sites: 4, start: 2028-10}",
                                  "school_grant: {where: all, sites: 4, every: 6, start: 2028-10}"])
def test_what_opens_late_is_for_those_who_are_of_its_age_then(line):
    """Not for those who were when the scenario began."""
    key, _, rest = line.partition(": ")
    sim = run(passing("s", {key: rest}), until=31)
    (programme,) = sim.programmes
    age = age_at(sim.script)[programme.on_list(30)]
    low, high = (11, 18) if key == "youth_hub" else (4, 16)
    assert age.min() == low and age.max() == high and (np.bincount(age)[low:] > 0).all()


@pytest.mark.parametrize("kind", ["school_grant", "care_home_support"])
def test_whoever_comes_into_a_funded_setting_takes_part(kind):
    """New pupils and residents of homes, too, not those of the first month alone: at a reach of all, all who are there, on the
    yearly list, and those who moved into a pupil's place at once."""
    over = {f"interventions.{kind}.reach": 1.0, "baseline.groups.care_home": 0.9}
    scenario_ = passing("s", {kind: "{where: all, sites: 2}"}, overrides=over, residents=2000)
    sim = Simulation(population.build(scenario_), scenario_)
    first = None
    while sim.month < 36:
        sim.step()
        if sim.month > 0:
            (programme,) = sim.programmes
            delivery = programme._delivery
            funded = delivery.rule.candidates.who[delivery._rounds[0].who]
            there = np.intersect1d(funded, programme.on_list(sim.month - 1))
            assert there.tolist() == programme.inside.tolist()
            first = programme.inside if first is None else first
    assert programme.inside.size > 0.7 * first.size


def test_newcomers_and_the_newly_old_enough_join():
    sim = run(passing("s", HUB, overrides=FAST), until=0)
    first = set()
    while sim.month < 36:
        step(sim)
        if sim.month == 3:
            first = set(sim.script.id[sim.programmes[0]._delivery.rule.candidates.who])
    inside = sim.programmes[0].inside
    born = sim.script.birth_month[inside]
    assert (born > -12 * 11).any()                  # too young at the start
    assert (sim.script.arrives[inside] > 0).any()   # not there at the start
    assert len(set(sim.script.id[inside]) - first) > 0


def test_whoever_leaves_takes_everything_along():
    """Effects of a past member fade where they stay, and end where they go."""
    sim = run(passing("s", {"wellbeing_hub": "{where: all, sites: 4, end: 2026-12}"},
                      overrides={"interventions.wellbeing_hub.reach": 0.9}), until=0)
    seen = 0
    while sim.month < 20:
        before = set(sim.programmes[0].members.who) if sim.programmes else set()
        step(sim)
        gone = set(sim.passing.change.rows) & before
        seen += len(gone)
        assert not gone & set(sim.programmes[0].members.who[sim.programmes[0].members.since < sim.month - 1])
    assert seen > 10


def test_reached_counts_people():
    """Everyone who has ever been in is counted once, newcomers to a place that somebody has been in anew; who leaves is told."""
    sim = run(passing("s", {"wellbeing_hub": "{where: all, sites: 4}"}), until=0)
    people, left, joined = set(), 0, 0
    while sim.month < 36:
        step(sim)
        (programme,) = sim.programmes
        people |= set(sim.passing.person[programme.inside].tolist())
        tally = programme._delivery.tally().sum(0)
        joined, left = joined + tally[1], left + tally[2]
        assert tally[0] == programme.inside.size == joined - left
        assert tally[3] >= len(people) and tally[3] <= len(people) * 1.02
    assert sim._reached.sum() < len(people)
    share = sim.reached_sums[-1].sum() / sim.sums[-1][..., 0].sum()
    assert share == pytest.approx(sim._reached.sum() / (sim.passing.here != 0).sum())


def test_turnover_dilutes_a_programme():
    """With the same hazards fewer are in, after some years, than where everyone stays."""
    lines = {"wellbeing_hub": "{where: all, sites: 20}"}
    numbers = {"interventions.wellbeing_hub.reach": 0.3, "interventions.wellbeing_hub.leave_hazard": 0.0,
               "interventions.wellbeing_hub.places_per_site": 500.0}
    moving = run(passing("s", lines, overrides=numbers))
    still_ = scenario("s", lines, overrides=numbers, residents=3000, months=36, history=12)
    still = Simulation(population.build(still_), still_)
    while still.month < 36:
        still.step()
    a, b = (sim.programmes[0].inside.size for sim in (moving, still))
    here = (moving.passing.here != 0).sum()
    yearly = 0.093 + 0.01                           # moves and deaths
    hazard = 0.3567                                 # a year: -log(0.7)
    expected = hazard / (hazard + yearly) * (1 - np.exp(-(hazard + yearly) * 3)) / (1 - np.exp(-hazard * 3))
    assert a / here / (b / 3000) == pytest.approx(expected, abs=0.04) and expected < 0.95


def test_a_stated_effect_on_participants_holds_among_those_who_stay():
    """Law 5: at the study's follow-up those who joined at the start and are there still have the effect stated for them."""
    effect = "{where: all, effects: [{lever: admission_rr, value: 0.8, at: 12}]}"
    quiet = {"baseline.spill_over.strength": 0.0}
    history = run(passing("none", overrides=quiet), until=0)
    both = passing("none", overrides=quiet), passing("some", {"adjust": effect}, overrides=quiet)
    none, some = (history.branch(s) for s in both)
    for sim in (none, some):
        while sim.month < 13:
            sim.step()
    staying = np.flatnonzero((some.passing.here != 0) & (some.script.arrives < 0))
    staying = staying[np.isin(staying, some.programmes[0].inside)]
    assert some._state.expected[staying].sum() / none._state.expected[staying].sum() == pytest.approx(0.8, abs=0.005)


def test_screening_stays_at_its_level_where_nothing_is_done():
    sim = run(passing(months=36))
    counts = np.stack(sim.screened_sums).sum((1, 2))
    up, due = counts[:, :3], counts[:, 3:]
    assert (due > 0).all()
    for k, name in enumerate(("breast", "cervical", "bowel")):
        goal = sim.setting.values[f"baseline.screening.{name}"]
        assert up[-1, k] / due[-1, k] == pytest.approx(goal, abs=4 * 0.5 / np.sqrt(due[-1, k]))
