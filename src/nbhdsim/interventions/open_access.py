"""Places anyone may use: wellbeing hubs, libraries, green space, parkrun."""
from dataclasses import dataclass

from . import DELIVERIES, Intervention


@DELIVERIES.add("open_access")
@dataclass(frozen=True, kw_only=True)
class OpenAccess(Intervention):
    """Anyone in the funded neighbourhoods may come; the already active come first where the kind has `healthy_first`."""

    open_door = True
