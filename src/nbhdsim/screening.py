"""Cancer screening: who of those invited is up to date, by programme, and what outreach adds.

In a world without programmes everyone's status stands as it is drawn: coverage is a level, kept up by invitations, and the
share up to date is the published one; it is lower in the population groups of UPTAKE, and so much higher among all others. A
person of the right age and sex who is overdue and whom an intervention pushes is screened within the month with the chance that
each intervention pushes, by a draw for each; the status lapses again after a time with that intervention's half-life, because
one screen does not make a habit.
"""
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .groups import BIT
from .relations import Push
from .residents import Script, aged, present
from .rng import JIT, f32, log32, purpose, uniforms

PROGRAMMES = ("breast", "cervical", "bowel")
AGES = {"breast": (53, 70), "cervical": (25, 64), "bowel": (60, 74)}
"""First and last age of those whose coverage is published (NHS England, 2024)."""

UPTAKE = ("learning_disability", "homeless")
"""Groups with a share up to date of their own, `baseline.screening.<group>`, in every programme."""

YEAR = 12
REVIEW = 12                        # months
NEVER = np.int32(2 ** 30)
LN2 = f32(0.6931472)


class Clock(NamedTuple):
    """Where a month stands: seed, replicate, and the calendar's number of the month."""

    seed: int
    replicate: int
    calendar: int


