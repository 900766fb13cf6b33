"""Places anyone may use: wellbeing hubs, libraries, green space, parkrun."""
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import Members, lognormal
from ..levers import Levers
from ..places import Places
from ..residents import MECHANISMS, Script
from . import DELIVERIES, Intervention, Rows

ACTIVITY = MECHANISMS.index("activity")


@DELIVERIES.add("open_access")
@dataclass(frozen=True, kw_only=True)
class OpenAccess(Intervention):
    """Anyone in the funded neighbourhoods may come; the already active come first unless it is targeted.

    `healthy_first` (SD of the log hazard) times a resident's inborn activity deviate tilts who comes; that deviate is
    part of the life script, so who comes never depends on what the month brings.
    """

    def eligible(self, script: Script, places: Places, month: int) -> Rows:
        """Everyone in the funded neighbourhoods, or those it is targeted at."""
        return self.aimed_at(script, places, month)

    def weight(self, script: Script, rows: Rows, rates: Any) -> NDArray[np.float32]:
        """exp(healthy_first z - healthy_first^2 / 2): mean 1 over all residents."""
        del rates
        return lognormal(script.born[ACTIVITY, rows], self.figures.get("healthy_first", 0.0))

    def push(self, members: Members, month: int, levers: Levers, *, natural: NDArray[np.float32]) -> None:
        """Effects on users by their own clock, and effects stated for the whole area."""
        self.push_members(members, month, levers)
        self.push_area(members, month, levers, natural=natural)
