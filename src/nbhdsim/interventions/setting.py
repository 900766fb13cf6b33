"""Settings: grants to schools and nurseries, support of care homes."""
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..areas import england
from ..delivery import NO_LIMIT, Candidates, Delivery, Future, Grants, candidates
from ..errors import NbhdsimError
from ..places import Places
from ..residents import Script, aged
from ..rng import f32, purpose, uniforms
from . import DELIVERIES, Intervention, Rows

ADULT = 18


@DELIVERIES.add("setting")
@dataclass(frozen=True, kw_only=True)
class Setting(Intervention):
    """A number of grants each round to schools of the chosen neighbourhoods; a share of the pupils takes part.

    What is for adults alone has another setting: those it is for in one neighbourhood, as the residents of its care homes.
    Which school gets a grant is drawn anew each round, without replacement: the lowest draws of each neighbourhood, so
    that more grants only add schools. Every pupil of a funded school is exposed; those whose draw of the round is below
    `reach` take part and stay in until the next round.
    """

    def eligible(self, script: Script, places: Places, month: int) -> Rows:
        """Pupils it is for whose school stands in a funded neighbourhood; adults it is for who live in one."""
        if self.homes:
            return super().eligible(script, places, month)
        rows = self.aim.rows(script, places, month)
        rows = rows[((script.school >= 0) & aged(script, england()["school"]["from"], england()["school"]["to"]))[rows]]
        return rows[self.sites[places.school_place[script.school[rows]]] > 0]

    @property
    def homes(self) -> bool:
        """Is it for adults alone, whose setting is where they live?"""
        return self.aim.low >= ADULT

    def enrol(self, future: Future, rates: Any) -> Delivery:
        """Rounds in which a share of the pupils takes part."""
        del rates
        if "reach" not in self.figures:
            raise NbhdsimError.of("needs reach, the share of pupils who take part", path=f"interventions.{self.key}")
        return self._rounds(future, self.figures["reach"])

    def expose(self, future: Future) -> Delivery | None:
        """Rounds that expose every pupil, where an effect on them is stated (none too)."""
        return self._rounds(future, 1.0) if self.effects.states("exposed") else None

    def room_by_place(self, future: Future) -> NDArray[np.float64]:
        """A grant has no places."""
        del future
        return np.full(self.sites.size, np.nan)

    def _rounds(self, future: Future, share: float) -> Grants:
        script, places = future.script, future.places
        rows = self.eligible(script, places, self.opens)
        site = script.place[rows] if self.homes else places.school_place[script.school[rows]]
        who = candidates(script, rows, hazard=np.ones(rows.size, f32), site=site, pool=np.zeros(rows.size, np.int64))
        rounds = {month: self._part(future, who, month, share=share) for month in range(self.opens, self.closes, self.every)}
        return Grants(self.rule(who, np.full(1, NO_LIMIT)), future, rounds=rounds, every=self.every)

    def _part(self, future: Future, who: Candidates, month: int, *, share: float) -> NDArray[np.int32]:
        """Candidate numbers of those who take part in the round of `month`."""
        calendar, replicate, _, _ = future.clock(month)
        u = uniforms(np.uint64(future.seed), replicate, purpose("join." + self.key), calendar, who.id)
        chosen = self.homes or self._chosen(future, month)[future.script.school[who.who]]
        return np.flatnonzero(chosen & ((u < f32(share)) | (share >= 1))).astype(np.int32)

    def _chosen(self, future: Future, month: int) -> NDArray[np.bool_]:
        """Which schools get a grant in the round of `month`."""
        calendar, replicate, _, _ = future.clock(month)
        place = future.places.school_place
        number = np.arange(place.size, dtype=np.uint32)
        u = uniforms(np.uint64(future.seed), replicate, purpose("school." + self.key), calendar, number)
        order = np.lexsort((number, u, place))
        first = np.searchsorted(place[order], np.arange(self.sites.size))
        rank = np.arange(place.size) - first[place[order]]
        chosen = np.zeros(place.size, bool)
        chosen[order] = rank < self.sites[place[order]]
        return chosen
