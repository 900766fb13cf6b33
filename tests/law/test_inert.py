"""Law 1 (A/A): what is at rest changes nothing, bit for bit; alone, beside others, and whatever it is made of."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes import PROBES, line_of, scenario
from towns import LINES, at_rest, lanes, ready, state_of, world

from nbhdsim.interventions import schema
from nbhdsim.levers import LEVERS
from nbhdsim.simulation import Simulation, simulate

EVERYTHING = (*sorted(schema.kinds()), *PROBES)
RESTING = "[" + ", ".join(f"{{lever: {name}, value: {lever.rest:g}, at: 3, half_life: 4}}" for name, lever in LEVERS.items()) + "]"
ADJUST = f"{{where: all, effects: {RESTING}}}"
ACTIVE = {"active": "{kind: group_people, where: all, sites: 3}", "team": "{kind: care_team_areas, where: all, places: 700}",
          "wellbeing_hub": LINES["wellbeing_hub"]}
"""Programmes that move every lever and share members, groups and lists with whatever stands beside them."""


def inert(kind, beside, more=""):
    """`beside` and a copy of a kind, under the key `copy`, whose effects are all at rest."""
    if kind == "adjust":
        return scenario("inert", {**beside, "copy": ADJUST.replace("{where", f"{{kind: adjust, {more}where", 1)})
    lines = {**beside, "copy": line_of(kind, f"kind: {kind}, {more}")}
    return scenario("inert", lines, overrides={**ready(kind, "copy"), **at_rest(scenario("full", lines), "copy")})


def assert_same_lives(one, other, months):
    """Every state of every resident and every sum, month by month."""
    for _ in range(months):
        one.step()
        other.step()
        for name, column in state_of(one).items():
            assert column.tobytes() == state_of(other)[name].tobytes(), (name, one.month)
        for name, column in zip(one.years._fields, one.years, strict=True):
            assert column.tobytes() == getattr(other.years, name).tobytes(), (name, one.month)
        assert np.array_equal(one.sums[-1], other.sums[-1])


@pytest.mark.parametrize("kind", [*EVERYTHING, "adjust"])
def test_an_inert_copy_alone_changes_nothing(kind):
    """Closed half-way, so that people leave, come back, and what is nothing fades."""
    one, other = lanes(scenario("nothing", {}), inert(kind, {}, "end: 2027-03, "))
    assert_same_lives(one, other, 18)
    assert other.reached.any()


@pytest.mark.parametrize("kind", [*EVERYTHING, "adjust"])
def test_an_inert_copy_beside_active_programmes_changes_nothing(kind):
    one, other = lanes(scenario("active", ACTIVE), inert(kind, ACTIVE))
    assert_same_lives(one, other, 14)
    assert one._state.spill.any() and other.members["copy"].who.size


@settings(deadline=None, max_examples=8)
@given(st.sampled_from(EVERYTHING), st.integers(1, 50), st.integers(0, 50))
def test_an_inert_copy_changes_nothing_in_any_future(kind, draw, replicate):
    """In sampled draws too: an effect overridden by a plain number has no law, and no judgement scales it."""
    active, both = scenario("active", ACTIVE), inert(kind, ACTIVE)
    one, other = (Simulation(world(), s, draw=draw, replicate=replicate) for s in (active, both))
    assert_same_lives(one, other, 20)


@pytest.mark.parametrize("kind", ["youth_hub", "group_minds", "adjust"])
def test_an_inert_copy_changes_no_row_of_a_table(kind):
    """Outcomes of the active scenario, its costs, its delivery: only `reached`, and who counts as a participant, can change."""
    nothing, alone = scenario("nothing", {}), scenario("active", ACTIVE)
    tables = [simulate(world(), [nothing, s], draw=0, replicate=4, views=("all", "quintile_age", "cells"))
              for s in (alone, inert(kind, ACTIVE))]
    rows = [table["outcomes"] for table in tables]
    outcome, words = rows[0]["outcome"]
    told = outcome != words.index("reached")
    assert np.array_equal(rows[0]["value"][told], rows[1]["value"][told])
    assert np.array_equal(rows[0]["residents"], rows[1]["residents"])
    for name in ("costs", "delivery", "funded", "reach"):
        had, keep = (~np.isin(table[name]["intervention"].astype(str), ("copy", "")) for table in tables)     # "": any of them
        for column, values in tables[0][name].items():
            if column not in ("draw", "replicate", "scenario"):
                assert np.array_equal(values[had], tables[1][name][column][keep]), (name, column)
