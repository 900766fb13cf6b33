"""Sums of a finished run as dense arrays [scenario, future, period, group, outcome], read in one pass over its rows.

All that is reported of a run (paths, groups, places, fairness, money) is a reduction of these. Ten million rows of a county are
read in about a second, because only rows that are wanted are ever decoded into an array.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nbhdsim import tables
from nbhdsim.errors import NbhdsimError, nearest
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.residents import AGE_BANDS

QUINTILES = tuple("12345")
EVERYONE = ("all", "")
KEYS = ("scenario", "draw", "replicate", "month", "months", "place", "quintile", "age", "people", "outcome")
YEAR = 12


class Cube(NamedTuple):
    """Sums of everyone in some periods and groups: value and present f8[scenario, future, period, group, outcome].

    value: additive totals (events; or sums over residents of a monthly state, resident-months x mean); present: resident-months;
    groups: (by, name) of each; months: f8[period], how many each has.
    """

    groups: Sequence[tuple[str, str]]
    months: NDArray[np.float64]
    value: NDArray[np.float64]
    present: NDArray[np.float64]

    def only(self, by: str) -> "Cube":
        """The groups of one kind alone."""
        kept = [i for i, (kind, _) in enumerate(self.groups) if kind == by]
        return Cube([self.groups[i] for i in kept], self.months, self.value[:, :, :, kept], self.present[:, :, :, kept])

    def whole(self) -> "Cube":
        """All periods added up to one."""
        added = (x.sum(2, keepdims=True) for x in (self.value, self.present))
        return Cube(self.groups, self.months.sum(keepdims=True), *added)


class Cubes(NamedTuple):
    """A run from month 0 on: names of scenarios and outcomes, draws and replicates i8[future], and three cubes.

    monthly: the whole area by month; yearly: all, place (districts), age, quintile and `quintile age` (both) by year; places: every
    neighbourhood over the whole. A scenario runs whole years.
    """

    scenarios: Sequence[str]
    outcomes: Sequence[str]
    draws: NDArray[np.int64]
    replicates: NDArray[np.int64]
    monthly: Cube
    yearly: Cube
    places: Cube

    def number(self, scenario: str) -> int:
        """Number of a scenario; NbhdsimError with the names there are for another."""
        if scenario not in self.scenarios:
            raise NbhdsimError.of(f"the run has no scenario '{scenario}'{nearest(scenario, self.scenarios)} "
                                  f"({', '.join(self.scenarios)})")
        return self.scenarios.index(scenario)


class Keys(NamedTuple):
    """What the rows of a table are about, each in its order."""

    neighbourhoods: list[str]
    districts: list[str]
    outcomes: list[str]
    months: int

    @property
    def groups(self) -> list[tuple[str, str]]:
        """Groups of the yearly cube."""
        return [EVERYONE, *(("place", name) for name in self.districts), *(("age", band) for band in AGE_BANDS),
                *(("quintile", q) for q in QUINTILES),
                *(("quintile age", f"{q} {band}") for q in QUINTILES for band in AGE_BANDS)]

    @property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """[period, group, outcome] of the three cubes."""
        n = len(self.outcomes)
        return ((self.months, 1, n), (self.months // YEAR, len(self.groups), n), (1, len(self.neighbourhoods), n))


Sums = tuple[NDArray[np.float64], NDArray[np.float64]]
World = tuple[str, int, int]
"""A scenario, draw and replicate."""


def read(folder: Path) -> Cubes:
    """The sums of a finished run folder, of the futures that every scenario has. Raises NbhdsimError where it has no outcomes, or
    none from month 0 on."""
    path = folder / "outcomes.parquet"
    if not path.is_file():
        raise NbhdsimError.of(f"{folder} has no outcomes.parquet (is it a finished run folder?)")
    with pq.ParquetFile(path) as file:
        keys = _keys(_columns(file, ("month", "months", "place", "outcome")))
        worlds: dict[World, list[Sums]] = {}
        for found in _columns(file, (*KEYS, "value", "residents")):
            _add(found, keys, worlds)
    if not keys.months or not worlds:
        raise NbhdsimError.of(f"{folder} has no outcomes from month 0 on")
    return _cubes(keys, worlds)


def _columns(file: pq.ParquetFile, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The columns of each row group that has rows: texts as (codes, names), the rest as numbers."""
    for i in range(file.num_row_groups):
        group = file.read_row_group(i, columns=list(names))
        if len(group):
            yield {name: tables.coded(group[name]) for name in names}


def _keys(groups: Iterable[Mapping[str, Any]]) -> Keys:
    monthly: set[str] = set()
    yearly: set[str] = set()
    outcomes: set[str] = set()
    last = 0
    for found in groups:
        (month, _), (months, _), (codes, names) = found["month"], found["months"], found["place"]
        outcomes |= set(found["outcome"][1])
        for some, rows in ((monthly, months == 1), (yearly, months > 1)):
            used = np.bincount(codes[rows], minlength=len(names))
            some |= {name for name, n in zip(names, used, strict=True) if n}
        last = max(last, int(month.max(initial=-1)) + 1)
    neighbourhoods = yearly - {"all"}
    return Keys(sorted(neighbourhoods), sorted(monthly - neighbourhoods - {"all"}), [o for o in OUTCOMES if o in outcomes], last)


