"""What happened to one resident in two futures that share their luck, and why they part.

One resident illustrates and proves nothing: pairing is a coupling of two futures, not a fact about a person, and gains and
losses of single residents are never counted.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbhdsim import population
from nbhdsim.errors import NbhdsimError
from nbhdsim.explain.rebuilt import Case
from nbhdsim.population import World
from nbhdsim.rates import CHANNELS
from nbhdsim.residents import present
from nbhdsim.simulation import Simulation, abreast, one_month

SOME = "some"
YEAR, ADULT = 12, 16
PLACE = 16          # bits of an id below those of the neighbourhood
TOLD = ("expected", "life_satisfaction", "connection", "control", "admissions")


class Story(NamedTuple):
    """One resident under one scenario: id, row; first: month in which the futures part (None: never); why: in words; path: a row
    a month with the columns of TOLD, and the same as `<column>_nothing` where nothing is done."""

    scenario: str
    id: int
    row: int
    who: str
    first: int | None
    why: tuple[str, ...]
    path: pd.DataFrame


def of(case: Case, who: str) -> list[Story]:
    """The story of a resident under every scenario of a case, in its first future.

    who: an id, or `some` for a participant in the middle: half of them have a larger change of expected admissions in the
    first year. Raises NbhdsimError for an id that nobody has.
    """
    world = population.build(case.scenarios[0])
    row = _some(case, world) if who == SOME else _row(world, who)
    ident = int(world.script.id[row])
    lanes = _first_future(case, world, watch=[ident])
    why: list[tuple[str, ...]] = [()] * len(lanes)
    parted: list[int | None] = [None] * len(lanes)
    for _ in range(case.scenarios[0].months):
        one_month(lanes)
        for i, lane in enumerate(lanes[1:], 1):
            if parted[i] is None and _differ(lanes[0], lane):
                parted[i], why[i] = lane.month - 1, causes(lane, row)
    return [Story(lane.scenario.name, ident, row, _words(world, row), parted[i], why[i], _path(lanes[0], lane))
            for i, lane in enumerate(lanes) if i]


def _first_future(case: Case, world: World, *, watch: Sequence[int] = ()) -> list[Simulation]:
    """The scenarios in the first future of a case, at month 0."""
    _, draw, replicate = case.futures[0]
    history = Simulation(world, case.scenarios[0], draw=draw, replicate=replicate, watch=watch)
    while history.month < 0:
        history.step()
    return abreast(history, case.scenarios)


def _row(world: World, who: str) -> int:
    ids = world.script.id
    if not who.isdigit():
        raise NbhdsimError.of(f"--resident: {who!r} is not an id (a whole number such as {ids[0]}, or `{SOME}` for one to look at)")
    found = np.flatnonzero(ids == int(who))
    if not found.size:
        same = ids[ids >> PLACE == int(who) >> PLACE]
        near = f"; those of its neighbourhood go from {same.min()} to {same.max()}" if same.size else ""
        raise NbhdsimError.of(f"--resident: nobody has the id {who} ({ids.size:,} residents have one, neighbourhood x 65536 + a "
                              f"number{near}; `{SOME}` picks one)")
    return int(found[0])


def _some(case: Case, world: World) -> int:
    """Row of the adult participant in the middle after the first year, of the first scenario that has any."""
    lanes = _first_future(case, world)
    for _ in range(min(YEAR, case.scenarios[0].months)):
        one_month(lanes)
    for lane in lanes[1:]:
        rows = np.flatnonzero(lane.reached & present(world.script) & (world.script.birth_month <= -YEAR * ADULT))
        if rows.size:
            change = lane.years.expected[rows] - lanes[0].years.expected[rows]
            return int(rows[np.lexsort((rows, change))[rows.size // 2]])
    raise NbhdsimError.of(f"--resident {SOME}: nobody of {ADULT} or over takes part in the first year (give an id)")


def _words(world: World, row: int) -> str:
    script = world.script
    age, sex = -int(script.birth_month[row]) // YEAR, ("woman", "man")[int(script.sex[row])]
    place = int(script.place[row])
    return f"{sex if age >= 18 else 'child'} of {age} in {world.places.name[place]}, quintile {int(world.places.quintile[place])}"


def _differ(nothing: Simulation, lane: Simulation) -> bool:
    """Do the two futures differ for the resident in the month just run?"""
    if not (nothing.traces and lane.traces):
        return False
    one, other = nothing.traces[-1], lane.traces[-1]
    return any(not np.array_equal(one[name], other[name]) for name in (*TOLD, "excitation"))


def causes(sim: Simulation, row: int) -> tuple[str, ...]:
    """What reaches a resident in the month just run, in words: programmes first, then contacts, then readiness."""
    month, out = sim.month - 1, []
    around = sim.world.ties.other[sim.world.ties.start[row]: sim.world.ties.start[row + 1]]
    for programme in sim.programmes:
        members, effects = programme.members, programme.intervention.effects
        mine = members.since[members.who == row]
        if mine.size:
            part = f"had or would have a place in {programme.line.stop}, cut by" if programme.line.stop else "takes part in"
            out.append(f"{part} {programme.key}, since month {int(mine[0])}")
        if (programme.exposed == row).any():
            out.append(f"is in a setting that {programme.key} reaches as a whole")
        begun = month >= max(programme.intervention.opens, programme.line.start)
        if begun and effects.at_level("area") and (programme.intervention.everyone == row).any():
            out.append(f"lives in a neighbourhood that {programme.key} changes for everyone")
    for programme in sim.programmes:
        tied = np.intersect1d(around, programme.members.who).size
        if tied:
            out.append(f"{tied} of {around.size} contacts take part in {programme.key}, or have done so")
    place, relations = int(sim.world.script.place[row]), sim.relations
    if sim.setting.values[CHANNELS["readiness"]] and relations.readiness[place] != relations.start:
        out.append(f"the neighbourhood's readiness is {relations.readiness[place]:.2f} instead of {relations.start:.2f}")
    return tuple(out) or ("none of these contacts takes part: what reached a contact has come on, from two steps away or further",)


def _path(nothing: Simulation, lane: Simulation) -> pd.DataFrame:
    one, other = (_months(sim.traces) for sim in (nothing, lane))
    return other.merge(one, on="month", how="outer", suffixes=("", "_nothing"))


def _months(traces: Sequence[dict[str, np.ndarray]]) -> pd.DataFrame:
    rows = [{name: trace[name][0].item() for name in ("month", *TOLD)} for trace in traces if trace["id"].size]
    return pd.DataFrame(rows, columns=["month", *TOLD])
