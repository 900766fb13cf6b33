"""A line of a scenario at work in one future: its intervention, and who has joined so far."""
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..delivery import AT_REST, MONTHS, NO_LIMIT, NOBODY, Candidates, Future, Members, Pull, resumed
from ..errors import NbhdsimError
from ..levers import Levers
from ..relations import Relations
from ..residents import Script
from ..rng import f32, purpose, uniforms
from ..turnover import Turnover
from . import ANSWER, DELIVERIES, WORD_OF_MOUTH, Aim, Intervention, Rows
from .asked import asking
from .barrier import barrier
from .effects import Effects, effects
from .setting import Grants

HALF_DISTANCE = "baseline.distance.half"
YEAR, ONE = 12, f32(1)
LIST = 12                          # months after which the list of those who may take part is drawn up anew
SEXES = ("female", "male")         # in the order of `Script.sex`


class Programme:
    """One line in one future, month by month: `advance`, then `push`. doors: programmes among which a handover is shared out;
    takes_in: can anybody take part at all?

    line: a scenario's line (key, kind, start, end, every, targeting); future: where it runs; rates: n, phi,
    frailty_mix and frailty_ratio are read; values: by address, of this draw; sites, places [p]: sites of each
    neighbourhood and participants there is room for at once (NaN: no limit); strict: see Intervention. Raises
    NbhdsimError when an effect cannot be what is stated.
    """

    def __init__(self, line: Any, future: Future, *, rates: Any, values: Mapping[str, float],
                 sites: NDArray[np.float64], places: NDArray[np.float64], strict: bool = True) -> None:
        """Nobody has joined yet."""
        self.line, self.key, self.doors = line, str(line.key), 1
        self._share: NDArray[np.float64] | None
        self._factor: NDArray[np.float64] | None = None         # of the places of each pool, by what others do
        self._beyond: NDArray[np.float32] | None
        self._fit: NDArray[np.float32] | None
        self._missed: NDArray[np.bool_] | None
        self.paid: NDArray[np.int64] | None = None              # places [p] of residents of each neighbourhood that were paid for
        self._future = future
        self.intervention = intervention(line, future, rates=rates, values=values, sites=sites, places=places, strict=strict)
        self._delivery = self.intervention.enrol(future, rates)
        self.takes_in = self._hazardous()
        self._exposure = self.intervention.expose(future)
        limit = self.intervention.room_by_place(future)        # without a limit there is a place for everyone eligible
        eligible = np.bincount(self.candidates.site, minlength=limit.size)
        self._places = np.where(np.isnan(limit), eligible, limit)
        self._funded = np.flatnonzero(sites > 0)
        self._told: dict[str, tuple[Any, Any]] = {}
        self._rates, self._share, self._hours = rates, None, self.intervention.figures.get("relies.volunteer_hours", 0.0)
        stated = {curve.lever for curve in self.intervention.effects.at_level("participant")}
        decides = self.intervention.seats and "asks_a_year" in self.intervention.figures and "control" not in stated
        self._asking = asking(self.intervention.figures, values, decides=decides)
        self._beyond = self._fit = self._missed = None
        self._barrier = barrier(self.intervention.figures, values, self.candidates, future=future,
                                rates=rates)

    @property
    def members(self) -> Members:
        """Members, and past ones with some effect left."""
        return self._delivery.members

    @property
    def inside(self) -> Rows:
        """Rows, rising, of those who are in."""
        return self._delivery.members.inside

    @property
    def exposed(self) -> Rows:
        """Rows of those exposed in a setting, where an effect on them is stated."""
        return np.zeros(0, np.int64) if self._exposure is None else self._exposure.members.inside

    @property
    def reached(self) -> Rows:
        """Rows, rising, of everyone who has ever taken part."""
        return self._delivery.reached

    def _hazardous(self) -> bool:
        return bool(self.candidates.hazard.any())

    @property
    def candidates(self) -> Candidates:
        """Those who may take part, as the list stands."""
        return self._delivery.rule.candidates

    def on_list(self, month: int) -> Rows:
        """Rows, rising, of those who may take part and live there in `month`."""
        c = self.candidates
        return c.who[(c.arrives <= month) & (month < c.leaves)]

    def renewing(self, month: int) -> bool:
        """Is it time to look at who may take part anew: as it opens, every LIST months, and before each round of grants?"""
        mine = self.intervention
        return 0 < month and mine.opens <= month < mine.closes and not (month % LIST and (month - mine.opens) % mine.every)

    def renew(self, script: Script) -> None:
        """Time has passed: who may take part is looked at anew. script: as of this month."""
        mine = self.intervention
        self._future = self._future._replace(script=script)
        self.intervention = replace(mine, parts=self._whom())
        self._delivery.renew(self.intervention.enrol(self._future, self._rates))
        self.takes_in = self._hazardous()
        exposed = self.intervention.expose(self._future)
        if self._exposure is not None and exposed is not None:
            self._exposure.renew(exposed)
        if self._barrier is not None:
            self._barrier.renew(self._delivery.rule.candidates, self._future)
        self._told = {}

    @property
    def looks(self) -> bool:
        """Does it look at who is missed?"""
        return any("missed" in dict(curve.who) for curve in self.intervention.effects.relations)

    def tell(self, missed: NDArray[np.bool_]) -> None:
        """Who is missed [n], as the programme knows from now on."""
        self._missed = missed
        self.intervention = replace(self.intervention, parts=self._whom())

    def _whom(self) -> dict[tuple, NDArray[np.bool_]]:
        mine = self.intervention
        return _parts(mine.effects, self._future, self.line, acted_on=mine.figures.get("acted_on", 1.0), missed=self._missed)

    def asked(self, month: int, relations: Relations) -> NDArray[np.float64]:
        """Hours of volunteers [p] that all its places need in `month`, places that others add included; 0 while it is closed."""
        mine = self.intervention
        if not self._hours or not mine.opens <= month < mine.closes:
            return np.zeros(self._places.size)
        added, more = relations.of("places", self.key), self._more()
        need = self._hours * mine.needs(self._places)
        need = need if added is None else np.asarray(need * added, np.float64)
        if more is None:
            return need
        return need + self._hours * np.bincount(self._first(self.candidates.site), more, need.size)

    @property
    def relies(self) -> bool:
        """Does it rely on hours of volunteers?"""
        return bool(self._hours)

    @property
    def given(self) -> NDArray[np.float64]:
        """Hours a month [p] that those inside give as volunteers: members x hours_a_year / 12 of the month just advanced."""
        hours = self.intervention.figures.get("hours_a_year", 0.0) / YEAR
        return np.asarray(self._delivery.tally()[:, 0] * hours, np.float64)

    def advance(self, month: int, relations: Relations, gone: Turnover | None = None, *,
                share: NDArray[np.float64] | None = None) -> None:
        """Who leaves and who joins in `month`, with what other programmes did in the month before; call month by month.

        gone: rows whose resident has died or moved away since then; share [p]: of the hours asked for that there are.
        """
        self._share = share if self._hours else None
        self._beyond, self._fit = self._asking.beyond(relations), self._read("dose", relations, self._within)
        pull = self._pull(relations)
        self._delivery.advance(month, pull, gone)
        if self._exposure is not None:
            taken = Pull(join=pull.join) if isinstance(self._exposure, Grants) else AT_REST
            self._exposure.advance(month, taken, gone)
        if self._barrier is not None:
            self._barrier.advance(relations.of("digital_barrier", self.key), gone)

    def copy(self) -> "Programme":
        """The same programme with the same members, which goes its own way from here on."""
        other = copy(self)
        other._delivery = self._delivery.copy()
        other._exposure = self._exposure and self._exposure.copy()
        return other

    def close(self, month: int) -> None:
        """Money ends: nobody is in from `month` on."""
        self.intervention = replace(self.intervention, closes=month)
        for delivery in filter(None, (self._delivery, self._exposure)):
            delivery.until(month)

    def reopen(self, month: int) -> None:
        """Money comes back in `month`, for good.

        What was stated of an area goes on from the months at which nothing of it is smaller than what was left (`resumed`).
        """
        mine = self.intervention
        area = mine.effects.at_level("area")
        opens = mine.opens if not area or self.line.every else resumed(
            mine.opens, mine.closes, month, np.stack([c.rise for c in area]), np.stack([c.fall for c in area]))
        self.intervention = replace(mine, closes=MONTHS + 1, opens=opens)
        for delivery in filter(None, (self._delivery, self._exposure)):
            delivery.until(MONTHS + 1)

    def push(self, month: int, levers: Levers, natural: NDArray[np.float32]) -> None:
        """Push this month's levers. natural [n]: admissions expected this month without programmes."""
        if not self._begun(month):
            return
        exposed = None if self._exposure is None else self._fitted(self._exposure.members)
        self.intervention.push(self._fitted(self.members), month, levers, natural=natural, exposed=exposed, barrier=self._barrier)
        self._asking.push(self.members, month, levers, beyond=self._beyond)

    def _within(self, dose: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.minimum(dose, f32(self.intervention.effects.most(self.intervention.figures.get("dose", 1.0))))

    def _fitted(self, members: Members) -> Members:
        """Members with the doses that services which fit them better give."""
        return members if self._fit is None else members._replace(dose=members.dose * self._fit[members.site])

    def relate(self, month: int, relations: Relations) -> None:
        """Push what this programme does for others."""
        if self._begun(month):
            self.intervention.relate(self.members, month, relations)
            if month < self.intervention.closes:
                self._asking.relate(self.members, month, relations, funded=self._funded, beyond=self._beyond, key=self.key)

    def _begun(self, month: int) -> bool:
        """Has it opened? Never, where the money ends before set-up does."""
        return self.intervention.opens <= month and self.intervention.opens < self.intervention.closes

    def _pull(self, relations: Relations) -> Pull:
        """What others do to this programme, for each of its candidates and pools."""
        if self.line.kind.delivery == "adjust":                 # nobody joins it: everyone it is for is in
            return AT_REST
        c, strain, welcome = self.candidates, relations.strain(), relations.welcome()
        join = self._read("take_up", relations, lambda take_up: take_up[c.who])
        if welcome is not None:
            join = welcome[c.site] if join is None else join * welcome[c.site]
        also = None
        if self.intervention.open_door:
            also = self._read("handover", relations, lambda handed: handed[c.who] / f32(self.doors))
        room = self._read("places", relations, lambda places: _mean(places[c.site], c.pool))
        short, more = None, self._more()
        if self._share is not None:
            staffed = _mean(self._share[c.site], c.pool)
            room, short = staffed if room is None else room * staffed, staffed < 1
            more = None if more is None else more * staffed
        self._factor = room
        return Pull(join=join, also=also, room=room, more=more, short=short,
                    tire=None if strain is None else np.minimum(strain[c.who] * relations.exit, ONE))

    def _first(self, of: NDArray[Any]) -> NDArray[Any]:
        """What holds of the first candidate of each pool; of [m]."""
        pool = self.candidates.pool
        return of[np.minimum(pool[:-1], of.size - 1)] if of.size else np.zeros(pool.size - 1, of.dtype)

    def _more(self) -> NDArray[np.float64] | None:
        """Places [pools] that were paid for; None where there are none."""
        if self.paid is None:
            return None
        c = self.candidates
        home = self._first(self._future.script.place[c.who])
        return np.where(np.diff(c.pool) > 0, self.paid[home], 0).astype(np.float64)

    def sent(self, relations: Relations, senders: Collection[str]) -> Rows:
        """Rows of those whom programmes of `senders` sent here in the month just advanced, whether there was a place or not: who
        would not have come by themselves, nor sent by others."""
        want, hazard, also = self._delivery.asked
        if also is None or not want.size:
            return NOBODY.astype(np.int64)
        c, future = self.candidates, self._future
        others = relations.without("handover", {*senders, self.key})[c.who[want]] / f32(self.doors)
        without = ONE - (ONE - hazard[want]) / (ONE - also[want]) * (ONE - others)
        calendar, replicate, _, _ = future.clock(self._delivery.month)
        u = uniforms(np.uint64(future.seed), replicate, purpose("join." + self._delivery.rule.key), calendar, c.id[want])
        return c.who[want[(also[want] > others) & (u >= without)]]

    def _read(self, name: str, relations: Relations, made: Callable[[NDArray[np.float32]], Any]) -> Any:
        """What is `made` of what others pushed of a lever; kept as long as they push the same."""
        pushed = relations.of(name, self.key)
        if pushed is None:
            return None
        if self._told.get(name, (None,))[0] is not pushed:
            self._told = {**self._told, name: (pushed, made(pushed))}
        return self._told[name][1]

    def rows(self) -> dict[str, NDArray[Any]]:
        """Rows of the delivery table for the month just advanced: place (row of Places), and the counts of it."""
        counts = self._delivery.tally()[self._funded].astype(np.float64)
        running = self.intervention.opens <= self._delivery.month < self.intervention.closes
        factor = self._factor
        contacts = self.intervention.contacts(counts[:, 0], 1.0 if factor is None else factor)
        contacts, places = (column if running else np.zeros(self._funded.size) for column in (contacts, self._open()))
        return {"place": self._funded, "places": places,
                "members": counts[:, 0], "joined": counts[:, 1], "left": counts[:, 2], "contacts": contacts,
                "reached": counts[:, 3]}

    def _open(self) -> NDArray[np.float64]:
        """Places of each funded neighbourhood this month; those of one pool for all are shared out as they are at rest."""
        places, now, rest = self._places[self._funded], self._delivery.room, self._delivery.rule.room
        if self._factor is None and self.paid is None:
            return places
        return np.where(now < NO_LIMIT, now, places) if now.size == places.size else places * (now.sum() / max(rest.sum(), 1))


def _mean(value: NDArray[np.floating], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of each run of values that begins at `first` [pools + 1]; 1 for an empty one."""
    total = np.concatenate([np.zeros(1), np.cumsum(value, dtype=np.float64)])
    size = np.diff(first)
    return np.where(size > 0, np.diff(total[first]) / np.maximum(size, 1), 1.0)


def intervention(line: Any, future: Future, *, rates: Any, values: Mapping[str, float], sites: NDArray[np.float64],
                 places: NDArray[np.float64], strict: bool = True) -> Intervention:
    """The intervention of a line, with the numbers of one draw; arguments as `Programme`."""
    kind = line.kind
    delivery = DELIVERIES[kind.delivery]
    try:
        stated = effects(kind, values, n=float(rates.n), phi=float(rates.phi), strict=strict)
    except NbhdsimError as error:
        raise NbhdsimError.of(str(error), path=f"interventions.{line.key}") from error
    numbers, closes = figures(kind, values), line.end + 1
    opens = min(line.start + round(numbers.get("set_up_months", 0.0)), closes)
    return delivery(key=str(line.key), effects=stated, aim=aim(kind.who, line.targeting), sites=np.asarray(sites, float),
                    places=np.asarray(places, float), opens=opens, closes=closes,
                    every=line.every or closes - line.start, figures=numbers,
                    word_of_mouth=values.get(WORD_OF_MOUTH, 0.0), everyone=delivery.listed(future, sites, str(line.key)),
                    strict=strict, parts=_parts(stated, future, line, acted_on=numbers.get("acted_on", 1.0)))


def _parts(stated: Effects, future: Future, line: Any, *, acted_on: float,
           missed: NDArray[np.bool_] | None = None) -> dict[tuple, NDArray[np.bool_]]:
    """Whom each effect on some alone is about [n]. acted_on: share, by lot, of those whose words are acted on; missed [n]: those in
    groups that are missed, None as long as nobody has looked."""
    script, out = future.script, {}
    answering = [ANSWER] if any(level == "area" for level, _ in stated.totals("life_satisfaction")) else []
    for some_ in (*answering, *(curve.who for curve in (*stated.curves, *stated.resting, *stated.relations))):
        if some_ and some_ not in out:
            who, some = dict(some_), np.zeros(script.id.size, bool)
            some[whom(who).rows(script, future.places)] = True
            if "acted_on" in who:
                stream = purpose(f"acted.{line.key}")
                u = uniforms(np.uint64(future.seed), np.uint32(future.replicate), stream, np.uint32(0), script.id)
                some &= ((u < f32(acted_on)) | (acted_on >= 1)) == who["acted_on"]
            if "missed" in who:
                some &= False if missed is None else missed
            out[some_] = some
    return out


def figures(kind: Any, values: Mapping[str, float]) -> dict[str, float]:
    """Numbers of a kind by name, in this draw, and those that all kinds share."""
    own = {name: values[quantity.address] for name, quantity in kind.quantities.items()}
    return {"half_distance": values.get(HALF_DISTANCE, 0.0), **own}


def aim(who: Any, targeting: Any) -> Aim:
    """Whom a kind is for (mapping: as `whom`), narrowed by the line's targeting (low, high, quintile, groups)."""
    own, aimed = whom(who or {}), tuple(targeting.quintile)
    both = tuple(q for q in own.quintile if q in aimed) if own.quintile and aimed else own.quintile or aimed
    if own.quintile and aimed and not both:
        raise NbhdsimError.of(f"targets quintiles {aimed}, but it is for {own.quintile}")
    return replace(own, low=max(own.low, targeting.low), high=min(own.high, targeting.high), quintile=both,
                   groups=own.groups + ((targeting.groups,) if targeting.groups else ()))


def whom(who: Mapping[str, Any]) -> Aim:
    """The aim of a kind's `who`: age [low, high], quintile, frailty (the least, or [low, high]), sex, disabled, group (or any
    of several)."""
    low, high = who.get("age") or (0, 200)
    frailty = who.get("frailty") or 0
    least, most = frailty if isinstance(frailty, list | tuple) else (frailty, 3)
    sex = SEXES.index(who["sex"]) if who.get("sex") else None
    group = who.get("group") or ()
    names = (group,) if isinstance(group, str) else tuple(group)
    return Aim(low=low, high=high, quintile=tuple(who.get("quintile") or ()), frailty=least, frailest=most, sex=sex,
               disabled=bool(who.get("disabled")), groups=(names,) if names else ())
