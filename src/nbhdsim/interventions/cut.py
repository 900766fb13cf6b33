"""A cut: provision that exists already is stopped.

The baseline is a world in which existing provision stands, so that a standing programme pushes nothing. A cut pushes the
difference between the programme as it would have gone on and as it is once it is stopped: for someone who was in, with an
effect that had reached theta (a shift, or the log of a ratio), in the t-th month without it

    -theta (1 - 2^(-t / half-life))

and the whole of -theta for whoever would have joined since. Money that comes back takes people in again from then on, and the
difference closes. Both courses are worked out with the same draws, so that a cut of no months is nothing at all.
"""
from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import MONTHS, Future, Members, nobody
from ..levers import LEVERS, Levers
from ..relations import Relations
from ..residents import Script
from ..rng import f32
from ..turnover import Turnover
from . import Rows
from .programme import Programme

STOOD = 120         # months that existing provision is taken to have stood before month 0, at least: its effects are there in full


class Course:
    """What a programme pushes in a month, joined by lever and what it covers, over all residents; held: totals of its area."""

    own: Mapping[str, NDArray[np.float32]] = {}

    def __init__(self, n: int, preventable: np.float32) -> None:
        """Nothing yet."""
        self.preventable, self.pushed = preventable, dict[tuple[str, tuple[str, ...]], NDArray[np.float32]]()
        self._n, self.held = n, dict[str, Rows]()

    def push(self, name: str, who: Rows, value: NDArray[np.float32] | float, *, covered: tuple[str, ...] = ()) -> None:
        """As `Levers.push`."""
        lever = LEVERS[name]
        total = self.pushed.setdefault((name, covered), np.full(self._n, lever.rest, f32))
        total[who] = total[who] * value if lever.operator == "multiply" else total[who] + value

    def hold(self, key: str, totals: Mapping[str, Rows]) -> None:
        """As `Levers.hold`."""
        del key
        self.held = dict(totals)

    def share(self, name: str, who: Rows, value: NDArray[np.float32], *, key: str) -> None:
        """What spreads is the difference, see there."""

    def group(self, site: Rows, who: Rows) -> None:
        """Ties among members are those of ordinary life: a cut unties nobody."""

    def of(self, key: tuple[str, tuple[str, ...]]) -> NDArray[np.float32] | np.float32:
        """What was pushed of a lever [n], or its rest."""
        return self.pushed.get(key, f32(LEVERS[key[0]].rest))


def difference(gone: Course, stood: Course, levers: Levers, *, name: str) -> None:
    """Push what is missing for the cut `name`: `gone` less `stood` (over it, for ratios), where that is anything."""
    levers.hold(name, stood.held)
    for key in sorted({*gone.pushed, *stood.pushed}):
        lever = LEVERS[key[0]]
        multiplies = lever.operator == "multiply"
        value = np.broadcast_to(gone.of(key) / stood.of(key) if multiplies else gone.of(key) - stood.of(key), (gone._n,))
        who = np.flatnonzero(value != f32(lever.rest))
        if who.size:
            pushed = np.clip(value[who], f32(lever.low), f32(lever.high))
            levers.push(key[0], who, pushed, covered=key[1])
            levers.share(key[0], who, pushed, key=name)


class Cut:
    """One cut in one future, month by month, with the names that a `Programme` has; arguments as there.

    line: of the cut, `stop` the key of what stands, `start` and `end` the first and last month without it. sites, places [p]:
    of what stands, where it is cut. Other programmes and pools do not move what stands, and it moves no other.
    """

    doors = 0
    takes_in = relies = False

    def __init__(self, line: Any, future: Future, *, rates: Any, values: Mapping[str, float], sites: NDArray[np.float64],
                 places: NDArray[np.float64], strict: bool = True) -> None:
        """What stands has stood long enough to be in full effect."""
        self.line, self.key, self.month = line, str(line.key), -1
        every = line.every or 1
        set_up = line.kind.quantities.get("set_up_months")
        opened = -every * ceil(STOOD / every) - (round(values[set_up.address]) if set_up is not None else 0)
        standing = replace(line, key=line.stop, start=opened, end=MONTHS, stop="")
        self._stood = Programme(standing, future, rates=rates, values=values, sites=sites, places=places, strict=strict)
        self._gone: Programme | None = None
        self._still = Relations(future.script.id.size, len(future.places.name), values)
        for month in range(opened, 0):
            self._stood.advance(month, self._still)

    @property
    def intervention(self) -> Any:
        """What stands."""
        return self._stood.intervention

    @property
    def members(self) -> Members:
        """Whom the cut is about: members of what would have stood, from the month of the cut on."""
        if self._gone is None:
            return nobody()
        members = self._stood.members.only(self._stood.members.left > self.line.start)
        return members._replace(since=np.maximum(members.since, self.line.start))

    @property
    def inside(self) -> Rows:
        """Rows, rising, of those who would be in now."""
        return self.members.inside

    @property
    def exposed(self) -> Rows:
        """Rows of those who would be exposed in a setting, from the month of the cut on."""
        return self._stood.exposed if self._gone is not None else np.zeros(0, np.int64)

    @property
    def reached(self) -> Rows:
        """Nobody is reached by a cut."""
        return np.zeros(0, np.int64)

    @property
    def given(self) -> NDArray[np.float64]:
        """Hours a month [p] of volunteers that are missing, below 0; none before the cut."""
        stood = self._stood.given
        return np.zeros(stood.size) if self._gone is None else self._gone.given - stood

    def asked(self, month: int, relations: Relations) -> NDArray[np.float64]:
        """It asks for no hours [p]."""
        del month, relations
        return np.zeros(len(self._stood._future.places.name))

    def renewing(self, month: int) -> bool:
        """As `Programme.renewing`."""
        return self._stood.renewing(month)

    def renew(self, script: Script) -> None:
        """As `Programme.renew`."""
        for course in filter(None, (self._stood, self._gone)):
            course.renew(script)

    def advance(self, month: int, relations: Relations, gone: Turnover | None = None, *,
                share: NDArray[np.float64] | None = None) -> None:
        """Who would have come and gone, and who has; call month by month."""
        del relations, share
        self.month = month
        if month == self.line.start:
            self._gone = self._stood.copy()
            self._gone.close(month)
        elif self._gone is not None and month == self.line.end + 1:
            self._gone.reopen(month)
        for course in filter(None, (self._stood, self._gone)):
            course.advance(month, self._still, gone)

    def push(self, month: int, levers: Levers, natural: NDArray[np.float32]) -> None:
        """Push what is missing this month."""
        if self._gone is None:
            return
        gone, stood = (Course(natural.size, levers.preventable) for _ in range(2))
        self._gone.push(month, gone, natural)          # type: ignore[arg-type]
        self._stood.push(month, stood, natural)        # type: ignore[arg-type]
        difference(gone, stood, levers, name=self.key)

    def relate(self, month: int, relations: Relations) -> None:
        """It does nothing for other programmes: what does cannot be cut."""

    def rows(self) -> dict[str, NDArray[Any]]:
        """Rows of the delivery table from the month of the cut on: what is missing, so that counts are below 0 (as money and sites
        are) and members are all who joined less all who left."""
        stood = self._stood.rows()
        if self._gone is None:
            return stood
        gone = self._gone.rows()
        return {name: column if name == "place" else gone[name] - column for name, column in stood.items()}
