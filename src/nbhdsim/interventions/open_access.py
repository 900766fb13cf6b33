"""Places anyone may use: wellbeing hubs, libraries, green space, parkrun."""
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..areas.apportion import largest_remainder
from ..delivery import NO_LIMIT, Candidates, Future, candidates
from ..evidence import stable
from ..places import Places
from ..residents import Script
from ..rng import f32
from . import DELIVERIES, Intervention, Rows, room

FAR = 10            # half-distances beyond which nobody comes


@DELIVERIES.add("open_access")
@dataclass(frozen=True, kw_only=True)
class OpenAccess(Intervention):
    """Anyone in the funded neighbourhoods may come; the already active come first where the kind has `healthy_first`.

    Residents of other neighbourhoods go to the nearest site, with

        hazard x 2^(-d / half)

    d: kilometres between the middles of both neighbourhoods; half: `baseline.distance.half`, at 0 (neutral) nobody comes from
    elsewhere. Those at the site have d = 0: what is stated of the funded neighbourhoods is theirs, whoever else comes. The places
    of a site are shared out over the neighbourhoods people come from, by heads x 2^(-d / half).
    """

    open_door = True

    def eligible(self, script: Script, places: Places) -> Rows:
        """Those it is for who live in a funded neighbourhood, or near enough to one."""
        if not self._half:
            return super().eligible(script, places)
        rows = self.aim.rows(script, places)
        return rows[self._near(places)[1][script.place[rows]] > 0]

    def pools(self, future: Future, rows: Rows, hazard: NDArray[np.float32]) -> tuple[Candidates, NDArray[np.int64]]:
        """Places of each neighbourhood people come from."""
        if not self._half:
            return super().pools(future, rows, hazard)
        site, weight = self._near(future.places)
        place = future.script.place[rows].astype(np.int64)
        homes = np.flatnonzero(weight > 0)
        pool = np.searchsorted(homes, place)
        who = candidates(future.script, rows, hazard=hazard * weight[place], site=site[place], pool=pool, pools=homes.size)
        come = np.bincount(pool, minlength=homes.size).astype(np.float64) * weight[homes]
        return who, self._shared(site[homes], come)

    def _shared(self, site: NDArray[np.int64], come: NDArray[np.float64]) -> NDArray[np.int64]:
        """Places for each neighbourhood: those of its site, by how many would come from it."""
        out = np.full(site.size, NO_LIMIT, np.int64)
        for p in np.unique(site):
            mine = site == p
            if not np.isnan(self.places[p]) and come[mine].sum() > 0:
                out[mine] = largest_remainder(come[mine], int(room(self.places[[p]])[0]))
        return out

    @property
    def _half(self) -> float:
        return self.figures.get("half_distance", 0.0)

    def _near(self, places: Places) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The nearest funded neighbourhood [p] of each (ties by number), and 2^(-d / half), 0 where it is too far."""
        funded = np.flatnonzero(self.sites > 0)
        site, weight = np.zeros(self.sites.size, np.int64), np.zeros(self.sites.size, f32)
        if funded.size:
            x, y = places.x.astype(np.float64), places.y.astype(np.float64)
            for p in range(site.size):
                square = (x[funded] - x[p]) ** 2 + (y[funded] - y[p]) ** 2
                site[p] = funded[np.argmin(square)]
                halves = float(np.sqrt(square.min())) / self._half
                weight[p] = stable(2 ** -halves) if halves <= FAR else 0.0
        return site, weight
