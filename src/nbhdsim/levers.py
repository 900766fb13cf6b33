"""The closed list of levers: all that an intervention may move, and the only way it may move it.

Interventions never write residents. Each month they `push` levers; the month reads what was pushed and is the only
writer of residents. This list is the model's causal claim on one page.
"""
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numba import njit

from .errors import NbhdsimError, nearest
from .residents import MECHANISMS
from .rng import JIT, exp32, f32


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
LOWEST, HIGHEST = f32(0.3), f32(3)     # of an other ratio, all together: 3 n < 1 keeps echoes from exploding
MOST = f32(2)                      # SD that all programmes together move one mechanism of one resident
ROUNDING = 1e-6                    # by which a push may be beyond its lever's range
LEAST = f32(1e-6)                  # preventable share below which nothing is
ROOM = 1024                        # first number of residents a month may touch; doubled when it is not enough


SHIFT, POINTS, RATE, SATISFACTION, OTHER = 0, 5, 10, 15, 16
"""Columns of what was pushed on a touched resident: shifts (SD), the same without what a stated total of life satisfaction
covers, and of admissions; stated points of satisfaction; the other ratios."""

REST = np.array([0] * OTHER + [1] * len(OTHER_RATIOS), f32)


@njit(**JIT)
def _push(slot, rows, used, who, value, low, high, columns, table):
    """Add (or multiply, where the column is a ratio's) values into columns of the table; a column below 0 is none.

    Whoever has no slot yet gets one. Returns how many are in use; -1, with nothing done, if a value is outside low..high.
    """
    inside = 0
    for j in range(value.size):
        inside += (value[j] >= low) & (value[j] <= high)
    if inside < value.size:
        return -1
    for j in range(who.size):
        row = who[j]
        s = slot[row]
        if s < 0:
            s = slot[row] = used
            rows[used] = row
            used += 1
        for column in columns:
            if column >= OTHER:
                table[s, column] *= value[j]
            elif column >= 0:
                table[s, column] += value[j]
    return used


@njit(**JIT)
def _clear(slot, rows, table):
    """Nobody has been touched, and nothing pushed."""
    for s in range(rows.size):
        slot[rows[s]] = -1
        for column in range(table.shape[1]):
            table[s, column] = f32(column >= OTHER)


@njit(**JIT)
def _settle(table, used, points_per_sd):
    """What the month does with a resident, whoever pushes: shifts of the mechanisms from -2 to 2 SD [used, 5], points that go
    through them, stated points, and the other ratios, each within the range of one push [used, 4]."""
    shift, through, satisfaction = np.empty((used, POINTS), f32), np.zeros(used, f32), np.empty(used, f32)
    other = np.empty((used, table.shape[1] - OTHER), f32)
    for s in range(used):
        for k in range(POINTS):
            shift[s, k] = min(max(table[s, SHIFT + k], -MOST), MOST)
            through[s] += points_per_sd[k] * min(max(table[s, POINTS + k], -MOST), MOST)
        satisfaction[s] = table[s, SATISFACTION]
        for m in range(other.shape[1]):
            other[s, m] = min(max(table[s, OTHER + m], LOWEST), HIGHEST)
    return shift, through, satisfaction, other


@njit(**JIT)
def _through(table, rows, rate_per_sd, ratio):
    """Multiply the ratio of each touched resident by what goes through the mechanisms."""
    for s in range(rows.size):
        log_rate = f32(0)
        for k in range(POINTS):
            log_rate += rate_per_sd[k] * min(max(table[s, RATE + k], -MOST), MOST)
        ratio[rows[s]] *= exp32(log_rate)


@njit(**JIT)
def _both(x, r, preventable):
    """Two ratios of at most 1 joined: each prevents its share of what the other leaves of the preventable part, and one
    that reaches deeper than that part is kept whole (design 2.3, R)."""
    floor = f32(1) - preventable
    left = max(f32(0), f32(1) - (f32(1) - r) / max(preventable, LEAST))
    return min(min(x, r), floor + max(f32(0), x - floor) * left)


@njit(**JIT)
def _prevent(who, value, preventable, below):
    """Join the part of a push (one value each, or one for all) that is below 1 into `below` [n]; is some of it above?"""
    above, step = 0, int(value.size == who.size)
    for j in range(who.size):
        v = value[j * step]
        above += v > f32(1)
        below[who[j]] = _both(below[who[j]], min(v, f32(1)), preventable)
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
    step = int(value.size == who.size)
    for j in range(who.size):
        ratio[who[j]] *= max(value[j * step], f32(1))


def _columns(name: str, covered: tuple[str, ...]) -> tuple[int, int, int]:
    """Columns that a push of a lever goes into, -1 for none."""
    if name in MECHANISMS:
        k = MECHANISMS.index(name)
        return (SHIFT + k, -1 if "life_satisfaction" in covered else POINTS + k, -1 if "admission_rr" in covered else RATE + k)
    if name in OTHER_RATIOS:
        return OTHER + OTHER_RATIOS.index(name), -1, -1
    return (SATISFACTION if name == "life_satisfaction" else -1), -1, -1


