"""Pools that programmes share: hours of volunteers in a district, staff of a primary care network.

A pool holds an amount a month. Where programmes together ask for more, it is shared out in proportion to what each asks:

    share = min(1, (held + given) / asked)

held: what the scenario states (hours a month; staff in post); given: what members of volunteering programmes bring, members x
`hours_a_year` / 12 (hours a month, below 0 where such a programme is cut; staff is given by nobody); asked: places x hours a
place and month, or staff of the sites.
What is given is that of the month itself; of a programme that both gives and needs hours, of the month before.
A pool that no scenario states limits nothing. A larger pool makes no share smaller, and a sum has no order.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Amounts = NDArray[np.float64]
Numbers = NDArray[np.number]

NAMES = ("volunteer_hours", "workforce")
"""Pools that a scenario may limit: hours a month by district, staff by primary care network."""

STEPS = 2.0 ** 20       # asked and given are added in whole units of 1 / STEPS: the same sum in any order


@dataclass(frozen=True, kw_only=True)
class Pool:
    """How much there is, told in one of four ways: each (in every pool), by (of pools by name, none in the others), total (shared
    out by residents), today (share of what residents give already)."""

    each: float | None = None
    by: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None
    today: float | None = None

    def held(self, names: Sequence[str], residents: Numbers, *, given: Numbers | float = 0.0) -> Amounts:
        """What each of the pools `names` holds; residents, given: of each pool, what its residents give already."""
        if self.each is not None:
            return np.full(len(names), self.each)
        if self.total is not None:
            return np.asarray(self.total * residents / max(float(residents.sum()), 1.0), np.float64)
        if self.today is not None:
            return np.broadcast_to(self.today * np.asarray(given, np.float64), (len(names),)).copy()
        return np.array([self.by.get(name, 0.0) for name in names])


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the pools of a future hold: held [pools] a month; of [p]: pool of each neighbourhood."""

    held: Amounts
    of: NDArray[np.integer]

    def share(self, asked: Sequence[Amounts], given: Sequence[Amounts] = ()) -> Amounts:
        """Share [p] that those who ask get; asked, given: of each programme, by neighbourhood [p]."""
        want, more = self._sum(asked), self._sum(given)
        there = np.maximum(self.held + more, 0.0)
        return np.where(want > there, there / np.where(want > 0, want, 1.0), 1.0)[self.of]

    def _sum(self, parts: Sequence[Amounts]) -> Amounts:
        whole = sum((np.rint(part * STEPS) for part in parts), np.zeros(self.of.size))
        return np.bincount(self.of, whole, minlength=self.held.size) / STEPS
