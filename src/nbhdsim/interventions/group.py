"""Groups that meet: youth hubs, bereavement and men's groups, walks, volunteering."""
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..delivery import Members
from ..levers import Levers
from ..places import Places
from ..residents import Script
from . import DELIVERIES, Intervention, Rows


@DELIVERIES.add("group")
@dataclass(frozen=True, kw_only=True)
class Group(Intervention):
    """People join a site in their neighbourhood, meet there, and leave; members of a site share a group tie."""

    open_door = True

    def eligible(self, script: Script, places: Places, month: int) -> Rows:
        """Those it is for in the neighbourhoods with a site."""
        return self.aimed_at(script, places, month)

    def push(self, members: Members, month: int, levers: Levers, *, natural: NDArray[np.float32]) -> None:
        """Effects on members by their own clock, the group tie, and effects stated for the whole area."""
        self.push_members(members, month, levers, tied=True)
        self.push_area(members, month, levers, natural=natural)
