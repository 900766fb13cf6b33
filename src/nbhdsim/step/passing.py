"""Time passes: who is there this month, how old and how frail, read off the life script; the same for every scenario.

Nothing is drawn here. A row without anybody has a rate of 0, no weight as a contact, and is taken off where residents are counted.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from .. import chances, conditions
from ..places import Places, Ties
from ..rates import Rates
from ..residents import AGE_FROM, CONDITIONS, FRAILTY, SEGMENT_FROM, Life, Script
from ..rng import INNER, JIT, exps, f32
from . import Ground, prepare
from .luck import Fixed
from .measure import ADULTS, CARE, SEGMENTS
from .minds import Web
from .prepare import ADULT, SATISFACTION

YEAR = 12
PERSONAL = ("disabled", "flags", "arrives", "leaves", "conditions", "frailty", "born")   # change with the resident
NOBODY = f32(100)                  # points below, and SD above, anything that is counted as a low answer or as lonely
NONE = np.zeros(0, np.int32)
GROWN = SEGMENTS - SEGMENT_FROM.index(ADULT)    # of a place's bounds, oldest first, that of the first row under 18
SEX, QUINTILE, KIND, WIDTH = range(4)   # columns of Now.row: 0 female; 0-4; see `_settle`
ARRIVES, LEAVES, DIES, WORSENS = range(4)   # columns of Now.dates
LEVELS = len(FRAILTY) - 1           # dates of frailty; those of conditions follow
RATIO, ANSWER, FIRST, SECOND, THIRD = range(5)    # columns of Now.own


class Cells(NamedTuple):
    """One draw's values by cell (float32). rate [105, 400]: admissions a month by age and by sex, quintile, frailty, conditions
    and whether the last year of life has begun; satisfaction [10, 5] by segment; connection, control, self_care, attendance
    [8, 5] by band; referral [5] of a child."""

    rate: np.ndarray
    satisfaction: np.ndarray
    connection: np.ndarray
    control: np.ndarray
    self_care: np.ndarray
    attendance: np.ndarray
    referral: np.ndarray


class Steps(NamedTuple):
    """Ages as the month reads them: segment and band of each age in years [105], first age of each segment [10]."""

    segment: np.ndarray
    band: np.ndarray
    first: np.ndarray


class Now(NamedTuple):
    """Rows as they stand: stay [n]; here [n] 1 if anybody is; birth month [n]; row [n, 3]: see SEX; ratio [n] of the admission
    rate of who is there (0: nobody); segment [n]; of each stay [s]:
    dates [s, 10] arrives, leaves, dies, the three of `worsens` and the four of `gains`, and own [s, 5] what its
    resident brings to every cell: ratio of the admission rate (the place's included), life satisfaction (points), connection,
    control and self-care (SD). Side by side, because they are read together."""

    stay: np.ndarray
    here: np.ndarray
    birth: np.ndarray
    row: np.ndarray
    ratio: np.ndarray
    segment: np.ndarray
    dates: np.ndarray
    own: np.ndarray
    steps: Steps


class Change(NamedTuple):
    """What a month has changed: rows with another resident or with nobody any more, the stays that have begun in them (-1: nobody
    has come) and that have ended (-1: nobody was there)."""

    rows: np.ndarray
    begun: np.ndarray
    ended: np.ndarray


def cells(rates: Rates, of: chances.Chances) -> Cells:
    """The cells of one draw.

    F/E[F] is frailty times conditions times the ratio of the last year of life over its expectation at that age, sex and
    quintile, which follows from the chances alone. Excitation follows a rate that rises with some delay: the expectation takes that
    in.
    """
    segment = np.arange(SEGMENTS)
    band = np.searchsorted(AGE_FROM, SEGMENT_FROM, side="right") - 1
    last = _delayed(rates)
    health = of.health
    ill = rates.frailty_ratio[:, None] * conditions.ratio(health, rates.each)
    mean = ((health + (last - 1) * of.dying) * ill).sum((-1, -2))
    base = rates.admission[np.searchsorted(AGE_FROM, np.arange(chances.AGES), side="right") - 1].T / YEAR
    factor = np.swapaxes(ill, 0, 1)[:, None, ..., None] * np.array([1.0, rates.last_year])
    rate = np.moveaxis(base / mean, -1, 0)[..., None, None, None] * factor
    latent = np.where((segment < ADULTS)[:, None], rates.child, rates.satisfaction[band])
    connection, control, care = (rates.mean[:, :, k].astype(f32) for k in (0, 1, CARE))
    return Cells(rate.reshape(chances.AGES, -1).astype(f32), latent.astype(f32), connection, control, care,
                 (rates.ae_other / rates.admission).astype(f32), (rates.referral / YEAR).astype(f32))


def _delayed(rates: Rates) -> float:
    """Admissions in the last year of life over those of before, excitation included (see `events.admit`): mean of 12 months."""
    h, total = rates.n, 0.0
    for _ in range(YEAR):
        expected = (1 - rates.n) * rates.last_year + h
        h = rates.phi * h + rates.n * (1 - rates.phi) * expected
        total += expected
    return total / YEAR


def own(born: np.ndarray, place: np.ndarray, rates: Rates) -> np.ndarray:
    """What residents with these deviates [7, m] bring [m, 5] (see Now); place [m]: admission effect of where they live."""
    tau = prepare.traits(born, rates)
    satisfaction = rates.ls_trait_sd * born[SATISFACTION] + sum(b * t for b, t in zip(rates.b, tau, strict=True))
    ratio = exps(prepare.log_rate(born, tau, rates).astype(f32)) * place
    return np.stack([ratio, satisfaction, tau[0], tau[1], tau[CARE]], 1).astype(f32)


def steps() -> Steps:
    """Segments and bands of ages."""
    segment, band = (np.searchsorted(first, np.arange(chances.AGES), side="right") - 1 for first in (SEGMENT_FROM, AGE_FROM))
    return Steps(segment.astype(np.uint8), band.astype(np.uint8), np.array(SEGMENT_FROM))


@njit(**INNER)
def _grow_older(rows, month, now, cells, rate):
    """Write the rates of these rows, whose birthday it is."""
    birth, row, ratio, table = now.birth, now.row, now.ratio, cells.rate
    for i in rows:
        rate[i] = table[min(max(month - birth[i], 0) // YEAR, table.shape[0] - 1), row[i, KIND]] * ratio[i]


@njit(**INNER)
def _settle(rows, month, now, cells, fixed, frailty, conditions):
    """Write what this month makes of these rows."""
    stay, here, birth, row, segment, dates, own = now.stay, now.here, now.birth, now.row, now.segment, now.dates, now.own
    ratio = now.ratio
    segments, bands, quintiles = now.steps.segment, now.steps.band, cells.referral.size
    for i in rows:
        s = stay[i]
        here[i] = dates[s, ARRIVES] <= month < dates[s, LEAVES]
        age = min(max(month - birth[i], 0) // YEAR, segments.size - 1)
        segment[i] = segments[age]
        ratio[i] = own[s, RATIO] if here[i] else f32(0)
        if here[i] == 0:
            fixed.rate[i] = fixed.attendance[i] = fixed.referral[i] = f32(0)
            fixed.satisfaction[i], fixed.connection[i], fixed.control[i], fixed.self_care[i] = -NOBODY, NOBODY, f32(0), -NOBODY
            continue
        level = number = 0
        for k in range(WORSENS, WORSENS + LEVELS):
            level += int(dates[s, k] <= month)
        for k in range(WORSENS + LEVELS, dates.shape[1]):
            number += int(dates[s, k] <= month)
        q, band, frailty[i], conditions[i] = row[i, QUINTILE], bands[age], level, number
        kind = ((row[i, SEX] * quintiles + q) * (LEVELS + 1) + level) * (CONDITIONS + 1) + number
        kind = 2 * kind + int(month + YEAR >= dates[s, DIES])
        row[i, KIND] = kind
        fixed.rate[i] = cells.rate[age, kind] * ratio[i]
        fixed.satisfaction[i] = cells.satisfaction[segment[i], q] + own[s, ANSWER]
        fixed.connection[i] = cells.connection[band, q] + own[s, FIRST]
        fixed.control[i] = cells.control[band, q] + own[s, SECOND]
        fixed.self_care[i] = cells.self_care[band, q] + own[s, THIRD]
        fixed.attendance[i] = cells.attendance[band, q]
        fixed.referral[i] = cells.referral[q] if age < ADULT else f32(0)


@njit(**INNER)
def _bound(month, start, birth, first, bounds):
    """Rows at which each place's segments end, oldest first: everyone of an age was born before a month; the unborn come last."""
    for p in range(start.size - 1):
        bounds[p, 0] = start[p]
        for s in range(first.size):
            low, high, latest = bounds[p, s], start[p + 1], month - YEAR * first[first.size - 1 - s]
            while low < high:
                middle = (low + high) // 2
                if birth[middle] <= latest:
                    low = middle + 1
                else:
                    high = middle
            bounds[p, s + 1] = low


@njit(**INNER)
def _count_away(month, here, birth, place, segment, away, room):
    """Write rows without anybody into `room` [n]; returns how many. away: of each place and segment, among those who are born."""
    found = 0
    for i in range(here.size):
        room[found] = i
        found += int(here[i] == 0)
    away[:] = 0
    for k in range(found):
        i = room[k]
        if birth[i] <= month:
            away[place[i], segment[i]] += 1
    return found


@njit(**INNER)
def _weigh(rows, begun, ended, web, here, total):
    """Contacts of rows to which somebody comes have their weight, and have it no longer where nobody is left; weights that a row
    has in view add up to 1 again."""
    share = web.share
    for c in range(rows.size):
        i, sign = rows[c], int(ended[c] < 0) - int(begun[c] < 0)
        for e in range(web.start[i], web.start[i + 1] if sign else web.start[i]):
            j = web.other[e]
            total[j] += sign * web.weight[web.layer[e]]
            share[j] = f32(1) / f32(total[j]) if total[j] > 0 and here[j] != 0 else f32(0)
        share[i] = f32(1) / f32(total[i]) if total[i] > 0 and here[i] != 0 else f32(0)


@njit(**JIT)
def _pass(month, change, due, now, cells, fixed, script, ground, total, deaths, room):
    """Move everything on to `month`; returns how many rows have nobody, written into `room` [n].

    due: rows whose birthday it is, rows in which anything else changes, place and segment of those who die; script: place,
    frailty, conditions; total [n]: weights of a row's contacts.
    """
    birthdays, turned, died, aged = due
    place, frailty, conditions = script
    for c in range(change.rows.size):
        now.stay[change.rows[c]] = change.begun[c] if change.begun[c] >= 0 else change.ended[c]
    _grow_older(birthdays, month, now, cells, fixed.rate)
    _settle(turned, month, now, cells, fixed, frailty, conditions)
    _weigh(change.rows, change.begun, change.ended, ground.ties, now.here, total)
    deaths[:] = 0
    for d in range(died.size):
        deaths[died[d], aged[d]] += 1
    _bound(month, ground.start, now.birth, now.steps.first, ground.bounds)
    for p in range(ground.children.size):
        ground.children[p] = ground.bounds[p, GROWN]
    return _count_away(month, now.here, now.birth, place, now.segment, ground.away, room)


class Passing:
    """A population as it stands in one month of one future; scenarios share it as they share luck.

    fixed, ground: what the month reads; change: what this month has changed; deaths [p, 10]: this month's, by place and segment.
    """

    def __init__(self, script: Script, life: Life, places: Places, *, ties: Ties, rates: Rates, month: int) -> None:
        """The population in the first month of history."""
        n = script.id.size
        self._life = life
        self._cells = cells(rates, life.chances)
        stay = np.searchsorted(life.row, np.arange(n)).astype(np.int32)
        self._script = script._replace(month=month, **{name: getattr(script, name).copy() for name in PERSONAL})
        self._person = script.id.copy()
        self._unread: list[np.ndarray] = [np.arange(n)]
        row = np.zeros((n, WIDTH), np.uint16)
        row[:, SEX], row[:, QUINTILE] = script.sex, places.quintile[script.place] - 1
        effect = prepare.place_effects(places, rates)[script.place]
        self._now = Now(stay, np.zeros(n, np.uint8), script.birth_month, row, np.zeros(n, f32), np.zeros(n, np.uint8),
                        np.stack([life.arrives, life.leaves, life.dies, *life.worsens, *life.gains], 1),
                        own(life.born, effect[life.row], rates), steps())
        self.fixed = Fixed(script.id, *(np.zeros(n, f32) for _ in range(len(Fixed._fields) - 1)))
        self._total, self._room = np.zeros(n, np.int32), np.zeros(n, np.int64)
        self.ground = self._laid(places, Web(*ties, prepare.tie_weights(rates), np.zeros(n, f32)))
        self.deaths, self.change = np.zeros_like(self.ground.away), Change(NONE, NONE, NONE)
        here = np.flatnonzero((life.arrives[stay] <= month) & (month < life.leaves[stay])).astype(np.int32)
        self._pass(Change(here, stay[here], np.full(here.size, -1, np.int32)), (NONE, np.arange(n, dtype=np.int32), NONE, NONE))

    def _laid(self, places: Places, ties: Web) -> Ground:
        start, p = np.asarray(places.start, np.int64), len(places.name)
        return Ground(start, np.zeros((p, SEGMENTS + 1), np.int64), np.zeros(p, np.int64), self._now.segment, ties,
                      np.zeros((p, SEGMENTS), np.int64), NONE.astype(np.int64))

    def copy(self) -> "Passing":
        """The same month, going its own way."""
        twin, now, g = object.__new__(Passing), self._now, self.ground
        twin.__dict__.update(self.__dict__)
        twin._person, twin._total, twin.deaths = self._person.copy(), self._total.copy(), self.deaths.copy()
        twin._unread = list(self._unread)
        twin._script = self._script._replace(**{name: getattr(self._script, name).copy() for name in PERSONAL})
        twin._now = now._replace(stay=now.stay.copy(), here=now.here.copy(), row=now.row.copy(), ratio=now.ratio.copy(),
                                segment=now.segment.copy())
        twin.fixed = Fixed(self.fixed.who, *(column.copy() for column in self.fixed[1:]))
        twin.ground = g._replace(bounds=g.bounds.copy(), children=g.children.copy(), segment=twin._now.segment,
                                 ties=g.ties._replace(share=g.ties.share.copy()), away=g.away.copy(), absent=g.absent.copy())
        twin._room = self._room.copy()
        return twin

    @property
    def stay(self) -> np.ndarray:
        """Row of Life of each row's stay [n]; the last or the next one where nobody is there."""
        return self._now.stay

    @property
    def here(self) -> np.ndarray:
        """1 where somebody lives in the row [n]."""
        return self._now.here

    @property
    def script(self) -> Script:
        """The script as of this month."""
        self._read()
        return self._script

    @property
    def person(self) -> np.ndarray:
        """Id of who lives in each row [n], or last did, or first will."""
        self._read()
        return self._person

    def advance(self, month: int) -> None:
        """Move on to `month`, one after the last."""
        agenda = self._life.agenda
        self._script = self._script._replace(month=month)
        self.change = Change(*agenda.changes.of(month))
        self._unread.append(self.change.rows)
        self._pass(self.change, (agenda.birthdays[month % YEAR], *agenda.turns.of(month), *agenda.deaths.of(month)))

    def turnover(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rows whose resident has changed this month, rising; the first month and the month of leaving, and the flags, of who is
        there now."""
        stay = self._now.stay[self.change.rows]
        return self.change.rows, self._life.arrives[stay], self._life.leaves[stay], self._life.flags[stay]

    def _read(self) -> None:
        """Name the rows that have changed since anybody asked."""
        stay, life, script = self._now.stay, self._life, self._script
        if self._unread:
            rows = np.unique(np.concatenate(self._unread))
            mine = stay[rows]
            self._person[rows], script.disabled[rows] = life.id[mine], life.disabled[mine]
            script.flags[rows] = life.flags[mine]
            script.arrives[rows], script.leaves[rows] = life.arrives[mine], life.leaves[mine]
            script.born[:, rows] = life.born[:, mine]
        self._unread = []

    def _pass(self, change: Change, due: tuple[np.ndarray, ...]) -> None:
        script = self._script
        ill = script.place, script.frailty, script.conditions
        found = _pass(script.month, change, due, self._now, self._cells, self.fixed, ill, self.ground, self._total, self.deaths,
                      self._room)
        self.ground = self.ground._replace(absent=self._room[:found])