def _cubes(keys: Keys, worlds: Mapping[World, list[Sums]]) -> Cubes:
    scenarios = sorted({scenario for scenario, *_ in worlds})
    futures = sorted(set.intersection(*({(draw, replicate) for name, draw, replicate in worlds if name == scenario}
                                        for scenario in scenarios)))
    months = (np.ones(keys.months), np.full(keys.months // YEAR, float(YEAR)), np.array([float(keys.months)]))
    groups = ([EVERYONE], keys.groups, [("neighbourhood", name) for name in keys.neighbourhoods])

    def cube(i: int) -> Cube:
        shape = (len(scenarios), len(futures), *keys.shapes[i])
        sums = (np.array([worlds[s, *f][i][j] for s in scenarios for f in futures]).reshape(shape) for j in (0, 1))
        return Cube(groups[i], months[i], *sums)
    draws, replicates = np.array(futures, np.int64).reshape(-1, 2).T
    return Cubes(scenarios, keys.outcomes, draws, replicates, cube(0), cube(1), cube(2))


def _numbers(there: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Where each text stands among `names`, -1 for another text."""
    where = {name: i for i, name in enumerate(names)}
    return np.array([where.get(name, -1) for name in there], np.int64)


def _layout(found: Mapping[str, Any], keys: Keys) -> NDArray[np.int16]:
    """Group of a row by people, monthly or not, place, quintile and age: a group of the yearly cube, or as many more as
    neighbourhoods; -1 where nothing is kept."""
    people, place, age = (found[name][1] for name in ("people", "place", "age"))
    district, neighbourhood = _numbers(place, ["all", *keys.districts]), _numbers(place, keys.neighbourhoods)
    where = {group: i for i, group in enumerate(keys.groups)}
    layout = np.full((len(people), 2, len(place), 1 + len(QUINTILES), len(age)), -1, np.int16)
    for i in np.flatnonzero(_numbers(people, ["all"]) == 0):
        for j, band in enumerate(age):
            if band == "all":
                layout[i, 0, district > 0, 0, j] = district[district > 0]
                layout[i, 1, neighbourhood >= 0, 0, j] = len(where) + neighbourhood[neighbourhood >= 0]
            for q in range(1 + len(QUINTILES)):
                layout[i, 0, district == 0, q, j] = where[_named(q, band)]
    return layout


def _named(quintile: int, band: str) -> tuple[str, str]:
    """The group of the whole area that a quintile (0: all) and an age band (`all`) are."""
    if band == "all":
        return ("quintile", str(quintile)) if quintile else EVERYONE
    return ("quintile age", f"{quintile} {band}") if quintile else ("age", band)


def _add(found: Mapping[str, Any], keys: Keys, worlds: dict[World, list[Sums]]) -> None:
    """Add the rows of one row group, which are sorted by scenario and future, to the sums of their worlds."""
    columns = {name: values for name, (values, _) in found.items()}
    layout = _layout(found, keys)
    at = (columns["people"], (columns["months"] > 1).view(np.int8), columns["place"], columns["quintile"], columns["age"])
    group = layout.reshape(-1)[_joined(at, layout.shape)]
    outcome = _numbers(found["outcome"][1], keys.outcomes)
    changes = np.any([np.diff(columns[name]) != 0 for name in ("scenario", "draw", "replicate")], axis=0)
    for start, end in pairwise([0, *(np.flatnonzero(changes) + 1).tolist(), len(group)]):
        kept = start + np.flatnonzero((columns["month"][start:end] >= 0) & (group[start:end] >= 0))
        rows = {name: columns[name][kept] for name in ("month", "months", "value", "residents")}
        rows |= {"group": group[kept], "outcome": outcome[columns["outcome"][kept]]}
        world = (found["scenario"][1][columns["scenario"][start]], int(columns["draw"][start]), int(columns["replicate"][start]))
        sums = worlds.setdefault(world, [(np.zeros(shape), np.zeros(shape)) for shape in keys.shapes])
        _put({name: values[rows["outcome"] >= 0] for name, values in rows.items()}, keys, sums)


def _put(rows: Mapping[str, Any], keys: Keys, sums: Sequence[Sums]) -> None:
    """Add the kept rows of one world to its three sums."""
    group, month, first = rows["group"], rows["month"], len(keys.groups)
    present = rows["residents"] * rows["months"]
    own = ((group == 0, month, group), (group < first, month // YEAR, group), (group >= first, np.zeros_like(month), group - first))
    for (picked, period, where), (value, residents) in zip(own, sums, strict=True):
        cell = _joined([x[picked] for x in (period, where, rows["outcome"])], value.shape)
        for total, more in ((value, rows["value"]), (residents, present)):
            total += np.bincount(cell, more[picked], total.size).reshape(total.shape)


def _joined(at: Sequence[NDArray[Any]], shape: Sequence[int]) -> NDArray[np.int32]:
    """Number of a cell of an array of this shape, from its number along each axis."""
    cell = at[0].astype(np.int32)
    for i, size in zip(at[1:], shape[1:], strict=True):
        cell = cell * np.int32(size) + i
    return cell.astype(np.int32, copy=False)
