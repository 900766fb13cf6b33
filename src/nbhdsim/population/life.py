"""The life script of an area: everyone who ever lives in it, row by row, and what changes in which month.

Month 0 has the residents of the area's published totals. From there the script runs forward (moves, births, deaths,
frailty) and backward (the residents' own past, and those who died or moved away before month 0), by the chances of
`chances` alone. Households that move are replaced by households of the same ages and sexes, strangers with states of their own:
net migration is nothing at every age, so the age structure is that of the cohorts, births and deaths (docs/design.md).
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import chances as chances_
from nbhdsim.chances import Chances
from nbhdsim.errors import NbhdsimError
from nbhdsim.population import lifelines
from nbhdsim.population.lifelines import Key, Rows, Stays, Tables
from nbhdsim.population.people import Luck
from nbhdsim.residents import CONDITIONS, FRAILTY, STAYS

SLOTS = 1 << 16                    # ids a neighbourhood has


class Span(NamedTuple):
    """Months that are lived: from -history to before `months`."""

    history: int
    months: int


class Draws(NamedTuple):
    """What every line of life is drawn by: its tables, key and (low, high) months that are lived."""

    tables: Tables
    key: Key
    span: tuple[int, int]


class Base(NamedTuple):
    """The residents of month 0 [n]: id, place, household, birth month, sex, ranks [n, 2] of frailty and of their own, disabled."""

    id: NDArray[np.uint32]
    place: NDArray[np.int64]
    household: NDArray[np.int64]
    birth: NDArray[np.int64]
    sex: NDArray[np.uint8]
    ranks: NDArray[np.float64]
    disabled: NDArray[np.bool_]


class Lives(NamedTuple):
    """Rows sorted by place, then oldest first, then id; and the stays in them, by row and month.

    like [r]: the resident of month 0 a row is taken from: itself, the mother, or the companion of those who had died;
    origin [r]: 0 for residents of month 0, 1 for those born later, 2 for those gone before.
    """

    id: NDArray[np.uint32]
    like: NDArray[np.int64]
    origin: NDArray[np.uint8]
    birth: NDArray[np.int16]
    sex: NDArray[np.uint8]
    stays: Stays
    stay_id: NDArray[np.uint32]
    disabled: NDArray[np.bool_]


def live(luck: Luck, base: Base, of: Chances, *, span: Span, quintile: NDArray[np.integer],
         disabled: NDArray[np.float64]) -> Lives:
    """The lives of an area. quintile [p] 1-5 of the places; disabled [5]: share by quintile.

    Raises NbhdsimError where more people come and go than a neighbourhood has ids.
    """
    by = Draws(Tables(of.death, of.frail, of.birth, of.move, chances_.mean_death(of), *of.conditions),
               Key(luck.seed, luck.population), (-span.history, span.months))
    rows = Rows(base.id, base.birth.astype(np.int64), base.sex, quintile[base.place].astype(np.int64) - 1,
                base.household, np.full(base.id.size, STAYS), np.zeros(base.id.size))
    moved = _moves(rows, by)
    waiting = [(rows, np.arange(base.id.size), np.zeros(base.id.size, np.uint8)), _gone(rows, by)]
    found: list[tuple[Rows, NDArray, NDArray]] = []
    parts: list[Stays] = []
    while waiting:
        mine, like, origin = waiting.pop(0)
        start = base.ranks if not found else np.full((like.size, 2), -1.0)
        stays, end = _stays(mine, start, by, moved=moved)
        found.append((mine, like, origin))
        parts.append(stays)
        children = _children(mine, like, by, end=end)
        waiting += [children] if children[1].size else []
    return _sorted(base, found, parts, disabled=disabled[quintile - 1])


def _moves(rows: Rows, by: Draws) -> tuple[NDArray, NDArray]:
    """Months of moving, household after household, and where each household's begin."""
    member = np.argsort(rows.household, kind="stable")
    first = np.searchsorted(rows.household[member], np.arange(rows.household.max() + 2))
    nothing = np.zeros(0, np.int64)
    count = np.zeros(first.size - 1, np.int64)
    lifelines.moves(first, member, rows, by.tables, by.key, *by.span, nothing, nothing, count)
    start = np.append(0, np.cumsum(count))
    out = np.zeros(max(int(start[-1]), 1), np.int64)
    lifelines.moves(first, member, rows, by.tables, by.key, *by.span, out, start, count)
    return out, start


def _gone(rows: Rows, by: Draws) -> tuple[Rows, NDArray, NDArray]:
    """Those who died before month 0, as rows beside those they stood for."""
    def write(size: int) -> tuple[int, NDArray, NDArray, NDArray]:
        like, gone, rank = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size)
        return lifelines.past(rows, by.tables, by.key, by.span[0], like, gone, rank), like, gone, rank
    found, like, gone, rank = write(write(0)[0])
    number = np.arange(found) - np.searchsorted(like, like)
    new = Rows(lifelines.keys(by.key, lifelines.COMPANION, rows.key[like], number), rows.birth[like], rows.sex[like],
               rows.quintile[like], rows.household[like], gone, rank)
    return new, like, np.full(found, 2, np.uint8)


