"""Which neighbourhoods a programme works in, and how many sites each gets.

Real programmes choose by name, district, deprivation, need or the worst recent figures; a scenario says which, and
the choice is made after history has been run, so that "the highest admissions" means those the planners would have
seen: observed counts, with their luck. Anything chosen on such a count falls back by itself afterwards.
"""
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import rng
from nbhdsim.errors import NbhdsimError, Problem, nearest
from nbhdsim.interventions.programme import whom
from nbhdsim.interventions.setting import ADULT
from nbhdsim.places import Places
from nbhdsim.scenario import Line, Scenario, Where, funding

if TYPE_CHECKING:
    from nbhdsim.areas import Area
    from nbhdsim.population import World

Rows = NDArray[np.int64]
Sites = NDArray[np.float64]


class Map(NamedTuple):
    """What a choice by name or deprivation needs to know of each neighbourhood (p of them)."""

    name: tuple[str, ...]
    district: tuple[str, ...]
    pcn: tuple[str, ...]
    quintile: NDArray[np.integer]
    residents: NDArray[np.integer]

    def words(self) -> list[str]:
        """Every name that `where.names` knows, sorted: neighbourhoods, districts and primary care networks."""
        return sorted({*self.name, *self.district, *self.pcn})


def map_of(area: "Area | Places") -> Map:
    """The map of an area, or of the places of a built population."""
    if isinstance(area, Places):
        networks = tuple(area.pcn_name[k] for k in area.pcn)
        return Map(tuple(area.name), tuple(area.district), networks, area.quintile, area.residents)
    return Map(tuple(area.place), tuple(area.district), tuple(area.pcn), area.quintile, area.residents)


def filtered(where: Where, at: Map, *, within: Rows | None = None) -> Rows:
    """Rows, in rising order, of the neighbourhoods that pass every filter of `where`; `within`: those of `same_as`."""
    keep = np.ones(len(at.name), bool)
    if where.names:
        wanted = set(where.names)
        keep &= [not wanted.isdisjoint(three) for three in zip(at.name, at.district, at.pcn, strict=True)]
    if where.district:
        keep &= np.isin(at.district, where.district)
    if where.quintile:
        keep &= np.isin(at.quintile, where.quintile)
    if within is not None:
        keep &= np.isin(np.arange(keep.size), within)
    return np.flatnonzero(keep)


def ranked(where: Where, rows: Rows, at: Map, *, admissions: NDArray[np.number]) -> Rows:
    """`rows` from the most in need to the least, ties by number.

    admissions [p]: those of the last `where.over` months before the start. emergency_admissions: per resident,
    crude; need: the most deprived quintile first, within it by admissions per resident; deprivation: by quintile.
    """
    rate = np.asarray(admissions, np.float64)[rows] / np.maximum(at.residents[rows], 1)
    quintile = at.quintile[rows].astype(np.int64)
    keys = {"emergency_admissions": (rows, -rate), "need": (rows, -rate, quintile), "deprivation": (rows, quintile)}
    return rows[np.lexsort(keys[where.by])]


def shuffled(key: str, rows: Rows, *, seed: int, replicate: int) -> Rows:
    """`rows` in an order drawn for this line and future: fair to every district when there are fewer sites than places."""
    u = rng.uniforms(np.uint64(seed), np.uint32(replicate), rng.purpose(f"where.{key}"), np.uint32(0),
                     rows.astype(np.uint32))
    return rows[np.lexsort((rows, u))]


def choose(line: Line, world: "World", admissions: NDArray[np.number], *, replicate: int = 0,
           within: Rows | None = None) -> Rows:
    """Rows of the neighbourhoods of a line, those that get a site first in front.

    admissions [p]: counts of the last `where.over` months of history. None with `same_as` a line that has no site in this
    draw, or none within the other filters. Raises NbhdsimError when nothing matches without it.
    """
    at, where = map_of(world.places), line.where
    rows = filtered(where, at, within=within)
    rows = rows[capacity(line, world)[rows] > 0]
    if not rows.size and within is None:
        raise _nothing(line, at)
    if where.top is not None:
        return ranked(where, rows, at, admissions=admissions)[: where.top]
    rows = shuffled(line.key, rows, seed=world.seed, replicate=replicate)
    return rows if where.random is None else rows[: where.random]


