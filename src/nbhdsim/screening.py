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
from .rng import JIT, f32, log32, purpose, uniform, uniforms

PROGRAMMES = ("breast", "cervical", "bowel")
AGES = {"breast": (53, 70), "cervical": (25, 64), "bowel": (60, 74)}
"""First and last age of those whose coverage is published (NHS England, 2024)."""

UPTAKE = ("learning_disability", "homeless")
"""Groups with a share up to date of their own, `baseline.screening.<group>`, in every programme."""

STREAMS = tuple(purpose(f"screening.{name}") for name in PROGRAMMES)
HELD = tuple(BIT[name] for name in UPTAKE)
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
        self._own = np.array([values[f"baseline.screening.{name}"] for name in UPTAKE], f32)
        self._others = np.array([_others(values, values[f"baseline.screening.{name}"]) for name in PROGRAMMES], f32)
        self._invite(script)
        self.up, self._plain = (np.zeros(self.due.shape, bool) for _ in range(2))           # plain: without programmes
        self.until, self._lapsing = np.full(self.up.shape, NEVER, np.int32), False
        self._begin(np.arange(script.id.size, dtype=np.int32), 0)
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
        self._invite(script)

    def _invite(self, script: Script) -> None:
        self.due = np.stack([_invited(script, name) for name in PROGRAMMES])
        self._asked = [np.flatnonzero(due) for due in self.due]

    def _begin(self, rows: NDArray[np.integer], calendar: int) -> None:
        """Draw the status of those who live in these rows, in a month of the calendar."""
        clock = np.uint64(self._clock.seed), np.uint32(self._clock.replicate), np.uint32(calendar)
        _begin(rows, self._script.id, self._flags, clock, STREAMS, self._own, self._others, self._plain, self.up, self.until)

    def _welcome(self) -> None:
        """Draw the status of those who have come since anybody asked, by the month in which they came."""
        for month, rows in self._new:
            self._before = [*self._before, (rows, self._plain[:, rows])]
            self._begin(rows, self._clock.calendar + month)
        self._new = []

    def step(self, month: int, pushes: Sequence[Push], half_life: Mapping[str, float]) -> bool:
        """Screen those pushed, and let lapse what has; half_life: months, by key of the programme. Has anything changed?"""
        changed = False
        if pushes or self._lapsing:
            self._welcome()
        if self._lapsing:
            changed = bool(_lapse(self.until, self.up, month))
        if pushes:
            asked = _joined(pushes)
            for k in range(len(PROGRAMMES)):
                changed |= self._screen(k, month, asked, half_life=half_life)
        return changed

    def _screen(self, k: int, month: int, asked: Sequence[tuple], *, half_life: Mapping[str, float]) -> bool:
        """One screening programme: each intervention has a draw of its own, and of several that screen someone in one month the
        longest lasts, so that their order says nothing. asked: as `_joined`."""
        name, calendar, screened = PROGRAMMES[k], np.uint32(self._clock.calendar + month), False
        before = [self.due[k][who] & ~self.up[k][who] for _, who, _ in asked]
        for (key, who, kept), overdue in zip(asked, before, strict=True):
            some = np.flatnonzero(overdue & (kept < 1))
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
        for k, rows in enumerate(self._asked):
            _count(rows, up[k], place, segment, out[:, :, k::len(PROGRAMMES)])
        return out

    def _draw(self, stream: np.uint32, month: np.uint32, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        return uniforms(np.uint64(self._clock.seed), np.uint32(self._clock.replicate), stream, month, self._script.id[rows])


def _others(values: Mapping[str, float], coverage: float) -> float:
    """Share up to date of those in no group of UPTAKE, such that all together stand at `coverage`."""
    left = 1.0
    for name in UPTAKE:
        share = values[f"baseline.groups.{name}"] * left
        coverage -= share * values[f"baseline.screening.{name}"]
        left -= share
    return min(max(coverage / left, 0.0), 1.0)


@njit(**JIT)
def _begin(rows, who, flags, clock, streams, own, others, plain, up, until):
    """Draw the status of these rows: of the first group of UPTAKE that they hold, or of all others.

    who, flags [n]; clock: seed (uint64), replicate and month (uint32); own [groups], others [programmes]: shares up to date.
    """
    for i in rows:
        for k in range(others.size):
            share = others[k]
            for g in range(own.size - 1, -1, -1):
                if flags[i] & HELD[g]:
                    share = own[g]
            plain[k, i] = up[k, i] = uniform(clock[0], clock[1], streams[k], clock[2], who[i]) < share
            until[k, i] = NEVER


@njit(**JIT)
def _lapse(until, up, month):
    """What was brought until `month` is there no longer; has anything lapsed?"""
    lapsed = False
    for k in range(until.shape[0]):
        for i in range(until.shape[1]):
            if until[k, i] == month:
                up[k, i], lapsed = False, True
    return lapsed


@njit(**JIT)
def _count(rows, up, place, segment, out):
    """Add who of these rows is up to date, and how many they are, to `out` [p, segments, 2]."""
    for i in rows:
        out[place[i], segment[i], 0] += up[i]
        out[place[i], segment[i], 1] += 1


def _joined(pushes: Sequence[Push]) -> list[tuple]:
    """Of each intervention that pushes: its key, whom it is for (rows, rising), and prod(1 - h) of each of them."""
    out = []
    for key in sorted({push.key for push in pushes}):
        mine = [push for push in pushes if push.key == key]
        if len(mine) == 1:
            out.append((key, mine[0].who, f32(1) - mine[0].value))
            continue
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
