"""Law 2: no future before the start, and afterwards nobody differs whom neither a programme nor a tie has reached."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from towns import LINES, lanes, scenario, state_of, world

from nbhdsim.places import contacts
from nbhdsim.simulation import Simulation, simulate

MONTHS, HISTORY = 24, 12
ALL = {key: line for key, line in LINES.items() if key != "adjust"}
PICKED = {"wellbeing_hub": "{where: {top: 1, by: emergency_admissions, over: 12}, sites: 1}",
          "integrated_neighbourhood_team": "{where: {top: 1, by: emergency_admissions, over: 2}, places: 400}"}


def unlike(one, other):
    """Rows in which anything that a month writes differs between two simulations [n]."""
    differ = np.zeros(one.world.script.id.size, bool)
    for name, column in state_of(one).items():
        apart = column != state_of(other)[name]
        differ |= apart.any(0) if apart.ndim == 2 else apart
    return differ


def everything(sim):
    """All that a simulation has made since month 0: bytes by name."""
    out = {name: column.tobytes() for name, column in state_of(sim).items()}
    out |= {f"years.{name}": column.tobytes() for name, column in zip(sim.years._fields, sim.years, strict=True)}
    out |= {"sums": np.stack(sim.sums[-sim.month:]).tobytes(), "reached": sim.reached.tobytes(),
            "reached_sums": np.stack(sim.reached_sums[-sim.month:]).tobytes()}
    out |= {f"luck.{name}": column.tobytes() for name, column in zip(sim.luck._fields, sim.luck, strict=True)}
    return out | {f"members.{key}.{name}": column.tobytes() for key, members in sim.members.items()
                  for name, column in zip(members._fields, members, strict=True)}


def run(sim, until=MONTHS):
    """The simulation, run to the start of month `until`."""
    while sim.month < until:
        sim.step()
    return sim


@pytest.mark.parametrize("lines", [ALL, PICKED, {}], ids=["all", "picked", "nothing"])
@pytest.mark.parametrize("branched", [-HISTORY, -7, 0])
@pytest.mark.parametrize("replicate", [2, 5])
def test_a_branch_is_a_run_of_its_own(lines, branched, replicate):
    """Whenever it branches off, and whatever becomes of the simulation it came from, before and after."""
    mine, nothing = scenario("mine", lines), scenario("nothing", {})
    alone = run(Simulation(world(), mine, replicate=replicate))
    trunk = run(Simulation(world(), nothing, replicate=replicate), branched)
    branch = trunk.branch(mine)
    run(trunk)                                    # the trunk goes on, the branch must not notice
    assert everything(run(branch)) == everything(alone)


def test_a_branch_of_a_branch_remembers_all_of_history():
    """Places picked by what history counted are those that a run of its own would pick."""
    mine, nothing = scenario("mine", PICKED), scenario("nothing", {})
    alone = run(Simulation(world(), mine, replicate=2))
    first = run(run(Simulation(world(), nothing, replicate=2), -9).branch(nothing), -4)
    assert everything(run(first.branch(mine))) == everything(alone)


def test_sums_of_the_year_begin_anew_each_year():
    """A simulation stepped by hand keeps the running year of each resident, not all years since history began."""
    sim = Simulation(world(), scenario("nothing", {}), replicate=1)
    counts = np.zeros(sim.reached.size, int)
    while sim.month < MONTHS:
        if sim.month % 12 == 0:
            counts[:] = 0
        sim.step()
        counts += sim._state.admitted
        assert (sim.years.admissions == counts).all()


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(sorted(LINES)), st.integers(0, MONTHS - 1), st.integers(0, 3))
def test_nothing_differs_before_the_first_pound(kind, start, replicate):
    """Whatever is funded, from whichever month: until then it is the scenario without money, bit for bit."""
    line = LINES[kind].replace("every: 12", "every: 1").replace(
        "{where", f"{{start: {2026 + (3 + start) // 12}-{(3 + start) % 12 + 1:02d}, where", 1)
    nothing, funded = lanes(scenario("nothing", {}), scenario("later", {kind: line}), replicate=replicate)
    while nothing.month < start:
        nothing.step()
        funded.step()
        assert not unlike(nothing, funded).any()
        assert np.array_equal(nothing.sums[-1], funded.sums[-1]) and not funded.reached.any()
    assert all(not members.who.size for members in funded.members.values())


def test_tables_are_the_same_until_the_first_pound():
    """Every outcome row of history and of the months before funding, cells of neighbourhoods too."""
    later = {key: line.replace("{where", "{start: 2027-04, where", 1) for key, line in LINES.items()}
    views = ("all", "quintile_age", "cells", "neighbourhood")
    rows = simulate(world(), [scenario("nothing", {}), scenario("later", later)], draw=0, replicate=1, views=views)["outcomes"]
    ends, which = rows["month"] + rows["months"], rows["scenario"][0]
    before = ends <= 12
    assert np.array_equal(rows["value"][before & (which == 0)], rows["value"][before & (which == 1)])
    assert not np.array_equal(rows["value"][which == 0], rows["value"][which == 1])


def test_an_area_effect_differs_only_where_it_is_funded():
    """A team for one neighbourhood's list: the others are as they were, person by person, in every month."""
    line = {"integrated_neighbourhood_team": "{where: {top: 1, by: deprivation}, places: 200}"}
    nothing, funded = lanes(scenario("nothing", {}, months=72), scenario("team", line, months=72))
    ever = np.zeros(nothing.reached.size, bool)
    for _ in range(72):
        nothing.step()
        funded.step()
        ever |= unlike(nothing, funded)
    mine = funded.plans["integrated_neighbourhood_team"].sites[world().script.place] > 0
    assert ever[mine].any() and not ever[~mine].any()
    everyone = funded.programmes[0].intervention.everyone
    assert 0 < everyone.size < mine.sum() and not ever[np.setdiff1d(np.arange(ever.size), everyone)].any()
    apart = np.flatnonzero((np.stack(nothing.sums) != np.stack(funded.sums)).any((0, 2, 3)))
    assert (funded.plans["integrated_neighbourhood_team"].sites[apart] > 0).all()