class Screening:
    """Screening status of one scenario in one future.

    values: by address, of this draw. due, up [3, n]: is one among those invited, and up to date; until [3, n]: first month in
    which what an intervention brought has lapsed (NEVER otherwise). Newcomers are counted from the next review on, whoever
    asked for their status before: until then a row counts as whoever lived there would without programmes.
    """

    def __init__(self, script: Script, values: Mapping[str, float], clock: Clock) -> None:
        """The status of everyone before any programme: the same in every scenario of a future."""
        self._script, self._clock, self._flags = script, clock, script.flags.copy()
        self._own = [f32(values[f"baseline.screening.{name}"]) for name in UPTAKE]
        self._others = [f32(_others(values, values[f"baseline.screening.{name}"])) for name in PROGRAMMES]
        self.due = np.stack([_invited(script, name) for name in PROGRAMMES])
        everyone = np.arange(script.id.size)
        self.up = np.stack([self._draw(purpose(f"screening.{name}"), np.uint32(0)) < self._coverage(k, everyone)
                            for k, name in enumerate(PROGRAMMES)])
        self.until, self._lapsing = np.full(self.up.shape, NEVER, np.int32), False
        self._plain = self.up.copy()                             # without programmes
        self._new: list[tuple[int, NDArray[np.integer]]] = []
        self._before: list[tuple[NDArray[np.integer], NDArray[np.bool_]]] = []

    def copy(self) -> "Screening":
        """The same status from here on, on its own."""
        twin = object.__new__(Screening)
        twin.__dict__.update(self.__dict__)
        twin.up, twin.until, twin._flags = self.up.copy(), self.until.copy(), self._flags.copy()
        twin._plain = self._plain.copy()
        return twin

    def turn_over(self, month: int, gone: NDArray[np.integer], flags: NDArray[np.uint32]) -> None:
        """Newcomers (rows `gone` have another resident, with these flags, or none) bring a status of their own."""
        self._new = [*self._new, (month, gone)]
        self._flags[gone] = flags

    def review(self, script: Script) -> None:
        """Who is invited, as people are now; time passes, so it is looked at every REVIEW months."""
        self._welcome()
        self._before = []
        self.due = np.stack([_invited(script, name) for name in PROGRAMMES])

    def _welcome(self) -> None:
        """Draw the status of those who have come since anybody asked, by the month in which they came."""
        for month, rows in self._new:
            calendar = np.uint32(self._clock.calendar + month)
            self._before = [*self._before, (rows, self._plain[:, rows])]
            for k, name in enumerate(PROGRAMMES):
                self._plain[k, rows] = self._draw(purpose(f"screening.{name}"), calendar, rows) < self._coverage(k, rows)
            self.up[:, rows], self.until[:, rows] = self._plain[:, rows], NEVER
        self._new = []

    def step(self, month: int, pushes: Sequence[Push], half_life: Mapping[str, float]) -> bool:
        """Screen those pushed, and let lapse what has; half_life: months, by key of the programme. Has anything changed?"""
        changed = False
        if pushes or self._lapsing:
            self._welcome()
        if self._lapsing:
            lapsed = self.until == month
            changed = bool(lapsed.any())
            if changed:
                self.up &= ~lapsed
        if pushes:
            asked = _joined(pushes)
            for k in range(len(PROGRAMMES)):
                changed |= self._screen(k, month, asked, half_life=half_life)
        return changed

    def _screen(self, k: int, month: int, asked: Sequence[tuple], *, half_life: Mapping[str, float]) -> bool:
        """One screening programme: each intervention has a draw of its own, and of several that screen someone in one month the
        longest lasts, so that their order says nothing. asked: as `_joined`."""
        name, calendar, screened = PROGRAMMES[k], np.uint32(self._clock.calendar + month), False
        overdue = self.due[k] & ~self.up[k]
        for key, who, kept in asked:
            some = np.flatnonzero(overdue[who] & (kept < 1))
            some = some[self._draw(purpose(f"screened.{name}.{key}"), calendar, who[some]) < f32(1) - kept[some]]
            if some.size:
                screened, rows = True, who[some]
                until = self._until(name, month, rows, half_life=half_life[key])
                self.until[k, rows] = np.where(self.up[k, rows], np.maximum(self.until[k, rows], until), until)
                self.up[k, rows] = self._lapsing = True
        return screened

    def _until(self, name: str, month: int, rows: NDArray[np.integer], *, half_life: float) -> NDArray[np.int32]:
        """First month in which what is done in `month` has lapsed; a longer half-life never shortens it."""
        if not half_life:
            return np.full(rows.size, NEVER)
        u = self._draw(purpose(f"lapse.{name}"), np.uint32(self._clock.calendar + month), rows)
        lasting = np.array([-log32(each) / LN2 for each in u], f32) * f32(half_life)
        return month + 1 + lasting.astype(np.int32)

    def counts(self, place: NDArray[np.integer], segment: NDArray[np.integer], shape: tuple[int, int]) -> NDArray[np.int64]:
        """Up to date, and invited, by neighbourhood and age segment: int64 [p, segments, 6]."""
        out = np.zeros((*shape, 2 * len(PROGRAMMES)), np.int64)
        up = self.up.copy() if self._before else self.up
        for rows, before in self._before[::-1]:                  # the first to have lived there since the review counts
            up[:, rows] = before
        _count(up, self.due, place, segment, out)
        return out

    def _coverage(self, k: int, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Share up to date, in programme k, of people like those in these rows."""
        out = np.full(rows.size, self._others[k], f32)
        for name, share in zip(UPTAKE[::-1], self._own[::-1], strict=True):      # the first one counts
            out[(self._flags[rows] & BIT[name]) != 0] = share
        return out

    def _draw(self, stream: np.uint32, month: np.uint32, rows: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        who = self._script.id if rows is None else self._script.id[rows]
        return uniforms(np.uint64(self._clock.seed), np.uint32(self._clock.replicate), stream, month, who)


def _others(values: Mapping[str, float], coverage: float) -> float:
    """Share up to date of those in no group of UPTAKE, such that all together stand at `coverage`."""
    left = 1.0
    for name in UPTAKE:
        share = values[f"baseline.groups.{name}"] * left
        coverage -= share * values[f"baseline.screening.{name}"]
        left -= share
    return min(max(coverage / left, 0.0), 1.0)


@njit(**JIT)
def _count(up, due, place, segment, out):
    """Add who is up to date, and who is invited, to `out` [p, segments, 6]."""
    for k in range(due.shape[0]):
        for i in range(place.size):
            if due[k, i]:
                cell = out[place[i], segment[i]]
                cell[k] += up[k, i]
                cell[due.shape[0] + k] += 1


def _joined(pushes: Sequence[Push]) -> list[tuple]:
    """Of each intervention that pushes: its key, whom it is for (rows, rising), and prod(1 - h) of each of them."""
    out = []
    for key in sorted({push.key for push in pushes}):
        mine = [push for push in pushes if push.key == key]
        who = np.unique(np.concatenate([push.who for push in mine]))
        kept = np.ones(who.size, f32)
        for push in mine:
            kept[np.searchsorted(who, push.who)] *= f32(1) - push.value
        out.append((key, who, kept))
    return out


def _invited(script: Script, programme: str) -> NDArray[np.bool_]:
    """Of the ages, and the sex, that a programme invites [n]."""
    who = present(script) & aged(script, *AGES[programme])
    return who if programme == "bowel" else who & (script.sex == 0)
