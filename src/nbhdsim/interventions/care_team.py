"""Care teams with a registered list: integrated neighbourhood teams, frailty care, virtual wards, family early help."""
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import NO_LIMIT, Candidates, Future, candidates
from ..places import Places, listed_with
from ..residents import Script, age_at, band_of
from ..rng import f32, purpose, uniforms
from . import DELIVERIES, Intervention, Rows, room


@DELIVERIES.add("care_team")
@dataclass(frozen=True, kw_only=True)
class CareTeam(Intervention):
    """A team looks after the list of the funded neighbourhoods and case-manages some of those on it whom the kind is for.

    The list is that of practices: residents registered elsewhere are not on it, those of other neighbourhoods who are registered
    with a practice of these are, with the nearest of its neighbourhoods (`places.listed_with`). Money is for
    heads on the list, as it is in month 0.

    Case finding uncovers need first, so the case-managed may be admitted more; an effect stated for the whole list is
    solved, month by month, for those who are not case-managed.
    """

    @classmethod
    def listed(cls, future: Future, sites: NDArray[np.float64], key: str) -> Rows:
        """The list. sites [p]: share of each neighbourhood's residents that the money covers; nested in the share."""
        u = uniforms(np.uint64(future.seed), np.uint32(future.replicate), purpose("list." + key), np.uint32(0),
                     future.script.id)
        share = sites[_home(future)]
        return np.flatnonzero((share >= 1) | (u < share.astype(f32)))

    def eligible(self, script: Script, places: Places) -> Rows:
        """Those on the list whom the kind is for."""
        return np.intersect1d(self.aim.rows(script, places), self.everyone, assume_unique=True)

    def weight(self, script: Script, rows: Rows, rates: Any) -> NDArray[np.float32]:
        """Admission ratio of the frailty category over its mean among those it is for of the same age band."""
        some = slice(self.aim.frailty, self.aim.frailest + 1)
        mix, ratio = np.asarray(rates.frailty_mix)[:, some], np.asarray(rates.frailty_ratio)
        mean = (mix * ratio[some]).sum(1) / np.maximum(mix.sum(1), 1e-12)
        band = band_of(age_at(script)[rows])
        return (ratio[script.frailty[rows]] / np.maximum(mean, 1e-12)[band]).astype(f32)

    def pools(self, future: Future, rows: Rows, hazard: NDArray[np.float32]) -> tuple[Candidates, NDArray[np.int64]]:
        """One caseload for the whole list."""
        who = candidates(future.script, rows, hazard=hazard, site=_home(future)[rows],
                         pool=np.zeros(rows.size, np.int64))
        return who, np.full(1, self.caseload)

    @property
    def caseload(self) -> int:
        """People managed at once: staff x caseload, where the kind has both; else the places of all its sites."""
        if "staff" in self.figures and "caseload" in self.figures:
            return int(self.figures["staff"] * self.figures["caseload"])
        return NO_LIMIT if np.isnan(self.places).all() else int(room(np.nansum(self.places, keepdims=True))[0])

    def room_by_place(self, future: Future) -> NDArray[np.float64]:
        """The caseload shared out by heads on the list."""
        heads = np.bincount(_home(future)[self.everyone], minlength=self.sites.size)
        return heads / max(heads.sum(), 1) * (np.nan if self.caseload == NO_LIMIT else float(self.caseload))


def _home(future: Future) -> NDArray[np.int64]:
    """The neighbourhood [n] whose list each resident is on."""
    return listed_with(future.places, future.script.place, future.script.practice)
