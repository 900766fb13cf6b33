"""Who was never reached: of those a programme was for, and who lived in its places while it ran, those it never took in.

Denominators are open. Whoever is on a programme's list when it opens, when the list is drawn up anew, or as a newcomer who
takes the place of one who has left it, is eligible from then on, whether or not they move away or die later; a person counts once,
in the age band of that month. Of programmes of delivery `power` nobody expects to reach more than a few: they have rows of their
own and are left out where any programme is meant.

Communities that look at who is missed see the same: by age band, quintile and digital exclusion, those reached by fewer than others
of their age. A group is missed where expected - reached > 2 sqrt(expected), expected = eligible x the share reached of its age
band: fewer than chance alone would show (counts as Poisson).
"""
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .groups import EXCLUDED, GROUPS, NAMES
from .residents import AGE_BANDS, SEGMENT_FROM, Script, age_at, band_of, frailty_of
from .turnover import TAKEN, mark

ANY = ""
"""Key of any programme."""
QUINTILES, YEAR, DIGITAL = 5, 12, ("not excluded", "excluded")
OTHERS = tuple(name for name in NAMES if name != EXCLUDED)
CATEGORIES = (("all", "all"), *(("quintile", str(q + 1)) for q in range(QUINTILES)), *(("age", band) for band in AGE_BANDS),
              *(("digital", name) for name in DIGITAL), *(("group", name) for name in OTHERS))
"""What a person is counted by: (by, value)."""

BANDS = band_of(np.array(SEGMENT_FROM)).astype(np.uint8)     # age band of each segment
NOBODY = np.zeros(0, np.int64)
CLEAR = 2.0                        # SD of a count below what is expected, from which on a group is missed


class People(NamedTuple):
    """What is known of people [k]: quintile 0-4; age in years; frailty 0-3; flags of the groups they hold."""

    quintile: NDArray[np.integer]
    age: NDArray[np.integer]
    frailty: NDArray[np.integer]
    flags: NDArray[np.uint32]

    def only(self, rows: NDArray[np.integer]) -> "People":
        """Some of them."""
        return People(*(column[rows] for column in self))

    def holds(self, name: str) -> NDArray[np.bool_]:
        """Who is in a group [k]."""
        group = GROUPS[name]
        held = (self.flags & np.uint32(1 << NAMES.index(name))) != 0
        return held & (self.age >= group.low) & (self.frailty >= group.frailty)


def people(script: Script, quintile: NDArray[np.integer]) -> People:
    """Who lives in each row of the script; quintile [p] of places, 1-5."""
    return People(quintile[script.place].astype(np.int64) - 1, age_at(script), script.frailty, script.flags)


def left(world: Any, stays: NDArray[np.integer], month: NDArray[np.int64]) -> People:
    """Those whose stays (rows of Life) end in `month` [k], as they were."""
    life, script = world.life, world.script
    row = life.row[stays]
    age = np.maximum(month - script.birth_month[row].astype(np.int64), 0) // YEAR
    quintile = world.places.quintile[script.place[row]].astype(np.int64) - 1
    return People(quintile, age, frailty_of(life, stays, month), life.flags[stays])


