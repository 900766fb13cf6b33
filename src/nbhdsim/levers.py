"""The closed list of levers: all that an intervention may move, and the only way it may move it.

Interventions never write residents. Each month they `push` levers; the month reads what was pushed and is the only
writer of residents. This list is the model's causal claim on one page.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from .errors import NbhdsimError, nearest
from .residents import MECHANISMS
from .rng import JIT, exps, f32


class Lever(NamedTuple):
    """One lever: unit, its value at rest, how pushes join (`add`, `multiply`), and the range a single push may have."""

    unit: str
    rest: float
    operator: str
    low: float
    high: float
    meaning: str


LEVERS: dict[str, Lever] = {
    "connection": Lever("SD", 0, "add", -2, 2, "shift of social connection, the inverse of loneliness"),
    "control": Lever("SD", 0, "add", -2, 2, "shift of the sense of control"),
    "activity": Lever("SD", 0, "add", -2, 2, "shift of physical and social activity"),
    "self_care": Lever("SD", 0, "add", -2, 2, "shift of confidence and timely help-seeking"),
    "security": Lever("SD", 0, "add", -2, 2, "shift of financial security"),
    "life_satisfaction": Lever("points", 0, "add", -2, 2, "shift of the mean answer on the 0-10 scale, after clipping"),
    "admission_rr": Lever("rate ratio", 1, "multiply", 0.3, 3, "emergency admissions before excitation"),
    "ae_rr": Lever("rate ratio", 1, "multiply", 0.3, 3, "A&E attendances that do not end in admission"),
    "bed_days_rr": Lever("rate ratio", 1, "multiply", 0.3, 3, "mean nights of a stay with a night"),
    "referral_rr": Lever("rate ratio", 1, "multiply", 0.3, 3, "child social care referrals"),
    "readmission_rr": Lever("rate ratio", 1, "multiply", 0.3, 3, "admissions set off by an earlier admission"),
}
OTHER_RATIOS = ("ae_rr", "bed_days_rr", "referral_rr", "readmission_rr")
RATIOS = (f32(0.3), f32(3))        # range of a ratio, one push's and of all together: 3 n < 1 keeps echoes from exploding
MOST = f32(2)                      # SD that all programmes together move one mechanism of one resident
ROUNDING = 1e-6                    # by which a push may be beyond its lever's range
LEAST = f32(1e-6)                  # preventable share below which nothing is
ROOM = 1024                        # first number of residents a month may touch; doubled when it is not enough


class Pushed(NamedTuple):
    """What was pushed, one slot a touched resident: rows i4; shift [slots, 5] SD, and the same without what a stated total
    covers: points [slots, 5] of life satisfaction's, rate [slots, 5] of admissions'; satisfaction (points, stated);
    other [slots, 4] ratios."""

    rows: np.ndarray
    shift: np.ndarray
    points: np.ndarray
    rate: np.ndarray
    satisfaction: np.ndarray
    other: np.ndarray


@njit(**JIT)
def _touch(slot, rows, used, who):
    """Give every resident in `who` a slot; returns how many are in use."""
    for row in who:
        if slot[row] < 0:
            slot[row] = used
            rows[used] = row
            used += 1
    return used


@njit(**JIT)
def _add(slot, who, value, column):
    """Add values to a column [slots]."""
    for j in range(who.size):
        column[slot[who[j]]] += value[j]


@njit(**JIT)
def _multiply(slot, who, value, column):
    """Multiply a column [slots] by values."""
    for j in range(who.size):
        column[slot[who[j]]] *= value[j]


@njit(**JIT)
def _both(x, r, preventable):
    """Two ratios of at most 1 joined: each prevents its share of what the other leaves of the preventable part, and one
    that reaches deeper than that part is kept whole (design 2.3, R)."""
    floor = f32(1) - preventable
    left = max(f32(0), f32(1) - (f32(1) - r) / max(preventable, LEAST))
    return min(min(x, r), floor + max(f32(0), x - floor) * left)


@njit(**JIT)
def _within(value, low, high):
    """Is every value a number from low to high?"""
    inside = 0
    for j in range(value.size):
        inside += (value[j] >= low) & (value[j] <= high)
    return inside == value.size


@njit(**JIT)
def _prevent(who, value, preventable, below):
    """Join the part of a push that is below 1 into `below` [n]; tells whether some of it is above."""
    above = 0
    for j in range(who.size):
        above += value[j] > f32(1)
        below[who[j]] = _both(below[who[j]], min(value[j], f32(1)), preventable)
    return above > 0


@njit(**JIT)
def _close(who, preventable, below, ratio):
    """Join `below` into the ratio there is already, and put it back to 1."""
    for row in who:
        r = ratio[row]
        ratio[row] = _both(below[row], min(r, f32(1)), preventable) * max(r, f32(1))
        below[row] = f32(1)


@njit(**JIT)
def _raise(who, value, ratio):
    """Multiply by the part of a push that is above 1."""
    for j in range(who.size):
        ratio[who[j]] *= max(value[j], f32(1))


@njit(**JIT)
def _times(rows, factor, ratio):
    """ratio *= factor, row by row."""
    for j in range(rows.size):
        ratio[rows[j]] *= factor[j]


def _empty(room: int) -> Pushed:
    def shifts() -> np.ndarray:
        return np.zeros((room, len(MECHANISMS)), f32)
    return Pushed(np.zeros(room, np.int32), shifts(), shifts(), shifts(), np.zeros(room, f32),
                  np.ones((room, len(OTHER_RATIOS)), f32))


@njit(**JIT)
def _capped(shift, used):
    """What a month can move the mechanisms of one resident: -2 to 2 SD, whoever pushes [used, 5]."""
    out = np.empty((used, shift.shape[1]), f32)
    for s in range(used):
        for k in range(shift.shape[1]):
            out[s, k] = min(max(shift[s, k], -MOST), MOST)
    return out


@njit(**JIT)
def _through(shift, used, per_sd):
    """Capped shifts times points or log rate per SD, mechanism by mechanism [used]."""
    out = np.zeros(used, f32)
    for s in range(used):
        for k in range(per_sd.size):
            out[s] += per_sd[k] * min(max(shift[s, k], -MOST), MOST)
    return out


class Levers:
    """The levers of one scenario in one month.

    n: number of residents (rows); a, b: log rate and points of life satisfaction per SD of each mechanism [5];
    preventable: share of admissions that prevention can reach at all.
    """

    def __init__(self, n: int, *, a: np.ndarray, b: np.ndarray, preventable: float) -> None:
        self.a, self.b, self.preventable = a.astype(f32), b.astype(f32), f32(preventable)
        self._slot, self._used, self._pushed = np.full(n, -1, np.int32), 0, _empty(ROOM)
        self._below = np.ones(n, f32)
        self._ratios: list[tuple[np.ndarray, np.ndarray]] = []
        self.groups: list[tuple[np.ndarray, np.ndarray]] = []
        self.spreads, self._others = np.zeros(len(MECHANISMS), bool), np.zeros(len(OTHER_RATIOS), bool)

    def reset(self) -> None:
        """Put every lever back to rest."""
        p, used = self._pushed, self._used
        self._slot[p.rows[:used]] = -1
        p.shift[:used], p.points[:used], p.rate[:used], p.satisfaction[:used], p.other[:used] = 0, 0, 0, 0, 1
        self._used, self._ratios, self.groups = 0, [], []

    def push(self, name: str, who: np.ndarray, value: np.ndarray | float, *, covered: tuple[str, ...] = ()) -> None:
        """Push lever `name` for the residents in rows `who` (unique) by `value` (one each, or one for all).

        covered: outcomes whose stated total this programme pushes itself; the path through the mechanism is then left
        out of them, so that nothing is counted twice. Raises NbhdsimError for an unknown lever, a value that is not a
        number or outside the lever's range.
        """
        value = self._checked(name, who, value)
        if name == "admission_rr":
            self._ratios.append((who, value))
            return
        self._room_for(len(who))
        self._used = _touch(self._slot, self._pushed.rows, self._used, who)
        if name in MECHANISMS:
            self._shift(MECHANISMS.index(name), who, value, covered=covered)
        elif name == "life_satisfaction":
            _add(self._slot, who, value, self._pushed.satisfaction)
        else:
            self._others[OTHER_RATIOS.index(name)] = True
            _multiply(self._slot, who, value, self._pushed.other[:, OTHER_RATIOS.index(name)])

    def group(self, site: np.ndarray, who: np.ndarray) -> None:
        """Members `who` (rows) of one programme share a group tie with the others of their `site` (int [k])."""
        self.groups.append((site, who))

    def settled(self) -> "Settled":
        """Join what was pushed, ratios of admissions apart (`join_ratios`); the other ratios together stay in a lever's range."""
        p, used = self._pushed, self._used
        if self._others.any():
            np.clip(p.other[:used], *RATIOS, out=p.other[:used])
        return Settled(p.rows[:used], _capped(p.shift, used), _through(p.points, used, self.b), p.satisfaction[:used],
                       p.other[:used], self._others)

    def join_ratios(self, ratio: np.ndarray) -> list[np.ndarray]:
        """R of everyone whose admissions were pushed, in place; returns the rows (they may overlap).

        ratio [n]: exp(a'S), what spill-over does already and no stated total covers. Ratios below 1 share what can be
        prevented, ratios above 1 multiply; one stated ratio alone is always kept (design 2.3).
        """
        touched = self._pushed.rows[: self._used]
        if self.spreads.any():
            _times(touched, exps(_through(self._pushed.rate, self._used, self.a)), ratio)
        raised = [(who, value) for who, value in self._ratios if _prevent(who, value, self.preventable, self._below)]
        for who, _ in self._ratios:
            _close(who, self.preventable, self._below, ratio)
        for who, value in raised:
            _raise(who, value, ratio)
        return [touched, *(who for who, _ in self._ratios)]

    def _checked(self, name: str, who: np.ndarray, value: np.ndarray | float) -> np.ndarray:
        lever = LEVERS.get(name)
        if lever is None:
            raise NbhdsimError.of(f"{name!r} is not a lever{nearest(name, LEVERS)}")
        value = np.asarray(value, f32)
        value = np.full(len(who), value, f32) if value.ndim == 0 else np.ascontiguousarray(value)
        if not _within(value, f32(lever.low - ROUNDING), f32(lever.high + ROUNDING)):
            raise NbhdsimError.of(f"lever {name}: a push of {value.min():g} to {value.max():g} {lever.unit} is outside "
                                  f"{lever.low:g} to {lever.high:g}")
        return value

    def _shift(self, k: int, who: np.ndarray, value: np.ndarray, *, covered: tuple[str, ...]) -> None:
        p = self._pushed
        self.spreads[k] = True
        _add(self._slot, who, value, p.shift[:, k])
        if "life_satisfaction" not in covered:
            _add(self._slot, who, value, p.points[:, k])
        if "admission_rr" not in covered:
            _add(self._slot, who, value, p.rate[:, k])

    def _room_for(self, more: int) -> None:
        room = len(self._pushed.rows)
        needed = min(self._used + more, len(self._slot))
        if needed > room:
            bigger = _empty(max(2 * room, needed))
            for old, new in zip(self._pushed, bigger, strict=True):
                new[: self._used] = old[: self._used]
            self._pushed = bigger


class Settled(NamedTuple):
    """What the month reads, one slot a touched resident: rows; shift [k, 5] SD, capped; mediated (points);
    satisfaction (points, stated); other [k, 4] ratios in the order of OTHER_RATIOS; others [4]: which of them were pushed."""

    rows: np.ndarray
    shift: np.ndarray
    mediated: np.ndarray
    satisfaction: np.ndarray
    other: np.ndarray
    others: np.ndarray
