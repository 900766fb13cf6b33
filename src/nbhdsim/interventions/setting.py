"""Settings: grants to schools and nurseries, support of care homes."""
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..areas import england
from ..delivery import NO_LIMIT, NOBODY, NOTHING, Candidates, Delivery, Future, Rule, candidates
from ..errors import NbhdsimError
from ..places import Places
from ..residents import Script, aged
from ..rng import f32, purpose, uniforms
from ..turnover import Turnover
from . import DELIVERIES, Intervention, Rows

ADULT = 18
TINY = 1e-9          # least chance that a school takes its grant up, to divide by


class Round(NamedTuple):
    """A round of grants: who [k] candidate numbers, rising, of those in a funded setting; u [k] their draws; share of them who take
    part; school [k] number of each one's, and taken [k] its draw of taking the grant up (None: there is nothing to take up)."""

    who: NDArray[np.int32]
    u: NDArray[np.float32]
    share: float
    school: NDArray[np.int32] | None
    taken: NDArray[np.float32] | None

    def joining(self, take_up: NDArray[np.float32] | None) -> NDArray[np.int32]:
        """Those who take part (see interventions.setting). take_up [m]: factor of each candidate, None for 1."""
        if take_up is None:
            return self.who[(self.u < f32(self.share)) | (self.share >= 1)]
        own, school = take_up[self.who], np.ones(self.who.size)
        if self.school is not None:
            heads = np.bincount(self.school)
            school = np.minimum((np.bincount(self.school, own) / np.maximum(heads, 1))[self.school], 1)
        chance = self.share * own / np.maximum(school, TINY) if self.share < 1 else np.ones(own.size)
        in_it = (self.taken < school) | (school >= 1) if self.taken is not None else school > 0
        return self.who[in_it & ((self.u < chance) | (chance >= 1))]


class Grants(Delivery):
    """Rounds of grants to settings: those who take part in a round stay in until the next one, or until the end.

    Places are not limited: a grant is for whoever is in the setting. Whoever comes into one while a round is in force takes part
    with the same chance: once on the list, those who move into a pupil's place at once.
    """

    def __init__(self, rule: Rule, future: Future, *, rounds: dict[int, Round], every: int) -> None:
        """rounds: by month; every: months a round is in force."""
        super().__init__(rule, future)
        self._rounds, self._every = rounds, every
        self._asked = np.zeros(rule.candidates.who.size, bool)     # who has had their chance in the round in force

    def renew(self, fresh: Delivery) -> None:
        """As of any delivery."""
        asked = self.rule.candidates.who[self._asked]
        super().renew(fresh)
        self._asked = np.zeros(self.rule.candidates.who.size, bool)
        self._asked[self._numbers(asked)] = True

    def _adopt(self, fresh: Any, number: NDArray[np.int32]) -> None:
        self._rounds = {month: each._replace(who=number[each.who]) for month, each in fresh._rounds.items()}

    def _part_from(self, gone: Turnover) -> None:
        super()._part_from(gone)
        self._asked = self._asked.copy()
        self._asked[self._numbers(gone.rows)] = False

    def _numbers(self, rows: NDArray[np.integer]) -> NDArray[np.int32]:
        """Numbers of the candidates among these rows."""
        number = self.rule.candidates.number[rows]
        return number[number >= 0]

    def until(self, closes: int) -> None:
        """As of any delivery; opened again, the round that is in force takes part next month."""
        super().until(closes)
        latest = max((first for first in self._rounds if first <= self.month + 1), default=None)
        if latest is not None:
            self._rounds = {**self._rounds, self.month + 1: self._rounds[latest]}

    def _settle(self, month: int, clock: tuple) -> None:
        closed = month >= self.rule.closes
        self._ask(month, clock, closed or (month - self.rule.opens) % self._every == 0, hazard=NOTHING)
        self._become(month, NOBODY if closed else self._joining(month))

    def _joining(self, month: int) -> NDArray[np.int32]:
        """Those who take part in the round in force, of all there as it begins, and later of those who have come since."""
        first, c = max(begun for begun in self._rounds if begun <= month), self.rule.candidates
        asked = self._asked if first < month else np.zeros(self._asked.size, bool)
        new = (c.arrives <= month) & (month < c.leaves) & ~asked
        self._asked = asked | new
        if not new.any():
            return NOBODY
        some = self._rounds[first].joining(self._pull.join)
        return some[new[some]]


@DELIVERIES.add("setting")
@dataclass(frozen=True, kw_only=True)
class Setting(Intervention):
    """A number of grants each round to schools of the chosen neighbourhoods; a share of the pupils takes part.

    What is for adults alone has another setting: those it is for in one neighbourhood, as the residents of its care homes.
    Which school gets a grant is drawn anew each round, without replacement: the lowest draws of each neighbourhood, so
    that more grants only add schools. Every pupil of a funded school is exposed; those whose draw of the round is below
    `reach` take part and stay in until the next round.

    What readiness and other programmes do to take-up is a factor w of each pupil. A school takes its grant up with the chance
    min(1, W), W the mean of its pupils; what is not taken up is paid for all the same. Of a school that does,

        chance of taking part = min(1, reach w / min(1, W))

    so that reach w of the pupils take part, until all schools and all pupils do. In a care home w is that of its residents.
    """

    def eligible(self, script: Script, places: Places) -> Rows:
        """Pupils it is for whose school stands in a funded neighbourhood; adults it is for who live in one."""
        if self.homes:
            return super().eligible(script, places)
        rows = self.aim.rows(script, places)
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
        rows = self.eligible(script, places)
        site = script.place[rows] if self.homes else places.school_place[script.school[rows]]
        who = candidates(script, rows, hazard=np.ones(rows.size, f32), site=site, pool=np.zeros(rows.size, np.int64))
        until = max(self.closes, script.month + 1)         # money that comes back finds the round that would be in force
        rounds = {month: self._round(future, who, month, share=share) for month in range(self.opens, until, self.every)}
        return Grants(self.rule(who, np.full(1, NO_LIMIT)), future, rounds=rounds, every=self.every)

    def _round(self, future: Future, who: Candidates, month: int, *, share: float) -> Round:
        """The round of `month`: who is in a funded school, and the draws that decide who takes part."""
        calendar, replicate, _, _ = future.clock(month)
        draw = partial(uniforms, np.uint64(future.seed), replicate)
        u = draw(purpose("join." + self.key), calendar, who.id)
        if self.homes:
            return Round(np.arange(u.size, dtype=np.int32), u, share, None, None)
        school = future.script.school[who.who]
        some = np.flatnonzero(self._chosen(future, month)[school]).astype(np.int32)
        _, number = np.unique(school, return_inverse=True)
        return Round(some, u[some], share, number.astype(np.int32)[some],
                     draw(purpose("taken." + self.key), calendar, school[some].astype(np.uint32)))

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
