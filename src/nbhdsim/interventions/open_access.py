"""Places anyone may use: wellbeing hubs, libraries, green space, parkrun."""
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..delivery import Members
from ..levers import Levers
from ..places import Places
from ..residents import Script
from . import DELIVERIES, Intervention, Rows


@DELIVERIES.add("open_access")
@dataclass(frozen=True, kw_only=True)
class OpenAccess(Intervention):
    """Anyone in the funded neighbourhoods may come; the already active come first where the kind has `healthy_first`."""

    open_door = True

    def eligible(self, script: Script, places: Places, month: int) -> Rows:
        """Everyone in the funded neighbourhoods, or those it is targeted at."""
        return self.aimed_at(script, places, month)

    def push(self, members: Members, month: int, levers: Levers, *, natural: NDArray[np.float32]) -> None:
        """Effects on users by their own clock, and effects stated for the whole area."""
        self.push_members(members, month, levers)
        self.push_area(members, month, levers, natural=natural)
