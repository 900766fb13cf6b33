"""What programmes do for one another and for neighbourhoods: the second list of levers, read a month after it is pushed.

Readiness says how mature the relationships between residents, voluntary sector, NHS and council of a neighbourhood are, 0 to
1. It starts at `baseline.readiness.start`, the mean of the places where programmes were studied, so that their effects hold as
they are stated; what programmes add to it moves the hazard of joining any programme:

    r_p(t+1) = clip(start + sum of what is pushed + x_p(t+1), 0, 1)
    x_p(t+1) = (1 - k) x_p(t) + k s mean over the other linked places q of (pushed_q + x_q)(t)
    hazard of joining x (1 + gain (r - start))

s is the share an engagement network passes on (`network`), k `baseline.readiness.approach` a month. Two linked places of which
one is pushed by g end at x = s g / (1 - s^2) and s^2 g / (1 - s^2). No study measured any of it (see catalogue/baseline.yaml):
gain is 0 unless a scenario says otherwise.
"""
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import NbhdsimError, nearest
from .levers import ROUNDING, Lever
from .rng import f32

RELATIONS: dict[str, Lever] = {
    "take_up": Lever("ratio", 1, "multiply", 0.3, 3, "a resident's hazard of joining any other programme"),
    "places": Lever("ratio", 1, "multiply", 0.3, 3, "places of every other programme in a neighbourhood"),
    "dose": Lever("ratio", 1, "multiply", 0.3, 3, "what every other programme in a neighbourhood does for each who takes part"),
    "handover": Lever("share a month", 0, "1 - prod(1 - h)", 0, 0.95, "a resident's further hazard of joining groups, open places"),
    "digital_barrier": Lever("ratio", 1, "multiply", 0.01, 1, "how much of a resident's barrier to digital-first care stands"),
    "strain": Lever("0 to 1", 0, "add", 0, 1, "a resident's cost of taking part; times baseline.strain.exit, a hazard of leaving"),
    "readiness": Lever("0 to 1", 0, "add", 0, 1, "readiness of a neighbourhood"),
    "network": Lever("share", 0, "add", 0, 0.95, "share of what others of a network gain that a neighbourhood gains"),
    "asks": Lever("asks a year", 0, "add", 0, 1000, "asks of a neighbourhood that nothing follows"),
    "screening": Lever("share", 0, "1 - prod(1 - h)", 0, 0.95, "chance that someone overdue is screened, by the follow-up"),
}
"""Levers between programmes, by name; of residents, or of neighbourhoods where the meaning says so."""

BETWEEN = ("take_up", "places", "dose", "handover")
"""Those that move other programmes and nothing else."""

NONE = np.zeros(0, f32)
OF_PLACES = ("places", "dose", "readiness", "network", "asks")
OF_PEOPLE = ("handover", "strain", "digital_barrier")      # what taking part does for or to a person, who takes it along

Rows = NDArray[np.integer]


class Push(NamedTuple):
    """One push: key of the programme it comes from; who: rows of residents or neighbourhoods; value of each."""

    key: str
    who: Rows
    value: NDArray[np.float32]


