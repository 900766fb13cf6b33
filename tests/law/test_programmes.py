"""Laws 1, 2, 3, 4 and 7 over every kind of the catalogue: programmes in whole simulations."""
import numpy as np
import pytest
from towns import LINES, at_rest, lanes, line, ready, scenario, state_of, world

from nbhdsim.interventions import schema
from nbhdsim.places import contacts
from nbhdsim.simulation import simulate

KINDS = sorted(LINES)
CLOSED = ("value", "residents")


def test_a_line_of_the_first_kinds_of_each_delivery():
    assert set(LINES) <= {*schema.kinds(), "adjust"}


def tables_alike(a, b):
    return all(np.array_equal(np.asarray(a["outcomes"][c]), np.asarray(b["outcomes"][c])) for c in CLOSED)


@pytest.mark.parametrize("kind", KINDS)
def test_an_inert_copy_changes_nothing(kind):
    """Law 1: a programme whose effects are all at rest moves no outcome but reach, bit for bit."""
    nothing = scenario("nothing", {})
    if kind == "adjust":
        inert = scenario("inert", {"adjust": "{where: all, effects: [{lever: connection, value: 0, at: 3}]}"})
    else:
        full = scenario("full", {kind: LINES[kind]})
        inert = scenario("inert", {kind: LINES[kind]}, overrides=at_rest(full, kind))
    one, other = lanes(nothing, inert)
    for _ in range(18):
        one.step()
        other.step()
        for name, column in state_of(one).items():
            assert column.tobytes() == state_of(other)[name].tobytes(), (name, one.month)
        assert (one.sums[-1] == other.sums[-1]).all()
    if kind != "adjust":
        assert other.reached.any()


@pytest.mark.parametrize("kind", KINDS)
def test_an_inert_copy_beside_an_active_programme_changes_nothing(kind):
    active = {"hub": LINES["wellbeing_hub"].replace("{where", "{kind: wellbeing_hub, where", 1)}
    copy = {"copy": LINES[kind].replace("{where", f"{{kind: {kind}, where", 1)}
    alone = scenario("alone", active)
    if kind == "adjust":
        copy = {"copy": "{kind: adjust, where: all, effects: [{lever: connection, value: 0, at: 3}]}"}
        both = scenario("both", {**active, **copy})
    else:
        both = scenario("both", {**active, **copy}, overrides=at_rest(scenario("full", {**active, **copy}), "copy"))
    one, other = lanes(alone, both)
    for _ in range(15):
        one.step()
        other.step()
    for name, column in state_of(one).items():
        assert column.tobytes() == state_of(other)[name].tobytes(), name


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_differs_before_the_first_pound(kind):
    """Law 2: until its start a scenario is the other one; and a branch is a run of its own."""
    later = LINES[kind].replace("{where", "{start: 2026-10, where", 1)
    nothing, funded = lanes(scenario("nothing", {}), scenario("later", {kind: later}))
    for month in range(12):
        nothing.step()
        funded.step()
        same = all(column.tobytes() == state_of(funded)[name].tobytes() for name, column in state_of(nothing).items())
        assert same or month >= 6, month
    assert not same or kind in ("school_grant", "integrated_neighbourhood_team")     # no effect yet, or nobody old enough


@pytest.mark.parametrize("kind", ["youth_hub", "school_grant", "wellbeing_hub"])
def test_only_participants_and_those_their_ties_reach_differ(kind):
    """Law 2: a month after the first members joined only they and their contacts can differ; then contacts of contacts."""
    nothing, funded = lanes(scenario("nothing", {}), scenario("funded", {kind: LINES[kind]}))
    reach = np.zeros(world().script.id.size, bool)
    for _ in range(6):
        nothing.step()
        funded.step()
        reach |= funded.reached
        differ = np.zeros(reach.size, bool)
        for name, column in state_of(nothing).items():
            unlike = column != state_of(funded)[name]
            differ |= unlike.any(0) if unlike.ndim == 2 else unlike
        touched = reach.copy()
        touched[contacts(world().ties, np.flatnonzero(reach))] = True
        assert not (differ & ~touched).any()
        reach = touched


