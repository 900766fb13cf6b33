"""Anything a researcher wants to move: any lever, any group, from the scenario alone."""
from dataclasses import dataclass
from typing import Any

from ..delivery import Delivery, Future
from . import DELIVERIES, Intervention, all_of


@DELIVERIES.add("adjust")
@dataclass(frozen=True, kw_only=True)
class Adjust(Intervention):
    """Everyone it is for in the chosen neighbourhoods is moved from the first month on; nobody has to join.

    They count as its participants, unless its effects are stated for a whole area: then nobody takes part in anything.
    """

    def enrol(self, future: Future, rates: Any) -> Delivery:
        """All of them at once."""
        del rates
        rows = self.eligible(future.script, future.places)
        rows = rows if self.effects.states("participant") or self.effects.states("exposed") else rows[:0]
        return Delivery(self.rule(*all_of(future, rows), leave=0.0), future)
