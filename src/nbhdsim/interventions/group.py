"""Groups that meet: youth hubs, bereavement and men's groups, walks, volunteering."""
from dataclasses import dataclass

from . import DELIVERIES, Intervention


@DELIVERIES.add("group")
@dataclass(frozen=True, kw_only=True)
class Group(Intervention):
    """People join a site in their neighbourhood, meet there, and leave; members of a site share a group tie."""

    tied, open_door = True, True