@pytest.mark.parametrize("replicate", [0, 1])
def test_nobody_loses_by_what_only_helps(replicate):
    """Law 3: pushes of at least nothing, no area effect: no state falls and no cumulative count rises, for anyone."""
    lines = {key: LINES[key] for key in ("youth_hub", "school_grant", "wellbeing_hub")}
    nothing, funded = lanes(scenario("nothing", {}), scenario("funded", lines), replicate=replicate)
    counts = np.zeros((2, world().script.id.size), int)
    for _ in range(24):
        nothing.step()
        funded.step()
        counts += [nothing._state.admitted, funded._state.admitted]
        assert (funded._state.spill >= nothing._state.spill).all()
        assert (funded._state.life_satisfaction >= nothing._state.life_satisfaction).all()
        assert (counts[1] <= counts[0]).all()
    assert (funded._state.life_satisfaction > nothing._state.life_satisfaction).any()


def test_the_order_of_programmes_and_of_scenarios_is_nobodys_business():
    """Law 4: the same keys in another order, and scenarios compared in another order, give the same rows."""
    lines = {key: line(key) for key in (*schema.kinds(), "adjust")}
    numbers = {address: value for key in lines for address, value in ready(key, key).items()}
    turned = dict(reversed(lines.items()))
    a, b, c = (scenario(name, x, overrides=numbers if x else {}) for name, x in (("nothing", {}), ("a", lines), ("b", turned)))
    one, two, three = lanes(a, b, c)
    for _ in range(15):
        for lane in (one, two, three):
            lane.step()
    assert all(x.tobytes() == y.tobytes() for x, y in zip(state_of(two).values(), state_of(three).values(), strict=True))
    first = simulate(world(), [a, b], draw=1, replicate=3)["outcomes"]
    second = simulate(world(), [a, c], draw=1, replicate=3)["outcomes"]
    assert np.array_equal(first["value"], second["value"])


@pytest.mark.parametrize("kind", ["youth_hub", "wellbeing_hub"])
def test_more_places_reach_a_superset(kind):
    """Law 7: the set ever reached is nested in places."""
    found = []
    for places in (5, 20, 60):
        key = f"interventions.{kind}.places_per_site"
        _, lane = lanes(scenario("nothing", {}), scenario("s", {kind: LINES[kind]}, overrides={key: places}))
        for _ in range(18):
            lane.step()
        found.append(lane.reached)
    assert (found[0] <= found[1]).all() and (found[1] <= found[2]).all() and found[0].sum() < found[2].sum()


@pytest.mark.parametrize("kind", ["youth_hub", "wellbeing_hub", "school_grant"])
def test_higher_take_up_with_places_to_spare_reaches_a_superset(kind):
    found = []
    for reach in (0.05, 0.2, 0.6):
        overrides = {f"interventions.{kind}.reach": reach, f"interventions.{kind}.leave_hazard": 0.0}
        if kind != "school_grant":
            overrides[f"interventions.{kind}.places_per_site"] = 900
        else:
            overrides.pop(f"interventions.{kind}.leave_hazard")
        _, lane = lanes(scenario("nothing", {}), scenario("s", {kind: LINES[kind]}, overrides=overrides))
        for _ in range(12):
            lane.step()
        found.append(lane.reached)
    assert (found[0] <= found[1]).all() and (found[1] <= found[2]).all() and found[0].sum() < found[2].sum()


def test_more_grants_reach_more_pupils():
    found = []
    for sites in (1, 2):
        _, lane = lanes(scenario("nothing", {}, residents=3000), scenario(
            "s", {"school_grant": f"{{where: all, sites: {sites}, every: 12}}"}, residents=3000), residents=3000)
        for _ in range(12):
            lane.step()
        found.append(lane.reached)
    assert (found[0] <= found[1]).all()
