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
ROOM = 1024                        # first number of residents a month may touch; doubled when it is not enough


class Pushed(NamedTuple):
    """What was pushed, one slot a touched resident: rows i4; shift [slots, 5] SD; mediated [slots, 2] (points and log
    rate through mechanisms that no stated total covers); satisfaction (points, stated); other [slots, 4] ratios."""

    rows: np.ndarray
    shift: np.ndarray
    mediated: np.ndarray
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
def _lowest(slot, who, value, low):
    """low = min(low, value), slot by slot."""
    for j in range(who.size):
        s = slot[who[j]]
        low[s] = min(low[s], value[j])


@njit(**JIT)
def _prevent(slot, who, value, low, preventable, left, up):
    """What one ratio leaves of the preventable share (`left`) or adds on top (`up`), design 2.3 (R)."""
    for j in range(who.size):
        s, r = slot[who[j]], value[j]
        if r < f32(1):
            share = max(preventable, f32(1) - low[s])
            left[s] *= max(f32(0), f32(1) - (f32(1) - r) / share)
        else:
            up[s] *= r


def _empty(room: int) -> Pushed:
    return Pushed(np.zeros(room, np.int32), np.zeros((room, 5), f32), np.zeros((room, 2), f32), np.zeros(room, f32),
                  np.ones((room, len(OTHER_RATIOS)), f32))


class Levers:
    """The levers of one scenario in one month.

    n: number of residents (rows); a, b: log rate and points of life satisfaction per SD of each mechanism [5];
    preventable: share of admissions that prevention can reach at all.
    """

    def __init__(self, n: int, *, a: np.ndarray, b: np.ndarray, preventable: float) -> None:
        self.a, self.b, self.preventable = a.astype(f32), b.astype(f32), f32(preventable)
        self._slot, self._used, self._pushed = np.full(n, -1, np.int32), 0, _empty(ROOM)
        self._ratios: list[tuple[np.ndarray, np.ndarray]] = []
        self.groups: list[tuple[np.ndarray, np.ndarray]] = []
        self.spreads = np.zeros(len(MECHANISMS), bool)

    def reset(self) -> None:
        """Put every lever back to rest."""
        p, used = self._pushed, self._used
        self._slot[p.rows[:used]] = -1
        p.shift[:used], p.mediated[:used], p.satisfaction[:used], p.other[:used] = 0, 0, 0, 1
        self._used, self._ratios, self.groups = 0, [], []

    def push(self, name: str, who: np.ndarray, value: np.ndarray | float, *, covered: tuple[str, ...] = ()) -> None:
        """Push lever `name` for the residents in rows `who` (unique) by `value` (one each, or one for all).

        covered: outcomes whose stated total this programme pushes itself; the path through the mechanism is then left
        out of them, so that nothing is counted twice. Raises NbhdsimError for an unknown lever, a value that is not a
        number or outside the lever's range.
        """
        value = self._checked(name, who, value)
        self._room_for(len(who))
        self._used = _touch(self._slot, self._pushed.rows, self._used, who)
        if name in MECHANISMS:
            self._shift(MECHANISMS.index(name), who, value, covered=covered)
        elif name == "life_satisfaction":
            _add(self._slot, who, value, self._pushed.satisfaction)
        elif name == "admission_rr":
            self._ratios.append((who, value))
        else:
            _multiply(self._slot, who, value, self._pushed.other[:, OTHER_RATIOS.index(name)])

    def group(self, site: np.ndarray, who: np.ndarray) -> None:
        """Members `who` (rows) of one programme share a group tie with the others of their `site` (int [k])."""
        self.groups.append((site, who))

    def settled(self, induced_log_rate: np.ndarray) -> "Settled":
        """Join what was pushed. induced_log_rate: a'S of every touched slot (spill-over that no total covers)."""
        p, used = self._pushed, self._used
        natural = p.mediated[:used, 1] + induced_log_rate
        low, left, up = np.ones(used, f32), np.ones(used, f32), np.ones(used, f32)
        everyone = p.rows[:used]
        ratios = [*self._ratios, (everyone, exps(natural))]
        for who, value in ratios:
            _lowest(self._slot, who, value, low)
        for who, value in ratios:
            _prevent(self._slot, who, value, low, self.preventable, left, up)
        share = np.maximum(self.preventable, f32(1) - low)
        ratio = (f32(1) - share * (f32(1) - left)) * up
        return Settled(everyone, np.clip(p.shift[:used], f32(-2), f32(2)), p.mediated[:used, 0], p.satisfaction[:used],
                       ratio, p.other[:used])

    @property
    def touched(self) -> np.ndarray:
        """Rows pushed so far this month (int32)."""
        return self._pushed.rows[: self._used]

    def _checked(self, name: str, who: np.ndarray, value: np.ndarray | float) -> np.ndarray:
        lever = LEVERS.get(name)
        if lever is None:
            raise NbhdsimError.of(f"{name!r} is not a lever{nearest(name, LEVERS)}")
        value = np.ascontiguousarray(np.broadcast_to(np.asarray(value, f32), len(who)))
        if value.size and not (value.min() >= lever.low - 1e-6 and value.max() <= lever.high + 1e-6):
            raise NbhdsimError.of(f"lever {name}: a push of {value.min():g} to {value.max():g} {lever.unit} is outside "
                                  f"{lever.low:g} to {lever.high:g}")
        return value

    def _shift(self, k: int, who: np.ndarray, value: np.ndarray, *, covered: tuple[str, ...]) -> None:
        p = self._pushed
        self.spreads[k] = True
        _add(self._slot, who, value, p.shift[:, k])
        if "life_satisfaction" not in covered:
            _add(self._slot, who, self.b[k] * value, p.mediated[:, 0])
        if "admission_rr" not in covered:
            _add(self._slot, who, self.a[k] * value, p.mediated[:, 1])

    def _room_for(self, more: int) -> None:
        room = len(self._pushed.rows)
        if self._used + more > room:
            bigger = _empty(min(max(2 * room, self._used + more), len(self._slot) + ROOM))
            for old, new in zip(self._pushed, bigger, strict=True):
                new[: self._used] = old[: self._used]
            self._pushed = bigger


class Settled(NamedTuple):
    """What the month reads, one slot a touched resident: rows; shift [k, 5] SD, capped; mediated (points);
    satisfaction (points, stated); ratio R on mu; other [k, 4] ratios in the order of OTHER_RATIOS."""

    rows: np.ndarray
    shift: np.ndarray
    mediated: np.ndarray
    satisfaction: np.ndarray
    ratio: np.ndarray
    other: np.ndarray
