"""Monthly sums of few residents, by neighbourhood and age segment, worked out beside the month's loops.

Strain is that of the last month's pushes; volunteers are those who are in a programme that says how many hours a year one gives,
each counted once, and their hours are those of all such programmes. A family is a household with somebody under 18; it stands
in the segment of its youngest child, and is referred in a month in which a child of it is.
"""
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .relations import Relations
from .residents import SEGMENT_FROM, Script
from .step.measure import FIXED

NAMES = ("strain", "volunteers", "volunteer_hours", "families", "families_referred")
"""What is added up: strain and hours in units of 2^-20, the others counts."""

GROWN = SEGMENT_FROM.index(18)
REVIEW, YEAR = 12, 12
NO_FAMILY = -1


class Tally:
    """The sums of one scenario in one future. shape: neighbourhoods and segments; `sums`: by name, one int64 array a month."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """Nothing has been counted."""
        self._shape, self._none = shape, np.zeros(shape, np.int64)
        self.sums: dict[str, list[NDArray[np.int64]]] = {name: [] for name in NAMES}
        self._family = np.zeros(0, np.int64)
        self._families = self._none

    def stacked(self) -> dict[str, NDArray[np.int64]]:
        """int64 [month, place, segment] by name."""
        return {name: np.stack(months) for name, months in self.sums.items()}

    def note(self, script: Script, segment: NDArray[np.integer], *, programmes: Sequence[Any], relations: Relations,
             referred: NDArray[np.integer], here: NDArray[np.integer] | None, changed: bool) -> None:
        """Add the month just done. referred [n]: its referrals; here [n]: is anybody there (None: everybody)? changed: it is time
        to look at ages and households anew."""
        if not self._family.size or changed:
            self._count_families(script, segment, here)
        cell = self._cells(script, segment)
        rows, value = self._strain(relations)
        self._add("strain", rows, cell, value=value)
        giving = [(p.inside, hours / YEAR) for p in programmes
                  if p.takes_in and (hours := p.intervention.figures.get("hours_a_year", 0.0))]
        giving = [(rows, hours) for rows, hours in giving if rows.size]
        who = [rows for rows, _ in giving]
        self._add("volunteers", np.unique(np.concatenate(who)) if who else None, cell)
        hours = [np.full(rows.size, round(each * float(FIXED)), np.int64) for rows, each in giving]
        self._add("volunteer_hours", np.concatenate(who) if who else None, cell, value=np.concatenate(hours) if who else 0)
        self.sums["families"].append(self._families)
        rows = np.flatnonzero(referred != 0)
        rows = rows[segment[rows] < GROWN]
        home, first = np.unique(script.household[rows], return_index=True)
        at = self._family[home]
        self.sums["families_referred"].append(self._sum(np.where(at >= 0, at, cell(rows[first])), np.ones(home.size, np.int64)))

    def _cells(self, script: Script, segment: NDArray[np.integer]) -> Any:
        return lambda rows: script.place[rows].astype(np.int64) * self._shape[1] + segment[rows]

    def _strain(self, relations: Relations) -> tuple[NDArray[np.int64] | None, Any]:
        total = relations.total("strain")
        if total is None:
            return None, 0
        rows = np.flatnonzero(total)
        return rows, np.rint(total[rows] * FIXED).astype(np.int64)

    def _add(self, name: str, rows: NDArray[np.int64] | None, cell: Any, *, value: Any = 1) -> None:
        self.sums[name].append(self._none if rows is None else self._sum(cell(rows), np.broadcast_to(value, rows.shape)))

    def _sum(self, cell: NDArray[np.int64], value: NDArray[np.int64]) -> NDArray[np.int64]:
        out = np.zeros(self._none.size, np.int64)
        np.add.at(out, cell, value)
        return out.reshape(self._shape)

    def _count_families(self, script: Script, segment: NDArray[np.integer], here: NDArray[np.integer] | None) -> None:
        """Where each household's youngest child stands, and how many do there. Rows are oldest first: the last to write is it."""
        rows = np.flatnonzero(segment < GROWN)
        rows = rows if here is None else rows[here[rows] != 0]
        self._family = np.full(int(script.household.max()) + 1, NO_FAMILY, np.int64)
        self._family[script.household[rows]] = self._cells(script, segment)(rows)
        there = self._family[self._family >= 0]
        self._families = np.bincount(there, minlength=self._none.size).reshape(self._shape)
