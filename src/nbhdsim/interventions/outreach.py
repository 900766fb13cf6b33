"""Outreach: screening outreach, community health workers, stigma grants, link workers, moving social work."""
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import NO_LIMIT, NOBODY, NOTHING, ROUNDED, Delivery, Future
from ..rng import f32, purpose, u32, u64, uniforms
from . import DELIVERIES, Intervention


@DELIVERIES.add("outreach")
@dataclass(frozen=True, kw_only=True)
class Outreach(Intervention):
    """Workers contact residents, month after month; each contact reaches somebody with `contact_chance`.

    A site has staff x contacts_per_month contacts a month for the residents of its neighbourhood it is for. Those already
    reached are visited first (`visits_a_month` contacts each, 0: never again), until they leave; what is left goes, one contact
    each, to people not in, drawn anew each month (who is lonely first, with `lonely_first`). With C contacts, nobody leaving
    and no visits, N people are reached as r(t+1) = r + q min(C, N - r). The reached carry the effects stated for participants,
    are screened where that is stated, and may be handed over to the groups and open places of the scenario.
    """

    @property
    def hazard(self) -> float:
        """Chance that a contact reaches somebody."""
        return self.figures["contact_chance"]

    def enrol(self, future: Future, rates: Any) -> Delivery:
        """Contacts, by neighbourhood."""
        rows = self.eligible(future.script, future.places)
        who, room = self.pools(future, rows, np.full(rows.size, self.hazard, f32))
        return Contacts(self.rule(who, np.full(room.size, NO_LIMIT)), future, contacts=self.contacts(np.zeros(0)),
                        visits=self.figures.get("visits_a_month", 0.0), weight=self.weight(future.script, rows, rates))

    def contacts(self, members: NDArray[np.float64], share: NDArray[np.float64] | float = 1.0) -> NDArray[np.float64]:
        """Contacts that the workers of each funded neighbourhood make."""
        del members
        return self.sites[self.sites > 0] * self.figures["staff"] * self.figures["contacts_per_month"] * share

    def needs(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Contacts a month of each neighbourhood [p]."""
        del places
        return self.sites * self.figures["staff"] * self.figures["contacts_per_month"]

    def room_by_place(self, future: Future) -> NDArray[np.float64]:
        """Nobody is turned away; contacts are what there is a limit of."""
        del future
        return np.full(self.sites.size, np.nan)


class Contacts(Delivery):
    """A delivery in which contacts are given out, and joining is being reached by one."""

    def __init__(self, rule: Any, future: Future, *, contacts: NDArray[np.float64], visits: float,
                 weight: NDArray[np.float32]) -> None:
        """contacts [pools]: a month; visits: of them, each member's a month; weight [m]: of being contacted first."""
        super().__init__(rule, future)
        self._contacts, self._visits, self._weight = contacts, visits, weight
        self._stream = purpose("contact." + rule.key)

    def _adopt(self, fresh: Any, number: NDArray[np.int32]) -> None:
        self._weight = np.ones(self.rule.candidates.who.size, f32)
        self._weight[number] = fresh._weight

    def _settle(self, month: int, clock: tuple) -> None:
        closed = month >= self.rule.closes
        self._ask(month, clock, closed, hazard=NOTHING)
        self._become(month, NOBODY if closed else self._joining(month, clock))

    def _joining(self, month: int, clock: tuple) -> NDArray[np.int32]:
        """Those reached by this month's contacts."""
        c = self.rule.candidates
        calendar, replicate, _, _ = clock
        outside = np.flatnonzero((self._inside == 0) & (c.arrives <= month) & (month < c.leaves)).astype(np.int32)
        seed = u64(self.future.seed)
        order = uniforms(seed, replicate, self._stream, calendar, c.id[outside]) / self._weight[outside]
        called = self._called(outside, order)
        u = uniforms(seed, replicate, self._streams[0], calendar, c.id[called])
        hazard = self._hazard()[called]
        return called[(u < hazard) | (hazard >= 1)]

    def _called(self, outside: NDArray[np.int32], order: NDArray[np.float32]) -> NDArray[np.int32]:
        """Of those outside (rising), whom the contacts go to: in each pool the first in `order`, ties by id."""
        c, free, called = self.rule.candidates, self._free(), np.ones(outside.size, bool)
        rank = order.view(u32).astype(u64) << u64(32) | c.id[outside]
        first = np.searchsorted(outside, c.pool)
        for pool in np.flatnonzero(np.diff(first) > free):
            mine = slice(first[pool], first[pool + 1])
            called[mine] = rank[mine] < np.partition(rank[mine], free[pool])[free[pool]]
        return outside[called]

    def _free(self) -> NDArray[np.int64]:
        """Contacts of each pool that visits leave, whole ones."""
        first = self.rule.candidates.pool
        inside = np.diff(np.concatenate([np.zeros(1, np.int64), np.cumsum(self._inside, dtype=np.int64)])[first])
        factor = np.ones(inside.size) if self._pull.room is None else self._pull.room
        left = self._contacts * factor - self._visits * inside
        return np.maximum(np.where(factor == 1, np.floor(left + ROUNDED), self._whole(left)), 0).astype(np.int64)
