"""The agenda of a life script: what happens in which month, sorted once, so that a month only looks it up."""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.residents import SEGMENT_FROM, STAYS, Agenda, Months

YEAR = 12


def agenda(row: NDArray[np.integer], dates: NDArray[np.integer], birth: NDArray[np.integer], *, place: NDArray[np.integer],
           span: tuple[int, int]) -> Agenda:
    """The agenda of stays in `row` [s], from month span[0] (what stands then does not happen) to before span[1].

    dates [s, 10]: arrives, leaves, dies, first months of each level of frailty and number of conditions; birth,
    place [n]: of the rows.
    """
    arrives, leaves, dies = dates[:, 0].astype(np.int64), dates[:, 1].astype(np.int64), dates[:, 2].astype(np.int64)
    stay, same = np.arange(row.size), np.append(row[1:] == row[:-1], False)
    after = np.append(same[:-1] & (arrives[1:] == leaves[:-1]), False)       # another comes as this one goes
    comes, goes = np.flatnonzero(arrives > span[0]), np.flatnonzero((leaves < STAYS) & ~after)
    before = np.where(np.append(False, after[:-1]), stay - 1, -1)
    changes = _sorted(span, np.concatenate([arrives[comes], leaves[goes]]), np.concatenate([row[comes], row[goes]]),
                      np.concatenate([comes, np.full(goes.size, -1)]), np.concatenate([before[comes], goes]))
    months, rows = [arrives[comes], leaves[goes]], [row[comes], row[goes]]
    for when in (*dates[:, 3:].T.astype(np.int64), dies - YEAR):
        some = np.flatnonzero((when > arrives) & (when < leaves) & (when < STAYS - YEAR))
        months.append(when[some])
        rows.append(row[some])
    for age in SEGMENT_FROM[1:]:
        months.append(birth.astype(np.int64) + YEAR * age)
        rows.append(np.arange(birth.size))
    died = np.flatnonzero((dies == leaves) & (leaves > span[0]) & (leaves < span[1]))
    segment = np.searchsorted(SEGMENT_FROM, (leaves[died] - birth[row[died]]) // YEAR, side="right") - 1
    return Agenda(changes, _sorted(span, np.concatenate(months), np.concatenate(rows)),
                  _sorted(span, leaves[died], place[row[died]], segment),
                  tuple(np.flatnonzero(birth % YEAR == k).astype(np.int32) for k in range(YEAR)))


def _sorted(span: tuple[int, int], month: NDArray[np.integer], *columns: NDArray[np.integer]) -> Months:
    """Things that happen within the span, by month and first column."""
    inside = np.flatnonzero((month > span[0]) & (month < span[1]))
    inside = inside[np.lexsort((columns[0][inside], month[inside]))]
    start = np.searchsorted(month[inside], np.arange(span[0] + 1, span[1] + 1))
    return Months(span[0] + 1, start, tuple(column[inside].astype(np.int32) for column in columns))
