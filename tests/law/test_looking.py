"""Law 8: looking changes nothing. Watching residents, choosing views, reading measures between months: same bytes."""
import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from nbhdsim import population
from nbhdsim.scenario import schema
from nbhdsim.simulation import Simulation, simulate
from nbhdsim.views import VIEWS

TOWN = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 900}}
start: 2026-04
months: 24
history: 12
ageing: false
interventions: {lines}
"""
LINES = "{wellbeing_hub: {where: {top: 1, by: emergency_admissions}, sites: 1}, youth_hub: {where: all, sites: 1}}"


@cache
def scenarios():
    """Doing nothing, and two hubs in a town of 900."""
    with TemporaryDirectory() as folder:
        out = []
        for name, lines in (("nothing", "{}"), ("hubs", LINES)):
            file = Path(folder) / f"{name}.yaml"
            file.write_text(TOWN.format(name=name, lines=lines), encoding="utf-8")
            out.append(schema.load(file))
    return out


@cache
def world():
    """The town of both scenarios."""
    return population.build(scenarios()[0])


def digest(*arrays):
    """Hash of the bytes of some arrays."""
    out = hashlib.sha256()
    for array in arrays:
        out.update(np.ascontiguousarray(array).tobytes())
    return out.hexdigest()


def bytes_of(simulation):
    """Hash of everything a simulation has worked out so far, month sums and residents' years included."""
    return digest(*simulation.sums, *simulation.reached_sums, *simulation.luck, *simulation.years, simulation.reached,
                  *(column for programme in simulation.programmes for column in programme.members))


def ran(*, look=None, **watched):
    """The hubs, history and all, with something done between months."""
    simulation = Simulation(world(), scenarios()[1], replicate=3, **watched)
    while simulation.month < 24:
        simulation.step()
        if look:
            look(simulation)
    return simulation


@pytest.fixture(scope="module")
def unseen():
    """The hubs, looked at by nobody until the end."""
    return ran()


def test_there_is_something_to_see(unseen):
    assert unseen.reached.any() and sum(int(month[..., 1].sum()) for month in unseen.sums) > 50


@pytest.mark.parametrize("ids", [(), "one", "all"])
def test_watching_changes_nothing(unseen, ids):
    everyone = world().script.id.tolist()
    watch = {"one": everyone[7:8], "all": everyone}.get(ids, ())
    watched = ran(watch=watch)
    assert bytes_of(watched) == bytes_of(unseen)
    assert len(watched.traces) == (36 if watch else 0)
    if watch:
        admissions = sum(int(trace["admissions"].sum()) for trace in watched.traces)
        assert ids == "one" or admissions == sum(int(month[..., 1].sum()) for month in unseen.sums)


def test_reading_between_months_changes_nothing(unseen):
    def look(simulation):
        assert simulation.measures.sums.sum() > 0 and simulation.reached.shape and simulation.calendar
        for programme in simulation.programmes:
            assert programme.members.who.size >= programme.inside.size and programme.rows()
    assert bytes_of(ran(look=look)) == bytes_of(unseen)


def test_branching_off_changes_nothing(unseen):
    """A branch that is run to the end leaves the simulation it came from as it was."""
    def look(simulation):
        if simulation.month == 0:
            branch = simulation.branch(scenarios()[0])
            for _ in range(6):
                branch.step()
    assert bytes_of(ran(look=look)) == bytes_of(unseen)


@cache
def tables(views, watch=()):
    """Tables of one future of both scenarios."""
    return simulate(world(), scenarios(), draw=0, replicate=3, views=views, watch=watch)


def same_table(one, other):
    """Are two tables the same, column by column, in bytes and words?"""
    def plain(column):
        return column if not isinstance(column, tuple) else column[0]
    return one.keys() == other.keys() and all(
        np.array_equal(plain(one[name]), plain(other[name])) and
        (not isinstance(one[name], tuple) or one[name][1] == other[name][1]) for name in one)


@pytest.mark.parametrize("view", VIEWS)
def test_one_view_has_the_rows_that_all_views_have(view):
    """A view chosen alone gives the very rows it gives among the others; costs, delivery and funding are the same."""
    alone, together = tables((view,)), tables(VIEWS)
    for name in ("costs", "delivery", "funded", "reach"):
        assert same_table(alone[name], together[name])
    mine = rows(alone["outcomes"])
    assert mine and mine <= rows(together["outcomes"])


def test_watching_changes_no_table():
    watched = tables(VIEWS, tuple(world().script.id[:50].tolist()))
    assert all(same_table(table, watched[name]) for name, table in tables(VIEWS).items())


def test_every_row_belongs_to_some_view():
    whole = set().union(*(rows(tables((view,))["outcomes"]) for view in VIEWS))
    assert whole == rows(tables(VIEWS)["outcomes"])


def rows(outcomes):
    """Rows of an outcomes table, values bit by bit."""
    names = sorted(name for name in outcomes if name not in ("draw", "replicate"))
    columns = [outcomes[name][0] if isinstance(outcomes[name], tuple) else outcomes[name] for name in names]
    return set(zip(*(column.tolist() for column in columns), strict=True))


def test_the_same_future_twice_is_the_same_bytes():
    tables.cache_clear()
    first = tables(VIEWS)
    tables.cache_clear()
    again = tables(VIEWS)
    assert all(same_table(first[name], again[name]) for name in first)


def test_watched_residents_leave_a_row_a_month_and_scenario():
    ids = world().script.id[[3, 40]]
    traces = simulate(world(), scenarios(), draw=0, replicate=0, watch=ids)["traces"]
    assert traces["month"].size == 2 * 2 * 36 and set(traces["id"]) == set(ids)
    assert "traces" not in simulate(world(), scenarios(), draw=0, replicate=0)
