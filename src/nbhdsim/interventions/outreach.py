"""Outreach: screening outreach, community health workers, stigma grants, link workers, moving social work."""
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import CHUNK, NO_LIMIT, NOBODY, NOTHING, ROUNDED, Delivery, Future, admit, want
from ..rng import f32, purpose, u64, uniforms
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
        _, _, free, _ = self._ask(month, clock, closed, hazard=NOTHING)
        self._become(month, NOBODY if closed else self._joining(month, clock, self._left(self.rule.room - free)))

    def _joining(self, month: int, clock: tuple, free: NDArray[np.int64]) -> NDArray[np.int32]:
        """Those reached by this month's contacts, of which so many are `free` in each pool: they go to those outside who come first
        by draw / weight."""
        c, m = self.rule.candidates, self._inside.size
        found, score = np.empty(m, np.int32), np.empty(m, f32)
        many, _ = want(c, np.ones(m, f32), self._weight, free, 1, self._inside, month, clock, self._stream, np.empty(CHUNK, f32),
                       found, score)
        called = admit(c, found[:many], score[:many], free=free)
        u = uniforms(u64(self.future.seed), clock[1], self._streams[0], clock[0], c.id[called])
        hazard = self._hazard()[called]
        return called[(u < hazard) | (hazard >= 1)]

    def _left(self, inside: NDArray[np.int64]) -> NDArray[np.int64]:
        """Contacts of each pool that visits to those `inside` leave, whole ones."""
        factor = np.ones(inside.size) if self._pull.room is None else self._pull.room
        left = self._contacts * factor - self._visits * inside
        most = np.floor(self._contacts - self._visits * inside + ROUNDED)       # fewer are not rounded up beyond all of them
        some = np.where(factor < 1, np.minimum(self._whole(left), most), self._whole(left))
        return np.maximum(np.where(factor == 1, most, some), 0).astype(np.int64)
