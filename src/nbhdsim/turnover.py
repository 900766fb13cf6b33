"""People come and go: what it does to the list of a programme.

Whoever has died or moved away is in nothing any more, and nothing of it is left. Whoever moves in may take the place on the list
of whoever left, where it hangs on age and neighbourhood alone; the whole list is drawn up anew from time to time.
"""
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .residents import STAYS
from .rng import JIT

INSIDE = np.int16(STAYS)           # month of leaving of those who have not left
TAKEN = np.uint8(128)
NO_DATES = np.zeros(0, np.int16)


class Turnover(NamedTuple):
    """Rows, rising, whose resident has changed since last month; the dates (int16) and flags (as in Script) of who is there now."""

    rows: NDArray[np.int32]
    arrives: NDArray[np.int16]
    leaves: NDArray[np.int16]
    flags: NDArray[np.uint32]


class Merged(NamedTuple):
    """Two lists as one: the columns of delivery.Candidates, and the number [n] in it of each row of Script, -1 for none."""

    columns: list[Any]
    number: NDArray[np.int32]


@njit(**JIT)
def part(number, site, arrives, leaves, gone, slot, left, stay, inside, reached, sums):
    """Those who have gone are in no longer, nor were they ever reached; returns whether any of them is a member, past or not.

    number [n]: of each row among the candidates; stay [k]: written, who remains; sums [p, 4]: those inside are counted as having
    left. Candidates' dates (empty: they keep theirs) become those of the newcomers.
    """
    some = False
    for g in range(gone.rows.size):
        i = number[gone.rows[g]]
        if i >= 0:
            if arrives.size > 0:
                arrives[i], leaves[i] = gone.arrives[g], gone.leaves[g]
            k = np.searchsorted(slot, i) if reached[i] else slot.size
            if k < slot.size and slot[k] == i:
                some, stay[k] = True, False
                sums[site[i], 2] += left[k] == INSIDE
            inside[i] = reached[i] = 0
    return some


@njit(**JIT)
def mark(marks, columns, number, arrives, leaves, new, who, since, month, segment, bands):
    """Mark as eligible those of the rows `new` who are candidates (number [n], and their dates) and live there in `month`; as
    reached the members `who` who came in it. marks [n, keys]: 1 + the age band, of bands [segments]; TAKEN is added for those ever
    reached."""
    for i in new:
        c = number[i]
        if c >= 0 and arrives[c] <= month < leaves[c]:
            for k in columns:
                if marks[i, k] == 0:
                    marks[i, k] = np.uint8(1) + bands[segment[i]]
    for j in range(who.size):
        if since[j] == month:
            i = who[j]
            for k in columns:
                if marks[i, k] == 0:
                    marks[i, k] = np.uint8(1) + bands[segment[i]]
                marks[i, k] |= TAKEN


def merged(new: Any, old: Any, slot: NDArray[np.int32], *, month: int) -> Merged:
    """The candidates `new`, and members who are not among them (numbers `slot` of the candidates `old`), who leave in `month` and
    never join again."""
    kept = slot[new.number[old.who[slot]] < 0]
    late = np.searchsorted(new.who, old.who[kept])

    def both(a: NDArray[Any], b: NDArray[Any] | float) -> NDArray[Any]:
        return np.insert(a, late, b) if late.size else a.copy()
    who, pool = both(new.who, old.who[kept]), both(_pool_of(new), _pool_of(old)[kept])
    return Merged([who, both(new.id, old.id[kept]), both(new.hazard, 0.0), both(new.site, old.site[kept]),
                   both(new.arrives, float(INSIDE)), both(new.leaves, month), np.searchsorted(pool, np.arange(new.pool.size))],
                  numbered(who, new.number.size))


def numbered(who: NDArray[np.integer], rows: int) -> NDArray[np.int32]:
    """The number of each row [rows] among the rows `who`, -1 for none."""
    number = np.full(rows, -1, np.int32)
    number[who] = np.arange(who.size, dtype=np.int32)
    return number


def _pool_of(c: Any) -> NDArray[np.int64]:
    """Number of each candidate's pool [m]."""
    return np.repeat(np.arange(c.pool.size - 1), np.diff(c.pool))