class Relations:
    """The relations of one scenario in one future.

    n, p: residents, neighbourhoods; values: by address, of this draw. readiness, spread [p]: of last month.
    """

    def __init__(self, n: int, p: int, values: Mapping[str, float]) -> None:
        """Nothing has been pushed."""
        self.start, self.gain = f32(values["baseline.readiness.start"]), f32(values["baseline.readiness.gain"])
        self.approach, self.exit = f32(values["baseline.readiness.approach"]), f32(values["baseline.strain.exit"])
        self.readiness, self.spread, self._lingers = np.full(p, self.start, f32), np.zeros(p, f32), False
        self._size = {name: p if name in OF_PLACES else n for name in RELATIONS}
        self._next: dict[str, list[Push]] = {}
        self._now: dict[str, list[Push]] = {}
        self._total: dict[str, NDArray[np.float32]] = {}                  # as far as anybody has asked
        self._before: dict[str, NDArray[np.float32]] = {}

    def push(self, name: str, who: Rows, value: NDArray[np.float32] | float, *, key: str) -> None:
        """Push relation `name` for the rows `who` (unique) on behalf of programme `key`; read from next month on.

        Raises NbhdsimError for an unknown relation or a value outside its range.
        """
        lever = RELATIONS.get(name)
        if lever is None:
            raise NbhdsimError.of(f"{name!r} is not a lever between programmes{nearest(name, RELATIONS)}")
        values = np.broadcast_to(np.asarray(value, f32), (len(who),))
        if values.size and not (values.min() >= lever.low - ROUNDING and values.max() <= lever.high + ROUNDING):
            raise NbhdsimError.of(f"lever {name}: a push of {values.min():g} to {values.max():g} {lever.unit} is outside "
                                  f"{lever.low:g} to {lever.high:g}")
        if values.size:
            self._next.setdefault(name, []).append(Push(key, np.asarray(who), values))

    def leave(self, rows: Rows) -> None:
        """Whoever lived in these rows has died or moved away: what was pushed for them last month is for nobody who came."""
        for name in (name for name in OF_PEOPLE if name in self._now):
            gone = np.zeros(self._size[name], bool)
            gone[rows] = True
            lost = [gone[push.who] for push in self._now[name]]
            if any(some.any() for some in lost):
                self._now[name] = [Push(push.key, push.who[~some], push.value[~some])
                                   for push, some in zip(self._now[name], lost, strict=True)]
                self._total.pop(name, None)

    def pushed(self, name: str) -> list[Push]:
        """What has been pushed this month."""
        return self._next.get(name, [])

    def turn(self) -> None:
        """A month is over: what was pushed in it is what programmes read now."""
        if not (self._next or self._now or self._lingers):         # nothing is pushed, and nothing lingers
            return
        self._now, self._next = self._next, {}
        self._before, self._total = {**self._before, **self._total}, {}
        grown, network = self.without("readiness", ()), self.without("network", ())
        arrives = network * self._elsewhere(grown + self.spread, network > 0)
        self.spread = (f32(1) - self.approach) * self.spread + self.approach * arrives
        self.readiness, self._lingers = np.clip(self.start + grown + self.spread, f32(0), f32(1)), bool(self.spread.any())

    def _elsewhere(self, grown: NDArray[np.float32], linked: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Mean of the other linked neighbourhoods [p]."""
        total, others = grown[linked].sum(dtype=np.float64), max(int(linked.sum()) - 1, 1)
        return ((total - grown) / others).astype(f32)

    def without(self, name: str, keys: Collection[str]) -> NDArray[np.float32]:
        """What all programmes but those of `keys` pushed last month, joined as the relation says [n or p]."""
        lever = RELATIONS[name]
        out = np.full(self._size[name], lever.rest, f32)
        for push in self._now.get(name, []):
            if push.key not in keys:
                now = out[push.who]
                out[push.who] = (now + push.value if lever.operator == "add" else now * push.value if lever.operator == "multiply"
                                 else f32(1) - (f32(1) - now) * (f32(1) - push.value))
        return out if lever.operator == "multiply" else np.minimum(out, f32(max(lever.high, 1)))

    def of(self, name: str, key: str) -> NDArray[np.float32] | None:
        """What programme `key` reads of a relation [n or p]: what the others pushed; None where that is nothing."""
        pushed = self._now.get(name, [])
        if all(push.key != key for push in pushed):
            return self.total(name)
        return self.without(name, (key,)) if any(push.key != key for push in pushed) else None

    def total(self, name: str) -> NDArray[np.float32] | None:
        """What all programmes pushed of a relation last month [n or p]; None where that is nothing."""
        if name in self._now and name not in self._total:
            total, before = self.without(name, ()), self._before.get(name, NONE)
            self._total[name] = before if np.array_equal(total, before) else total      # what is made of it can be kept
        return self._total.get(name)

    def strain(self) -> NDArray[np.float32] | None:
        """Strain [n] of taking part in everything together; None where there is none."""
        return self.total("strain") if self.exit else None

    def welcome(self) -> NDArray[np.float32] | None:
        """Factor of the hazard of joining by readiness [p]; None where it is 1 everywhere."""
        if not self.gain or (self.readiness == self.start).all():
            return None
        return np.maximum(f32(1) + self.gain * (self.readiness - self.start), f32(0))
