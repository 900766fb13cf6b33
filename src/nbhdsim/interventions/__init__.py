"""Interventions: whom each delivery kind takes in and what it pushes. One file a kind, found by its name.

An intervention never writes residents: it says who may join and pushes levers (`levers.LEVERS`) for those who did. How
people join and leave is one rule for all kinds, in `delivery`. Everything here is frozen; what moves is the `Delivery`
that a `programme.Programme` keeps.
"""
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..delivery import NO_LIMIT, Candidates, Delivery, Future, Members, Rule, candidates, lognormal, monthly, nobody, without
from ..errors import NbhdsimError
from ..groups import belongs
from ..levers import LEVERS, Levers
from ..places import Places
from ..registry import Registry
from ..relations import OF_PLACES, Relations
from ..residents import FRAILTY, MECHANISMS, Script, aged, present
from ..rng import f32
from .barrier import Barrier

if TYPE_CHECKING:
    from .effects import Curve, Effects

DELIVERIES: "Registry[type[Intervention]]" = Registry("delivery kind", package="nbhdsim.interventions")
"""Delivery kinds by name: `@DELIVERIES.add("group")` above a subclass of Intervention."""

Rows = NDArray[np.int64]
FIRST = {"healthy_first": ("activity", 1), "lonely_first": ("connection", -1), "avoiders_first": ("self_care", -1)}
"""Figures that say who comes first, with the mechanism and its sign: the active, the lonely, those slow to seek help, who avoid
surgeries."""
TOTALS = ("life_satisfaction", "admission_rr")     # outcomes that mechanisms lead to; a total stated of them covers that path
ANSWER = (("age", (16, 120)),)      # those asked about satisfaction with their lives; children from 10 have a question of their own
AT_HAND = ("screening",)      # hazards: they end with the programme, and what they brought lapses by itself
WORD_OF_MOUTH = "baseline.word_of_mouth.strength"
UNIT = 2.0 ** 24          # spill-over is added in whole units of 2^-24 SD: the same in any order
SLACK = 1e-9            # so that 40 places stay 40 when they come out of a division


