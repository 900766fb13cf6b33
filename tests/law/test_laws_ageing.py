"""Laws 1, 3, 4 and 7 where time passes: what is at rest, what only helps, order, and more, among people who come and go."""
from dataclasses import replace

import numpy as np
import pytest
from ageing import world
from probes import PROBES, line_of
from probes import scenario as made_up
from test_inert import ACTIVE, EVERYTHING, assert_same_lives, inert
from test_no_losers import ADJUST, HELPFUL, STRONG, assert_nobody_loses

from nbhdsim.scenario import Scenario
from nbhdsim.simulation import Simulation, simulate

MONTHS, HISTORY = 24, 12


def passing(scenario: Scenario) -> Scenario:
    """The same scenario, with time passing."""
    return replace(scenario, ageing=True)


def lanes(*scenarios: Scenario, replicate: int = 0) -> list[Simulation]:
    """Simulations of all scenarios at month 0, from one history."""
    history = Simulation(world(900, MONTHS, HISTORY), passing(scenarios[0]), replicate=replicate)
    while history.month < 0:
        history.step()
    return [history.branch(passing(s)) for s in scenarios]


@pytest.mark.parametrize("kind", [*EVERYTHING, "adjust"])
def test_an_inert_copy_changes_nothing(kind):
    one, other = lanes(made_up("active", ACTIVE), inert(kind, ACTIVE))
    assert_same_lives(one, other, 14)
    assert one._state.spill.any() and other.members["copy"].who.size


@pytest.mark.parametrize("replicate", range(2))
def test_nobody_loses_by_what_only_helps(replicate):
    lines = {kind: line_of(kind) for kind in HELPFUL} | {"adjust": ADJUST}
    nothing, funded = lanes(made_up("nothing", {}, overrides=STRONG), made_up("funded", lines, overrides=STRONG),
                            replicate=replicate)
    counts = assert_nobody_loses(nothing, funded, MONTHS)
    assert (counts[1] < counts[0]).sum() > 10


@pytest.mark.parametrize("kind", ["group_people", "open_access_people", "care_team_people"])
def test_the_set_ever_reached_is_nested_in_places(kind):
    found = []
    for places in (2, 15, 60):
        at = f"interventions.{kind}"
        room = {f"{at}.staff": 1.0, f"{at}.caseload": float(places)} if kind.startswith("care") else {
            f"{at}.places_per_site": float(places)}
        (lane,) = lanes(made_up("s", {kind: line_of(kind)}, overrides=room))
        people = set()
        for _ in range(18):
            lane.step()
            people |= set(lane.passing.person[lane.programmes[0].inside].tolist())
        found.append(people)
    assert found[0] < found[1] < found[2]


def test_order_of_programmes_and_scenarios_is_nobody_s_business():
    lines = {kind: line_of(kind) for kind in (*PROBES[:6], "youth_hub", "school_grant")}
    one, two = made_up("one", lines), made_up("two", dict(reversed(list(lines.items()))))
    none = made_up("none", {})
    a, b = lanes(one, two)
    assert_same_lives(a, b, MONTHS)
    town = world(900, MONTHS, HISTORY)
    rows = [simulate(town, [passing(s) for s in order], draw=0, replicate=0, views=["all"])["outcomes"]
            for order in ((none, one), (one, none))]
    for name in ("none", "one"):
        values = [r["value"][r["scenario"][0] == r["scenario"][1].index(name)] for r in rows]
        assert np.array_equal(*values)


def test_outreach_never_takes_anybody_off_those_up_to_date():
    """Month by month in every cell, newcomers included: their status is told at the same time in both futures."""
    over = {"interventions.screening_outreach.decay_half_life_months": 6.0}
    nothing, funded = lanes(made_up("nothing", {}), made_up("funded", {"screening_outreach": line_of("screening_outreach")},
                                                            overrides=over))
    for _ in range(MONTHS):
        nothing.step()
        funded.step()
    more = funded.measures.screened - nothing.measures.screened
    assert more[..., :3].min() == 0 and more[..., :3].any() and not more[..., 3:].any()