def _children(rows: Rows, like: NDArray, by: Draws, *, end: NDArray) -> tuple[Rows, NDArray, NDArray]:
    """Those born after month 0 to mothers among `rows`; end [r]: first month without anybody in a row."""
    def write(size: int) -> tuple[int, NDArray, NDArray]:
        mother, month = np.zeros(size, np.int64), np.zeros(size, np.int64)
        return lifelines.births(rows, end, by.tables, by.key, by.span[1], mother, month), mother, month
    found, mother, month = write(write(0)[0])
    keys = lifelines.keys(by.key, lifelines.CHILD, rows.key[mother], month)
    sex = (Luck(by.key.seed, by.key.population).uniforms("build.person", keys) < 0.5).astype(np.uint8)
    new = Rows(keys, month, sex, rows.quintile[mother], rows.household[mother], np.full(found, STAYS), np.zeros(found))
    return new, like[mother], np.ones(found, np.uint8)


def _stays(rows: Rows, at_start: NDArray, by: Draws, *, moved: tuple[NDArray, NDArray]) -> tuple[Stays, NDArray]:
    """The stays in these rows, and the first month without anybody [r]."""
    months, first = moved
    most = int((first[rows.household + 1] - first[rows.household] + 1).sum())
    out = Stays(np.zeros(most, np.int64), np.zeros(most, np.int16), np.zeros(most, np.int16), np.zeros(most, np.int16),
                np.zeros((most, len(FRAILTY) - 1), np.int16), np.zeros((most, CONDITIONS), np.int16),
                np.zeros(most, np.float32), np.zeros(most, np.bool_))
    end = np.zeros(rows.key.size, np.int64)
    n = lifelines.stays(rows, at_start, by.tables, by.key, by.span, months, first, out, end)
    return Stays(*(column[:n] for column in out)), end


def _sorted(base: Base, found: list[tuple[Rows, NDArray, NDArray]], parts: list[Stays], *,
            disabled: NDArray[np.float64]) -> Lives:
    """Rows and stays in their final order, with ids."""
    rows = Rows(*(np.concatenate(columns) for columns in zip(*(f[0] for f in found), strict=True)))
    like, origin = (np.concatenate([f[i] for f in found]) for i in (1, 2))
    before = np.cumsum([0, *(f[1].size for f in found[:-1])])
    parts = [part._replace(row=part.row + b) for part, b in zip(parts, before, strict=True)]
    stays = Stays(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    place = base.place[like]
    ids = _ids(base, place[stays.row], stays, key=rows.key[stays.row])
    own = np.full(rows.key.size, -1)                   # the stay a row is named after: at month 0, the first, the last
    last = np.append(np.flatnonzero(np.diff(stays.row)), stays.row.size - 1)
    own[stays.row[last]] = last
    first = np.append(0, last[:-1] + 1)
    own[stays.row[first]] = np.where(origin[stays.row[first]] == 1, first, own[stays.row[first]])
    own[stays.row[stays.at_start]] = np.flatnonzero(stays.at_start)
    row_id = ids[own]
    order = np.lexsort((row_id, rows.birth, place))
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    row = rank[stays.row]
    by_row = np.lexsort((stays.arrives, row))
    able = np.where(stays.at_start, base.disabled[like[stays.row]], stays.u < disabled[place[stays.row]])
    return Lives(row_id[order], like[order], origin[order], rows.birth[order].astype(np.int16), rows.sex[order],
                 Stays(*(column[by_row] for column in stays._replace(row=row))), ids[by_row], able[by_row])


def _ids(base: Base, place: NDArray[np.int64], stays: Stays, *, key: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Lasting ids [s]: residents of month 0 have theirs; those who come later take the next slots of their place in the order of
    their coming, those who left before take the last slots, the latest to leave first."""
    p = int(base.place.max()) + 1
    size = np.bincount(base.place, minlength=p)
    ids = np.empty(place.size, np.uint32)
    ids[stays.at_start] = 0
    late, early = np.flatnonzero(stays.arrives > 0), np.flatnonzero(stays.leaves <= 0)
    for who, month in ((late, stays.arrives), (early, -stays.leaves.astype(np.int64))):
        order = who[np.lexsort((key[who], month[who], place[who]))]
        number = np.arange(order.size) - np.searchsorted(place[order], place[order])
        slot = size[place[order]] + number if who is late else SLOTS - 1 - number
        ids[order] = (place[order] << 16 | slot).astype(np.uint32)
    many = size + np.bincount(place[late], minlength=p) + np.bincount(place[early], minlength=p)
    if many.max() > SLOTS:
        raise NbhdsimError.of(f"{int(many.max()):,} people would live in one neighbourhood over the run (at most {SLOTS:,}): "
                              "split it, run fewer months, or set ageing: false", path="area")
    now = np.flatnonzero(stays.at_start)
    ids[now] = base.id[stays.row[now]]
    return ids