def _nothing(line: Line, at: Map) -> NbhdsimError:
    unknown = [name for name in line.where.names if name not in at.words()]
    said = f"matches no neighbourhood{' with a school' if line.kind.delivery == 'setting' else ''} of this area"
    if unknown:
        said += f": unknown name '{unknown[0]}'{nearest(unknown[0], at.words())}"
    return NbhdsimError([Problem(*line.at, f"interventions.{line.key}.where", said)])


def capacity(line: Line, world: "World") -> Sites:
    """Sites each neighbourhood takes at most [p]: its schools, for grants to them; else no limit but the line's."""
    places = world.places
    out = np.full(len(places.name), np.inf)
    if line.kind.delivery == "setting" and whom(line.kind.who or {}).low < ADULT:
        out = np.bincount(places.school_place, minlength=out.size).astype(np.float64)
    most = line.where.most_per_place
    return out if most is None else np.minimum(out, most)


def spread(sites: int, order: Rows, most: Sites) -> Sites:
    """Whole sites [p] over the neighbourhoods of `order`: one each in that order, then a second each, and so on.

    most [p]: at most so many in one place; what does not fit is left over.
    """
    out, left = np.zeros(most.size), sites
    open_ = order[most[order] > 0]
    while left and open_.size:
        each = max(1, int(min(left // open_.size, (most - out)[open_].min())))
        taking = open_[: left // each]
        out[taking] += each
        left -= each * taking.size
        open_ = open_[most[open_] > out[open_]]
    return out


def resolve(line: Line, world: "World", admissions: NDArray[np.number], *, values: Mapping[str, float],
            replicate: int = 0, within: Rows | None = None) -> Sites:
    """Sites [p] of a line in each neighbourhood, in every round.

    admissions [p]: counts of the last `where.over` months of history; values: by address, of this draw; within: the
    neighbourhoods of the line that `same_as` names. Where the cost is per head (a care team for a registered list)
    the figure is the share of the neighbourhood's heads (`funding.heads_of`) that the money covers, 0 to 1; for `adjust` it is 1.
    Raises NbhdsimError when no neighbourhood matches.
    """
    order = choose(line, world, admissions, replicate=replicate, within=within)
    out = np.zeros(len(world.places.name))
    if not order.size or line.amount is None or line.kind.cost is None:
        out[order] = 1.0
    elif funding.per_head(line):
        heads = float(funding.heads_of(line, world)[order].sum())
        out[order] = min(1.0, funding.units(line, values, heads=heads) / heads)
    else:
        out = spread(int(funding.units(line, values)), order, capacity(line, world))
    return out


def resolve_all(scenario: Scenario, world: "World", history: NDArray[np.number], *, values: Mapping[str, float],
                replicate: int = 0) -> dict[str, Sites]:
    """Sites [p] of every line by key; history [months, p]: admissions in each month before the start, oldest first.

    A line with `same_as` works in the neighbourhoods where the other line has a site; a cut takes the sites of what stands, in the
    neighbourhoods it names, and none where nothing stands. Raises NbhdsimError.
    """
    done: dict[str, Sites] = {}

    def one(key: str) -> Sites:
        if key not in done:
            line = scenario.lines[key]
            within = np.flatnonzero(one(line.where.same_as)) if line.where.same_as else None
            counts = np.asarray(history)[-line.where.over:].sum(axis=0)
            if line.stop:
                stands = replace(line, key=line.stop, where=line.stands)
                before = np.asarray(history)[-line.stands.over:].sum(axis=0)
                sites = resolve(stands, world, before, values=values, replicate=replicate)
                there = np.flatnonzero(sites) if within is None else np.intersect1d(np.flatnonzero(sites), within)
                rows = choose(line, world, counts, replicate=replicate, within=there)
                done[key] = np.where(np.isin(np.arange(sites.size), rows), sites, 0.0)
            else:
                done[key] = resolve(line, world, counts, values=values, replicate=replicate, within=within)
        return done[key]

    return {key: one(key) for key in sorted(scenario.lines)}