class Levers:
    """The levers of one scenario in one month.

    n: number of residents (rows); a, b: log rate and points of life satisfaction per SD of each mechanism [5];
    preventable: share of admissions that prevention can reach at all. own: spill-over [5, n] of each programme by key that holds
    totals of its area (`hold`), written by the month; held: whom each total is about, by outcome; shares: what these programmes
    pushed this month on mechanisms (number, rows, SD).
    """

    def __init__(self, n: int, *, a: np.ndarray, b: np.ndarray, preventable: float) -> None:
        self.a, self.b, self.preventable = a.astype(f32), b.astype(f32), f32(preventable)
        self._slot, self._used = np.full(n, -1, np.int32), 0
        self._rows, self._table = np.zeros(ROOM, np.int32), np.tile(REST, (ROOM, 1))
        self._below = np.ones(n, f32)
        self._ratios: list[tuple[np.ndarray, np.ndarray]] = []
        self.groups: list[tuple[np.ndarray, np.ndarray]] = []
        self.own: dict[str, np.ndarray] = {}
        self.held: dict[str, Mapping[str, np.ndarray]] = {}
        self.shares: dict[str, list[tuple[int, np.ndarray, np.ndarray]]] = {}
        self.spreads, self._others = np.zeros(len(MECHANISMS), bool), np.zeros(len(OTHER_RATIOS), bool)

    @property
    def resting(self) -> bool:
        """Is nothing pushed this month, and was no mechanism ever, whose spill-over could linger?"""
        return not (self._used or self._ratios or self.spreads.any())

    def reset(self) -> None:
        """Put every lever back to rest."""
        if self._used:
            _clear(self._slot, self._rows[: self._used], self._table)
        self._used, self._ratios, self.groups = 0, [], []
        self.shares = {key: [] for key in self.own}

    def push(self, name: str, who: np.ndarray, value: np.ndarray | float, *, covered: tuple[str, ...] = ()) -> None:
        """Push lever `name` for the residents in rows `who` (unique) by `value` (one each, or one for all).

        covered: outcomes whose stated total this programme pushes itself; the path through the mechanism is then left
        out of them, so that nothing is counted twice. Raises NbhdsimError for an unknown lever, a value that is not a
        number or outside the lever's range.
        """
        lever = LEVERS.get(name)
        if lever is None:
            raise NbhdsimError.of(f"{name!r} is not a lever{nearest(name, LEVERS)}")
        value = np.asarray(value, f32)
        ratio = name == "admission_rr"                     # kept as it is: `join_ratios` needs all of them together
        value = np.full(min(len(who), 1) if ratio else len(who), value, f32) if value.ndim == 0 else np.ascontiguousarray(value)
        self._room_for(0 if ratio else len(who))
        used = _push(self._slot, self._rows, self._used, who[:0] if ratio else who, value, f32(lever.low - ROUNDING),
                     f32(lever.high + ROUNDING), _columns(name, covered), self._table)
        if used < 0:
            raise NbhdsimError.of(f"lever {name}: a push of {value.min():g} to {value.max():g} {lever.unit} is outside "
                                  f"{lever.low:g} to {lever.high:g}")
        self._used = used
        if ratio:
            self._ratios.append((who, value))
        elif name in MECHANISMS:
            self.spreads[MECHANISMS.index(name)] = True
        elif name in OTHER_RATIOS:
            self._others[OTHER_RATIOS.index(name)] = True

    def hold(self, key: str, totals: Mapping[str, np.ndarray]) -> None:
        """Programme `key` states totals of its area, by outcome or mechanism, of these rows: its own spill-over is in them."""
        if totals and key not in self.own:
            self.own[key], self.shares[key] = np.zeros((len(MECHANISMS), len(self._slot)), f32), []
        if totals:
            self.held[key] = totals

    def share(self, name: str, who: np.ndarray, value: np.ndarray, *, key: str) -> None:
        """What programme `key` has pushed on a mechanism, beside `push`; kept where it holds a total."""
        if key in self.own and name in MECHANISMS:
            self.shares[key].append((MECHANISMS.index(name), who, np.broadcast_to(np.asarray(value, f32), (len(who),))))

    def forget(self, rows: np.ndarray) -> None:
        """Rows whose resident has changed have no spill-over of anybody's."""
        for own in self.own.values():
            own[:, rows] = 0

    def group(self, site: np.ndarray, who: np.ndarray) -> None:
        """Members `who` (rows) of one programme share a group tie with the others of their `site` (int [k])."""
        self.groups.append((site, who))

    def settled(self) -> "Settled":
        """Join what was pushed, ratios of admissions apart (`join_ratios`); the other ratios together stay in a lever's range."""
        shift, mediated, satisfaction, other = _settle(self._table, self._used, self.b)
        return Settled(self._rows[: self._used], shift, mediated, satisfaction, other, self._others)

    def join_ratios(self, ratio: np.ndarray) -> list[np.ndarray]:
        """R of everyone whose admissions were pushed, in place; returns the rows (they may overlap).

        ratio [n]: exp(a'S), what spill-over does already and no stated total covers. Ratios below 1 share what can be
        prevented, ratios above 1 multiply; one stated ratio alone is always kept (design 2.3).
        """
        touched = self._rows[: self._used]
        if self.spreads.any():
            _through(self._table, touched, self.a, ratio)
        raised = [(who, value) for who, value in self._ratios if _prevent(who, value, self.preventable, self._below)]
        for who, _ in self._ratios:
            _close(who, self.preventable, self._below, ratio)
        for who, value in raised:
            _raise(who, value, ratio)
        return [touched, *(who for who, _ in self._ratios)]

    def _room_for(self, more: int) -> None:
        room, needed = len(self._rows), min(self._used + more, len(self._slot))
        if needed > room:
            extra = max(2 * room, needed) - room
            self._rows = np.concatenate([self._rows, np.zeros(extra, np.int32)])
            self._table = np.concatenate([self._table, np.tile(REST, (extra, 1))])


class Settled(NamedTuple):
    """What the month reads, one slot a touched resident: rows; shift [k, 5] SD, capped; mediated (points);
    satisfaction (points, stated); other [k, 4] ratios in the order of OTHER_RATIOS; others [4]: which of them were pushed."""

    rows: np.ndarray
    shift: np.ndarray
    mediated: np.ndarray
    satisfaction: np.ndarray
    other: np.ndarray
    others: np.ndarray