class Crowd(NamedTuple):
    """Whom a programme has to do with in `month`: members, past ones with some effect left, and everyone in the setting; and what
    keeps an effect from some members, if anything does."""

    members: Members
    exposed: Members
    month: int
    barrier: Barrier | None

    def own(self, curve: "Curve", members: Members) -> NDArray[np.float32]:
        """What is pushed for each of some members [k]."""
        value = curve.of(members, self.month)
        return value if self.barrier is None else self.barrier.on(curve, members.who, value)


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Whom it is for: completed years of age from `low` to `high`, IMD quintiles (none = all), frailty 0-3 from `frailty` to
    `frailest`, sex (0 female, 1 male; None: both), the disabled alone, those in any group of each of `groups`."""

    low: int = 0
    high: int = 200
    quintile: tuple[int, ...] = ()
    frailty: int = 0
    frailest: int = 3
    sex: int | None = None
    disabled: bool = False
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def by_age(self) -> bool:
        """Does it ask for nothing of a person that a newcomer of the same age and sex may lack?"""
        return not (self.frailty or self.disabled or self.groups) and self.frailest == len(FRAILTY) - 1

    def rows(self, script: Script, places: Places) -> Rows:
        """Rows, rising, of the residents it is for in the month the script speaks of."""
        keep = present(script) & aged(script, self.low, self.high)
        keep &= (script.frailty >= self.frailty) & (script.frailty <= self.frailest)
        if self.sex is not None:
            keep &= script.sex == self.sex
        if self.disabled:
            keep &= script.disabled
        if self.quintile:
            keep &= np.isin(places.quintile, self.quintile)[script.place]
        for names in self.groups:
            keep &= belongs(script, names)
        return np.flatnonzero(keep)


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """One programme of one draw.

    key: names its random streams; sites, places [p]: sites of each neighbourhood, and participants there is room for
    at once (NaN: no limit); opens, closes: first month open and first month no longer; every: months a round is in
    force; figures: drawn numbers of the kind by name (`reach`, `leave_hazard`, ..); word_of_mouth: see delivery.Rule;
    everyone: rows of the residents of the funded places, whom an area effect is about; strict: refuse an area effect
    that needs more prevention than there is, instead of stopping at what there is; parts [n]: whom an effect on some of them
    alone is about (`Curve.who`), as they are when it opens.
    """

    key: str
    effects: "Effects"
    aim: Aim
    sites: NDArray[np.float64]
    places: NDArray[np.float64]
    opens: int
    closes: int
    every: int
    figures: Mapping[str, float]
    word_of_mouth: float
    everyone: Rows
    strict: bool = True
    parts: Mapping[tuple, NDArray[np.bool_]] = field(default_factory=dict)
    open_door: ClassVar[bool] = False       # may another programme hand its people over to this one?
    tied: ClassVar[bool] = False            # do the members of a site share a group tie?
    seats: ClassVar[bool] = False           # does it seat a few who decide, rather than serve those it is for?

    def eligible(self, script: Script, places: Places) -> Rows:
        """Rows, rising, of those who may take part: here those it is for who live in a funded neighbourhood."""
        rows = self.aim.rows(script, places)
        return rows[self.sites[script.place[rows]] > 0]

    def push(self, members: Members, month: int, levers: Levers, *, natural: NDArray[np.float32],
             exposed: Members | None = None, barrier: Barrier | None = None) -> None:
        """Push this month's levers: effects on members by their own clock, on everyone in the setting, and on the whole area.

        natural [n]: admission rate of everyone without programmes; exposed: everyone in the setting, where an effect on them is
        stated; barrier: to care that is digital first.
        """
        crowd = Crowd(members, nobody() if exposed is None else exposed, month, barrier)
        levers.hold(self.key, self.totals_of_area(natural.size))
        self._push_members(crowd, levers)
        self._push_exposed(crowd, levers)
        self._push_area(crowd, levers, natural=natural)

    def relate(self, members: Members, month: int, relations: Relations) -> None:
        """Push this month's levers between programmes: those stated, and what those inside bring by `handover`."""
        there = members.inside if month < self.closes else members.inside[:0]
        if there.size and self.figures.get("handover"):
            relations.push("handover", there, self.figures["handover"], key=self.key)
        for curve in self.effects.relations:
            if curve.level == "participant":
                mine = members.only(self.parts[curve.who][members.who]) if curve.who else members
                mine = mine.only(mine.left > month) if curve.lever in AT_HAND else mine
                relations.push(curve.lever, mine.who, curve.of(mine, month), key=self.key)
            elif self.opens <= month and (month < self.closes or curve.lever not in AT_HAND):
                value = curve.at(month, opens=self.opens, closes=self.closes)
                rows = self.about(curve) if curve.lever not in OF_PLACES else np.flatnonzero(self.sites > 0)
                relations.push(curve.lever, rows, value, key=self.key)

    def contacts(self, members: NDArray[np.float64], share: NDArray[np.float64] | float = 1.0) -> NDArray[np.float64]:
        """Contacts of this month in each funded neighbourhood; members: there; share: of the hours of volunteers it asks for."""
        del share
        return members * self.figures.get("contacts_per_month", 1.0)

    def needs(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """What needs hours of volunteers, by neighbourhood [p]: here each place; places: for participants."""
        return places

    def about(self, curve: "Curve") -> Rows:
        """Rows of the residents whom an area effect is about."""
        return self.everyone[self.parts[curve.who][self.everyone]] if curve.who else self.everyone

    def totals_of_area(self, n: int) -> dict[str, Rows]:
        """Whom a total of the area is stated of, by outcome and mechanism; nothing where no mechanism is moved, so that nothing
        spills over. n: rows; a claim is of all of them."""
        curves = (*self.effects.curves, *self.effects.resting)
        if not any(curve.lever in MECHANISMS for curve in self.effects.curves):
            return {}
        out: dict[str, Rows] = {outcome: np.arange(n) for outcome in self.effects.claimed}
        for curve in curves:
            if curve.level == "area" and curve.lever in (*TOTALS, *MECHANISMS) and curve.lever not in self.effects.claimed:
                out[curve.lever] = np.union1d(out[curve.lever], self.about(curve)) if curve.lever in out else self.about(curve)
        return out

    @classmethod
    def listed(cls, future: Future, sites: NDArray[np.float64], key: str) -> Rows:
        """Rows, rising, of the residents the programme is for as an area: all of the funded places."""
        del key
        return np.flatnonzero(sites[future.script.place] > 0)

    def weight(self, script: Script, rows: Rows, rates: Any) -> NDArray[np.float32]:
        """Individual weight of the hazard of joining: the product over FIRST of exp(sd z - sd^2 / 2), mean 1 over all residents.

        sd: the figure of that name (SD of the log hazard; without it everyone has 1); z: a resident's inborn deviate of the
        mechanism, with its sign: part of the life script, so that who comes never depends on what the month brings.
        """
        del rates
        weight = np.ones(rows.size, f32)
        for name, (mechanism, sign) in FIRST.items():
            if sd := self.figures.get(name, 0.0):
                weight = weight * lognormal(f32(sign) * script.born[MECHANISMS.index(mechanism), rows], sd)
        return weight

    def enrol(self, future: Future, rates: Any) -> Delivery:
        """The delivery through which participants join."""
        rows = self.eligible(future.script, future.places)
        hazard = f32(self.hazard) * self.weight(future.script, rows, rates)
        return Delivery(self.rule(*self.pools(future, rows, hazard)), future)

    def expose(self, future: Future) -> Delivery | None:
        """Everyone in the setting, where an effect on them is stated (none too): those eligible, from the first month on."""
        if not self.effects.states("exposed"):
            return None
        rows = self.eligible(future.script, future.places)
        return Delivery(self.rule(*all_of(future, rows), leave=0.0), future)

    @property
    def hazard(self) -> float:
        """Hazard a month of joining: stated as such, or that which reaches `reach` of the eligible in a year."""
        if "join_hazard" not in self.figures and "reach" not in self.figures:
            raise NbhdsimError.of("needs reach or join_hazard to say how many join", path=f"interventions.{self.key}")
        return self.figures["join_hazard"] if "join_hazard" in self.figures else monthly(self.figures["reach"])

    def pools(self, future: Future, rows: Rows, hazard: NDArray[np.float32]) -> tuple[Candidates, NDArray[np.int64]]:
        """Candidates, and the places they share: here each neighbourhood has its own."""
        place = future.script.place[rows].astype(np.int64)
        funded = np.flatnonzero(self.sites > 0)
        return (candidates(future.script, rows, hazard=hazard, site=place, pool=np.searchsorted(funded, place),
                           pools=funded.size), room(self.places[funded]))

    def rule(self, who: Candidates, places: NDArray[np.int64], *, leave: float | None = None) -> Rule:
        """How people are taken in: the figures of the kind."""
        return Rule(key=self.key, candidates=who, room=places, opens=self.opens, closes=self.closes,
                    leave=self.figures.get("leave_hazard", 0.0) if leave is None else leave,
                    dose=self.figures.get("dose", 1.0), word_of_mouth=self.word_of_mouth, course=self.effects.course,
                    newcomers=self.aim.by_age)

    def room_by_place(self, future: Future) -> NDArray[np.float64]:
        """Places for participants in each neighbourhood [p], for the delivery table (NaN: no limit)."""
        del future
        return self.places

    def _push_members(self, crowd: Crowd, levers: Levers) -> None:
        """Push the effects stated for participants, and the group tie (never when nothing is pushed at all: a programme without
        effects leaves the run as it is)."""
        members = crowd.members
        for curve in self.effects.at_level("participant") if members.who.size else ():
            mine = members.only(self.parts[curve.who][members.who]) if curve.who else members
            self._apart(curve, mine.who, crowd.own(curve, mine), crowd=crowd, levers=levers)
        if self.tied and self.effects.curves and members.who.size:
            there = members.left > crowd.month
            levers.group(members.site[there], members.who[there])

    def _push_exposed(self, crowd: Crowd, levers: Levers) -> None:
        """Push the effects stated for everyone in the setting.

        A participant's own stated effect on the same lever takes the place of this one as far as it is there: the share
        1 - own / full own is left of it, so that nobody loses by joining a stronger effect, or by having left it.
        """
        members, exposed = crowd.members, crowd.exposed
        for curve in self.effects.at_level("exposed") if exposed.who.size else ():
            own, part = self.effects.other(curve, "participant"), None
            if own is not None and members.who.size:
                part = np.ones(exposed.who.size, f32)
                _, at, of = np.intersect1d(exposed.who, members.who, assume_unique=True, return_indices=True)
                part[at] -= own.there(members, crowd.month)[of]
            self._apart(curve, exposed.who, curve.of(exposed, crowd.month, part), crowd=crowd, levers=levers)

    def _apart(self, curve: "Curve", rows: Rows, value: NDArray[np.float32], *, crowd: Crowd, levers: Levers) -> None:
        """Push a curve's lever, leaving out of each resident's outcomes what a total stated for them has: the path through a
        mechanism, and what fewer readmissions take off admissions, which the rate makes up for."""
        if not rows.size or curve.lever not in (*MECHANISMS, "readmission_rr"):
            levers.push(curve.lever, rows, value)
            return
        levers.share(curve.lever, rows, value, key=self.key)
        sets: Any = np.uint8(0)
        for bit, outcome in enumerate(TOTALS):
            sets = sets + self._covered(outcome, curve.level, rows, crowd=crowd) * np.uint8(1 << bit)
        for number in np.unique(sets):
            some = slice(None) if sets.ndim == 0 else sets == number
            covered = tuple(outcome for bit, outcome in enumerate(TOTALS) if number >> bit & 1)
            levers.push(curve.lever, rows[some], value[some], covered=covered)
            if curve.lever == "readmission_rr" and "admission_rr" in covered:
                levers.push("admission_rr", rows[some], self.effects.made_up(value[some]))

    def _covered(self, outcome: str, level: str, rows: Rows, *, crowd: Crowd) -> NDArray[np.bool_] | np.bool_:
        """Whether a total of an outcome is stated for each of `rows` [k], people of one `level`: as participant, as exposed, as
        resident of the area, or by a claim for all. One answer where it is the same for each."""
        found: Any = np.False_
        among = {"participant": crowd.members.who, "exposed": crowd.exposed.who, "area": self.everyone}
        for stated, who in self.effects.totals(outcome):
            them: Any = np.True_ if stated in (level, "all") else np.isin(rows, among[stated], assume_unique=True)
            found = found | (them & self.parts[who][rows] if who else them)
        return found

    def _push_area(self, crowd: Crowd, levers: Levers, *, natural: NDArray[np.float32]) -> None:
        """Push the effects stated for all residents of the funded places together, on the site's clock.

        Where participants have an effect of their own on the same lever, the others get what is left of the total:
        RR_rest = (RR_area - s RR_part) / (1 - s), s the participants' share of natural admissions (of heads, for shifts; of those
        who answer, for life satisfaction: grown-ups, and children with their own question, each by themselves).
        Where the rest would need more prevention than admissions have in them, raises NbhdsimError if `strict`; in a
        sampled draw (two numbers drawn apart may contradict each other) the effect stops there.
        """
        if crowd.month < self.opens:
            return
        for curve in self.effects.at_level("area"):
            for rows, value in self._rest(curve, crowd, natural=natural):
                value -= self._spilled(curve, value, natural=natural, own=levers.own.get(self.key), rest=rows)
                value = self._possible(curve, value, levers) if rows.size else value
                if rows.size and value != LEVERS[curve.lever].rest:
                    self._apart(curve, rows, np.full(rows.size, value, f32), crowd=crowd, levers=levers)

    def _possible(self, curve: "Curve", value: float, levers: Levers) -> float:
        """The value within what can be prevented and pushed; beyond it refused if `strict`."""
        known = LEVERS[curve.lever]
        least = 1 - float(levers.preventable) if curve.lever == "admission_rr" else known.low
        if self.strict and not least <= value <= known.high:
            raise NbhdsimError.of(f"the rest of the places would need {value:.3f} {known.unit} ({least:.3g} to {known.high:g}: "
                                  "no more can be prevented or pushed)", path=f"interventions.{self.key}.effects.{curve.lever}")
        return min(max(value, least), known.high)

    def _spilled(self, curve: "Curve", value: float, *, natural: NDArray[np.float32], own: NDArray[np.float32] | None,
                 rest: Rows) -> float:
        """What a shift of everyone's mechanism has already by own spill-over [5, n], for each of the rest to get less."""
        if own is None or curve.lever not in MECHANISMS or not value:
            return 0.0
        everyone, spread = self.about(curve), own[MECHANISMS.index(curve.lever)]
        whole = np.rint(spread[everyone[natural[everyone] > 0]].astype(np.float64) * UNIT).astype(np.int64)
        return float(whole.sum()) / UNIT / max(int(np.count_nonzero(natural[rest] > 0)), 1)

    def _rest(self, curve: "Curve", crowd: Crowd, *, natural: NDArray[np.float32]) -> list[tuple[Rows, float]]:
        """Who the rest are, and what each of them gets."""
        value = curve.at(crowd.month, opens=self.opens, closes=self.closes)
        own, members = self.effects.other(curve, "participant"), crowd.members
        if own is None or not members.who.size:
            return [(self.about(curve), value)]
        weight = natural if curve.multiplies else (natural > 0).astype(f32)       # nobody is where the rate is 0
        everyone = np.ones(weight.size, bool)
        grown = self.parts[ANSWER] if curve.lever == "life_satisfaction" else everyone
        out, each = [], crowd.own(own, members)
        for side in (grown, ~grown) if grown is not everyone else (everyone,):
            rows, total, mass, pushed = without(self.everyone, members.who, value=each, weight=weight * side)
            out.append((rows[side[rows]], (value * total - pushed) / (total - mass) if total > mass else value))
        return out


def room(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole places; NaN becomes no limit."""
    return np.floor(np.nan_to_num(places + SLACK, nan=float(NO_LIMIT))).astype(np.int64)


def all_of(future: Future, rows: Rows) -> tuple[Candidates, NDArray[np.int64]]:
    """Candidates who all join at once, with room for all."""
    who = candidates(future.script, rows, hazard=np.ones(rows.size, f32), site=future.script.place[rows],
                     pool=np.zeros(rows.size, np.int64))
    return who, np.full(1, NO_LIMIT)