class Ledger:
    """Who was eligible and who was reached, by programme, of one scenario in one future.

    rows: of Script. marks [n, keys]: 1 + age band in which whoever lives in the row became eligible, 0 if they never did; and TAKEN
    if they were ever reached.
    """

    def __init__(self, rows: int) -> None:
        """Nothing runs yet."""
        self._marks = np.zeros((rows, 0), np.uint8)
        self._column: dict[str, int] = {}
        self._past: list[tuple[NDArray[np.uint8], NDArray[np.integer], int]] = []

    def leave(self, rows: NDArray[np.integer], stays: NDArray[np.integer], month: int) -> None:
        """Whoever lived in these rows has died or moved away; stays: theirs. They are looked at when somebody asks."""
        self._past.append((self._marks[rows], stays, month))
        self._marks[rows] = 0

    def note(self, programmes: Iterable[Any], month: int, *, segment: NDArray[np.integer], new: NDArray[np.int32]) -> None:
        """Look at the month just delivered. segment [n]: of age, of everyone; new: rows with another resident than last month."""
        for programme in programmes:
            mine = programme.intervention
            if not programme.takes_in or not mine.opens <= month < mine.closes:
                continue
            columns = tuple(self._of(key) for key in ((programme.key, programme.key) if mine.seats else (programme.key, ANY)))
            c, members = programme.candidates, programme.members
            everyone = month == mine.opens or programme.renewing(month)
            rows = programme.on_list(month).astype(np.int32) if everyone else new
            mark(self._marks, columns, c.number, c.arrives, c.leaves, rows, members.who, members.since, month, segment, BANDS)

    def _of(self, key: str) -> int:
        """Column of a key."""
        if key not in self._column:
            self._column[key] = len(self._column)
            self._marks = np.concatenate([self._marks, np.zeros((self._marks.shape[0], 1), np.uint8)], 1)
        return self._column[key]

    def counts(self, who: People, world: Any) -> dict[str, NDArray[np.int64]]:
        """Eligible and reached [2, CATEGORIES] by programme, those who have left included; who [n]: who lives in each row."""
        out = {}
        for key, column in sorted(self._column.items()):
            rows = np.flatnonzero(self._marks[:, column])
            out[key] = _count(self._marks[rows, column], who.only(rows))
            for marks, stays, month in self._past:
                some = np.flatnonzero(marks[:, column]) if column < marks.shape[1] else NOBODY
                if some.size:
                    out[key] += _count(marks[some, column], left(world, stays[some], np.full(some.size, month)))
        return out

    def missed(self, who: People) -> NDArray[np.bool_]:
        """Who is eligible for something and in a group that is missed [n], of those who live there now."""
        out = np.zeros(self._marks.shape[0], bool)
        if ANY not in self._column:
            return out
        marks = self._marks[:, self._column[ANY]]
        rows = np.flatnonzero(marks)
        some, bands = who.only(rows), len(AGE_BANDS)
        band = band_of(some.age).astype(np.int64)
        group = (band * QUINTILES + some.quintile) * 2 + some.holds(EXCLUDED)
        taken = marks[rows] >= TAKEN
        eligible, reached = (np.bincount(group[pick], minlength=bands * QUINTILES * 2).reshape(bands, -1).astype(float)
                             for pick in (slice(None), taken))
        expected = eligible * (reached.sum(1) / np.maximum(eligible.sum(1), 1))[:, None]
        out[rows] = (expected - reached > CLEAR * np.sqrt(expected)).ravel()[group]
        return out


COLUMNS: Mapping[str, str] = {
    "scenario": "name of the scenario (doing nothing has no rows)",
    "draw": "0: central numbers; 1, 2, ..: sampled ones",
    "replicate": "luck",
    "intervention": "key of the programme; blank for any, those of delivery `power` left out",
    "by": "`all`, `quintile`, `age` (band in the month in which a person became eligible), `digital` or `group`",
    "value": "which quintile, age band, `excluded` or `not excluded`, or population group (a person may be in several, or none)",
    "eligible": "people the programme was for who lived in its places while it ran, those who have since left included",
    "reached": "of them, those who ever took part",
    "never": "the others",
}
"""Columns of the table `reach`, and what they mean."""


def _count(marks: NDArray[np.uint8], who: People) -> NDArray[np.int64]:
    """Eligible and reached [2, CATEGORIES] of these people; marks: as in Ledger, none of it 0."""
    taken = marks >= TAKEN
    columns = [np.zeros(marks.size, np.int64), 1 + who.quintile, QUINTILES + (marks & ~TAKEN).astype(np.int64)]
    first = 1 + QUINTILES + len(AGE_BANDS)
    out = np.zeros((2, len(CATEGORIES)), np.int64)
    columns.append(first + who.holds(EXCLUDED).astype(np.int64))
    for column in columns:
        out[0] += np.bincount(column, minlength=out.shape[1])
        out[1] += np.bincount(column[taken], minlength=out.shape[1])
    for k, name in enumerate(OTHERS, first + len(DIGITAL)):
        held = who.holds(name)
        out[:, k] = held.sum(), (held & taken).sum()
    return out


def table(scenarios: Mapping[str, Mapping[str, NDArray[np.int64]]]) -> dict[str, Any]:
    """The table `reach` of one future, of each scenario's counts; nobody eligible is no row."""
    rows = [(scenario, key, by, value, float(eligible), float(reached))
            for scenario, counts in scenarios.items() for key, found in counts.items()
            for (by, value), eligible, reached in zip(CATEGORIES, *found, strict=True) if eligible]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    texts = {name: np.array(columns[k], object) for k, name in enumerate(("scenario", "intervention", "by", "value"))}
    eligible, reached = (np.array(column, float) for column in columns[4:])
    return texts | {"eligible": eligible, "reached": reached, "never": eligible - reached}
