"""Care that is digital first: what those who are digitally excluded have of its effect on participants.

    benefit_i(t) = 1 - d x_i (1 - b) B_i(t)
    effect on i  = rest + (stated effect - rest) benefit_i(t) / mean benefit

d: `digital_first` of the kind, the share of its care that is offered online first; x: 1 for the digitally excluded; b:
`baseline.digital.benefit`; B: the lever `digital_barrier` between programmes, 1 where the barrier stands as it does without help.
The mean is over those who may join, by their hazard of joining, and for ratios also by the admissions expected at their age,
quintile and frailty, all barriers standing: so the stated effect holds on average over those who join, and is exceeded once
somebody lifts the barrier. No study has told d.
"""
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import Candidates, Future
from ..groups import BIT, EXCLUDED
from ..residents import age_at, band_of
from ..rng import f32
from ..turnover import Turnover

if TYPE_CHECKING:
    from .effects import Curve

UNIT = 2.0 ** 24                   # sums of whole units do not depend on the order of residents
BENEFIT = "baseline.digital.benefit"


class Barrier:
    """The barrier as one programme meets it, month by month."""

    def __init__(self, loss: float, who: Candidates, *, future: Future, rates: Any) -> None:
        """loss: d (1 - b); who: those who may join; rates: admission, frailty_mix and frailty_ratio are read."""
        self._loss, self._rates = loss, rates
        self._stands: NDArray[np.float32] | None = None
        self.renew(who, future)

    def renew(self, who: Candidates, future: Future) -> None:
        """Who is excluded, and how many of those who may join, as people are now."""
        self._excluded = (future.script.flags & BIT[EXCLUDED]) != 0
        mine, natural = self._excluded[who.who], _natural(future, who.who, self._rates)
        self._heads, self._by_rate = (f32(1 - self._loss * _share(mine, weight)) for weight in (who.hazard, who.hazard * natural))

    def advance(self, stands: NDArray[np.float32] | None, gone: Turnover | None) -> None:
        """A month later. stands [n]: how much of the barrier others have left standing, None: all; gone: rows with someone new."""
        self._stands = stands
        if gone is not None:
            self._excluded[gone.rows] = (gone.flags & BIT[EXCLUDED]) != 0

    def on(self, curve: "Curve", who: NDArray[np.integer], value: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is left of the stated effect `value` [k] on the rows `who` [k], within what the lever may be pushed."""
        lost = f32(self._loss) * self._excluded[who]
        lost = lost if self._stands is None else lost * self._stands[who]
        part = (f32(1) - lost) / (self._by_rate if curve.multiplies else self._heads)
        rest, low, high = (f32(end) for end in curve.ends)
        return np.clip(rest + part * (value - rest), low, high)


def barrier(figures: Mapping[str, float], values: Mapping[str, float], who: Candidates, *, future: Future,
            rates: Any) -> Barrier | None:
    """The barrier of a programme with these figures; None where none of its care is digital first."""
    loss = figures.get("digital_first", 0.0) * (1 - values.get(BENEFIT, 1.0))
    return Barrier(loss, who, future=future, rates=rates) if loss else None


def _natural(future: Future, rows: NDArray[np.integer], rates: Any) -> NDArray[np.float64]:
    """Admissions a year expected of these rows by age band, quintile and frailty."""
    script, ratio = future.script, np.asarray(rates.frailty_ratio)
    band = band_of(age_at(script)[rows])
    mean = (np.asarray(rates.frailty_mix) * ratio).sum(1)
    quintile = future.places.quintile[script.place[rows]].astype(np.int64) - 1
    return np.asarray(rates.admission)[band, quintile] * ratio[script.frailty[rows]] / mean[band]


def _share(some: NDArray[np.bool_], weight: NDArray[np.floating]) -> float:
    """Share of the weight that some have."""
    units = np.rint(weight.astype(np.float64) * UNIT).astype(np.int64)
    return float(units[some].sum()) / max(float(units.sum()), 1.0)