@pytest.mark.parametrize("kind", ["wellbeing_hub", "adjust"])
def test_what_is_induced_goes_one_tie_a_month_and_no_further(kind):
    """Connection of few people: first they, then their contacts, then the contacts of those; never anyone else."""
    line = {"wellbeing_hub": "{where: {top: 1, by: deprivation}, sites: 1, targeting: {age: [70, 90]}}",
            "adjust": "{where: {top: 1, by: deprivation}, who: {age: [85, 120]}, "
                      "effects: [{lever: connection, value: 1.0, at: 1}]}"}[kind]
    nothing, funded = lanes(scenario("nothing", {}), scenario("few", {kind: line}))
    may, grown = np.zeros(nothing.reached.size, bool), []
    for _ in range(6):
        nothing.step()
        funded.step()
        may |= funded.reached
        for name in ("life_satisfaction", "expected", "admitted", "excitation"):
            assert not ((getattr(nothing._state, name) != getattr(funded._state, name)) & ~may).any(), name
        spilled = funded._state.spill.any(0)             # what the next month begins with
        may |= _spilled(may)
        assert not (spilled & ~may).any()
        grown.append(int(spilled.sum()))
    assert 0 < grown[2] <= grown[3] < may.size and (kind != "adjust" or grown[1] < grown[2])


def _spilled(rows):
    """Those rows and their contacts [n]."""
    out = rows.copy()
    out[contacts(world().ties, np.flatnonzero(rows))] = True
    return out


def test_without_spill_over_only_participants_differ():
    """Every kind that works through people, spill-over muted: whoever never took part is bit for bit as before."""
    muted = {"baseline.spill_over.strength": 0.0}
    lines = {key: LINES[key] for key in ("youth_hub", "school_grant", "wellbeing_hub", "adjust")}
    nothing, funded = lanes(scenario("nothing", {}, overrides=muted), scenario("funded", lines, overrides=muted))
    ever = np.zeros(nothing.reached.size, bool)
    for _ in range(MONTHS):
        nothing.step()
        funded.step()
        ever |= unlike(nothing, funded)
    assert ever.any() and not (ever & ~funded.reached).any()
