"""Places and the ties between residents: neighbourhoods, their settings, and a network in compressed rows.

The measures of a network (degree, clustering, assortativity) follow Newman (2003), "Mixing patterns in networks",
and Watts and Strogatz (1998), "Collective dynamics of small-world networks".
"""
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nbhdsim import rng

LAYERS = ("household", "school or age-mates", "neighbours", "wider")
"""Names of the layers 0-3 of `Ties.layer`."""


class Places(NamedTuple):
    """One row a neighbourhood (p of them), and the settings in it. Fixed for the whole run."""

    name: list[str]                        # [p] for example wyre-forest-001
    district: list[str]                    # [p] slug of the district
    quintile: NDArray[np.uint8]            # [p] IMD quintile of the neighbourhood, 1 most deprived .. 5
    residents: NDArray[np.int32]           # [p] residents at month 0
    admission_z: NDArray[np.float32]       # [p] standard normal deviate of the lasting log admission effect
    admission_ratio: NDArray[np.float32]   # [p] admission ratio given by the user, 0 where it is drawn
    pcn: NDArray[np.int32]                 # [p] row of pcn_name
    pcn_name: list[str]                    # primary care networks, for example wyre-forest-pcn-1
    practice: NDArray[np.int32]            # [p] row of practice_place: the practice that is for those who live here
    practice_place: NDArray[np.int32]      # neighbourhood each practice stands in
    school_place: NDArray[np.int32]        # neighbourhood each school stands in
    school_name: list[str]                 # for example wyre-forest-school-01
    x: NDArray[np.float32]                 # [p] kilometres east of the area's corner
    y: NDArray[np.float32]                 # [p] kilometres north of it
    start: NDArray[np.int64]               # [p + 1] first row of each neighbourhood in Script


class Ties(NamedTuple):
    """A network in compressed sparse rows: the ties of row i are `other[start[i]:start[i + 1]]`, in rising order.

    Symmetric, without self ties or duplicates; a pair tied in several layers keeps the lowest.
    """

    start: NDArray[np.int64]    # [n + 1]
    other: NDArray[np.int32]    # [m] row of the contact
    layer: NDArray[np.uint8]    # [m] 0 household, 1 school or age-mates, 2 neighbours, 3 wider


def listed_with(places: Places, place: NDArray[np.integer], practice: NDArray[np.integer]) -> NDArray[np.int64]:
    """The neighbourhood [n] whose list each resident is on: the nearest to home (`place`) of those their practice is for, which is
    home itself where it is for home. Ties by number."""
    found = place.astype(np.int64)
    away = np.flatnonzero(places.practice[place] != practice)
    if not away.size:
        return found
    pairs, which = np.unique(found[away] << 32 | practice[away], return_inverse=True)
    home, whose = pairs >> 32, pairs & 0xFFFFFFFF
    order = np.argsort(places.practice, kind="stable")
    first = np.searchsorted(places.practice[order], np.arange(places.practice_place.size + 1))
    x, y = places.x.astype(np.float64), places.y.astype(np.float64)
    out = home.copy()
    for k in range(home.size):
        theirs = order[first[whose[k]]:first[whose[k] + 1]]
        out[k] = theirs[np.argmin((x[theirs] - x[home[k]]) ** 2 + (y[theirs] - y[home[k]]) ** 2)]
    found[away] = out[which]
    return found


def degree(ties: Ties, *, lowest_layer: int = 0) -> NDArray[np.int64]:
    """Number of ties [n] of each resident in the layers from `lowest_layer` up (1 leaves the household out)."""
    before = np.zeros(ties.other.size + 1, np.int64)
    np.cumsum(ties.layer >= lowest_layer, out=before[1:])
    return before[ties.start[1:]] - before[ties.start[:-1]]


def owners(ties: Ties) -> NDArray[np.int32]:
    """Row [m] each tie belongs to: with `ties.other` the two ends of every tie, each pair once in each direction."""
    rows = np.arange(ties.start.size - 1, dtype=np.int32)
    return np.repeat(rows, np.diff(ties.start))


def contacts(ties: Ties, who: NDArray[np.integer]) -> NDArray[np.int64]:
    """Rows, sorted, of those tied to anyone in `who` (row numbers) and not in `who` themselves."""
    rows = np.asarray(who, np.int64)
    tied = np.zeros(ties.start.size - 1, bool)
    lengths = ties.start[rows + 1] - ties.start[rows]
    first = np.repeat(ties.start[rows] - (np.cumsum(lengths) - lengths), lengths)
    tied[ties.other[first + np.arange(first.size)]] = True
    tied[rows] = False
    return np.flatnonzero(tied)


def correlation(ties: Ties, value: NDArray[np.number], *, lowest_layer: int = 1) -> float:
    """Pearson correlation of a resident's value and a contact's over all ties from `lowest_layer` up.

    This is Newman's assortativity coefficient of a scalar; NaN without ties or without spread.
    """
    keep = ties.layer >= lowest_layer
    a = np.asarray(value, np.float64)[owners(ties)[keep]]
    b = np.asarray(value, np.float64)[ties.other[keep]]
    if not a.size or a.var() == 0:
        return float("nan")
    return float(((a - a.mean()) * (b - b.mean())).mean() / (a.std() * b.std()))


def same_share(ties: Ties, group: NDArray[np.integer], *, lowest_layer: int = 1) -> float:
    """Share of the ties from `lowest_layer` up that stay within one group (a neighbourhood, say); NaN without ties."""
    keep = ties.layer >= lowest_layer
    own = group[owners(ties)[keep]] == group[ties.other[keep]]
    return float(own.mean()) if own.size else float("nan")


def assortativity(ties: Ties, group: NDArray[np.integer], *, lowest_layer: int = 1) -> float:
    """Newman's assortativity coefficient of a label: 1 all ties within groups, 0 as many as chance gives."""
    keep = ties.layer >= lowest_layer
    ends = np.bincount(group[owners(ties)[keep]].astype(np.int64)) / max(int(keep.sum()), 1)
    chance = float((ends * ends).sum())
    return (same_share(ties, group, lowest_layer=lowest_layer) - chance) / (1 - chance) if chance < 1 else float("nan")


def clustering(ties: Ties, *, sample: int = 20_000) -> tuple[float, float]:
    """Two shares of pairs of a resident's contacts that are tied themselves, over all layers.

    The first is the mean over residents with two ties or more (Watts and Strogatz), the second over all pairs
    (transitivity). At most `sample` residents, evenly spaced, are looked at; NaN where there is nobody to look at.
    """
    n = ties.start.size - 1
    rows = np.unique(np.linspace(0, n - 1, min(n, sample)).astype(np.int64)) if n else np.zeros(0, np.int64)
    closed, pairs = np.zeros((2, rows.size), np.int64)
    _triangles(ties.start, ties.other, rows, closed, pairs)
    some = pairs > 0
    if not some.any():
        return float("nan"), float("nan")
    return float((closed[some] / pairs[some]).mean()), float(closed.sum() / pairs.sum())


@njit(**rng.JIT)
def _triangles(start, other, rows, closed, pairs):
    for r in range(rows.size):
        first, end = start[rows[r]], start[rows[r] + 1]
        pairs[r] = (end - first) * (end - first - 1) // 2
        for a in range(first, end):
            i, j = a + 1, start[other[a]]
            stop = start[other[a] + 1]
            while i < end and j < stop:          # both rows rise: walk them side by side
                if other[i] == other[j]:
                    closed[r] += 1
                    i += 1
                    j += 1
                elif other[i] < other[j]:
                    i += 1
                else:
                    j += 1
