"""Law: what no pushed lever can reach does not change by a bit, and what one can reach does (`outcomes.moved`)."""
import numpy as np
import pytest
from probes import HELPS
from towns import lanes, scenario

from nbhdsim import outcomes
from nbhdsim.levers import LEVERS

MONTHS = 24
AGES = {"everyone": (0, 120), "children": (5, 15), "adults": (18, 120)}


def changed(sims) -> set[str]:
    """Outcomes that differ at all between two lanes after two years."""
    first, other = sims
    for sim in sims:
        for _ in range(MONTHS):
            sim.step()
    out = set()
    for name, outcome in outcomes.OUTCOMES.items():
        totals = [outcome.function(s.measures._replace(reached=s.measures.reached * 0))[0] for s in (first, other)]
        if not np.array_equal(*totals):
            out.add(name)
    return out


@pytest.mark.parametrize("who", AGES)
@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_changes_what_it_can_reach_and_nothing_else(lever, who):
    low, high = AGES[who]
    value = {"readmission_rr": 0.35}.get(lever, HELPS[lever] if LEVERS[lever].operator == "multiply" else 3 * HELPS[lever])
    effect = f"{{lever: {lever}, value: {min(value, 2)}, at: 1}}"
    line = f"{{where: all, kind: adjust, targeting: {{age: [{low}, {high}]}}, effects: [{effect}]}}"
    found = changed(lanes(scenario("nothing", {}), scenario("pushed", {"it": line})))
    can = outcomes.moved([(lever, low, high)])
    assert found <= can, f"{sorted(found - can)} changed"
    if who == "everyone":
        assert found == can, f"{sorted(can - found)} did not change"


def test_direct_levers_reach_only_the_ages_an_outcome_is_about():
    assert "child_wellbeing" not in outcomes.moved([("life_satisfaction", 18, 120)])
    assert "child_wellbeing" in outcomes.moved([("connection", 18, 120)])          # it spreads along ties
    assert outcomes.moved([]) == set()
