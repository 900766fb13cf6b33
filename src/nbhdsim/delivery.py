"""Who joins an intervention, who leaves, and for how long each has been in: one monthly rule shared by all kinds.

Every decision is a pure function of (seed, replicate, programme, month, resident) and of the places that are free; it
reads nobody's health. A resident who wants a place has a draw below their hazard; when more want than there are free
places, those with the lowest draw / hazard get them. So more places only ever add people (the set ever reached is
nested in places), and with places to spare a higher hazard does too.
"""
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .places import Places, Ties
from .residents import STAYS, Script
from .rng import HALF_WORD, INNER, JIT, WORD, exps, f32, i32, philox, purpose, u32, u64, uniforms, unit
from .turnover import NO_DATES, Turnover, merged, numbered, part

MONTHS = 361                       # effects are tabulated for 0..360 months, the longest run, and held after that
NO_LIMIT = 2 ** 40                 # room of a programme that turns nobody away
ONE = u64(1)
CHUNK, GROUP = 1024, 16            # candidates drawn at once, and looked at together for one that wants a place
INSIDE = np.int16(STAYS)           # month of leaving of those who have not left
UNIT, HALF = f32(2.0 ** 24), f32(0.5)
NOBODY, NOTHING = np.zeros(0, np.int32), np.zeros(0, f32)
UNASKED: tuple = (NOBODY, NOTHING, None)
EVER = np.array([0, 0, 0, 1])      # what is kept of last month's members, joined, left, ever reached
ROUNDED = 1e-9                     # so that 40 places stay 40 when they come out of a product
FORGOTTEN = 10                     # half-lives after which 2^-10 of an effect is left: the past member is dropped


class Future(NamedTuple):
    """What a programme is told of the world it runs in. calendar: 12 * year + month - 1 of month 0."""

    script: Script
    places: Places
    ties: Ties
    seed: int
    replicate: int
    calendar: int

    def clock(self, month: int) -> tuple:
        """Counter words of a month: (calendar month, replicate, low and high word of the seed), uint32."""
        seed = int(self.seed)
        return u32(self.calendar + month), u32(self.replicate), u32(seed & int(HALF_WORD)), u32(seed >> int(WORD))


class Members(NamedTuple):
    """Members of a programme, and past ones who still carry some of its effect; index arrays, never masks.

    Someone's months in run from `since` to `left` (or to now); the month of leaving is the first of their months out.
    """

    who: NDArray[np.int64]      # [k] rows, rising
    since: NDArray[np.int16]    # [k] month of joining, moved forward for those who came back (see `Course`)
    left: NDArray[np.int16]     # [k] first month no longer in, 32767 while in
    dose: NDArray[np.float32]   # [k] multiplies every effect
    site: NDArray[np.int32]     # [k] row of Places of the site they go to

    @property
    def inside(self) -> NDArray[np.int64]:
        """Rows of those who are in now."""
        return self.who[self.left == INSIDE]

    def only(self, some: NDArray[np.bool_]) -> "Members":
        """Some [k] of them."""
        return Members(self.who[some], self.since[some], self.left[some], self.dose[some], self.site[some])


def nobody() -> Members:
    """Members of a programme nobody has joined."""
    return Members(np.zeros(0, np.int64), np.zeros(0, np.int16), np.zeros(0, np.int16), np.zeros(0, f32),
                   np.zeros(0, np.int32))


class Course(NamedTuple):
    """How the effects of a programme on one member rise by months in (rise) and fade by months out (fall).

    rise, fall: f4 [effects, MONTHS]. Someone who comes back starts at the fewest months in at which no effect is smaller
    than what was left of it in the month before, so that nobody loses by coming back. forget: months out after which
    all effects are below 2^-10 of what they were and the past member is dropped.
    """

    rise: NDArray[np.float32]
    fall: NDArray[np.float32]
    forget: int


NO_EFFECT = Course(np.zeros((0, MONTHS), f32), np.zeros((0, MONTHS), f32), 0)


class Pull(NamedTuple):
    """What other programmes and readiness do to a programme this month; every entry None where they do nothing.

    join [m]: factor of each candidate's hazard of joining; also [m]: a further hazard; room [pools]: factor of the places; more
    [pools]: places on top of those; tire [m]: a further hazard of leaving; short [pools]: where hours are too few, so that places
    are rounded down.
    """

    join: NDArray[np.float32] | None = None
    also: NDArray[np.float32] | None = None
    room: NDArray[np.float64] | None = None
    more: NDArray[np.float64] | None = None
    tire: NDArray[np.float32] | None = None
    short: NDArray[np.bool_] | None = None


AT_REST = Pull()


class Candidates(NamedTuple):
    """Those who may join (m of them), in row order; pools share a number of places and are contiguous."""

    who: NDArray[np.int64]        # [m] rows
    id: NDArray[np.uint32]        # [m] lasting ids
    hazard: NDArray[np.float32]   # [m] chance to want a place in a month, 0 to 1
    site: NDArray[np.int32]       # [m] row of Places of the site they would go to
    arrives: NDArray[np.int16]    # [m] first month present
    leaves: NDArray[np.int16]     # [m] first month no longer present
    pool: NDArray[np.int64]       # [pools + 1] first candidate of each pool
    number: NDArray[np.int32]     # [n] number among them of each row of Script, -1 for none


def monthly(share: float, months: int = 12) -> float:
    """Hazard a month that reaches `share` of the eligible in `months` months when there are places for all."""
    return float(1 - (1 - min(max(share, 0.0), 1.0)) ** (1 / months))


def candidates(script: Script, who: NDArray[np.int64], *, hazard: NDArray[np.float32], site: NDArray[np.integer],
               pool: NDArray[np.integer], pools: int = 1) -> Candidates:
    """Candidates of the rows `who` (rising). pool [m]: number of each one's pool, 0 .. pools - 1, not falling."""
    first = np.searchsorted(pool, np.arange(pools + 1))
    return Candidates(who.astype(np.int64), script.id[who], np.clip(hazard, 0, 1).astype(f32), site.astype(np.int32),
                      script.arrives[who], script.leaves[who], first.astype(np.int64), numbered(who, script.id.size))


def course_values(rise, fall, *, members, month):
    """Course x dose of each member in `month`: rise by months in, fall by months out (f4 [k])."""
    room = np.empty(members.since.size, f32)
    return _course_values(rise, fall, members.since, members.left, members.dose, month, room)


@njit(**JIT)
def _course_values(rise, fall, since, left, dose, month, out):
    top = rise.size - 1
    for k in range(since.size):
        end = min(np.int64(left[k]), month)
        gone = max(month - np.int64(left[k]) + 1, 0)
        out[k] = rise[min(max(end - since[k], 0), top)] * fall[min(gone, top)] * dose[k]
    return out


def lognormal(z, sd):
    """exp(sd z - sd^2 / 2): weights with mean 1 over standard normal z (f4 [m])."""
    return exps(f32(sd) * z - f32(sd) * f32(sd) / f32(2))


def without(everyone, who, *, value, weight):
    """The rows of `everyone` not in `who` (both rising), and three sums that do not depend on the order of residents.

    weight f4 [n] (below 128), value f4 of each of `who`: weight of everyone, weight of `who`, weight x value of `who`;
    integers in units of 2^-24.
    """
    rest = np.empty(everyone.size, np.int64)
    found, total, mass, pushed = _without(everyone, who, value, weight, rest)
    return rest[:found], total, mass, pushed


@njit(**JIT)
def _without(everyone, who, value, weight, rest):
    total = mass = pushed = np.int64(0)
    for i in range(u64(everyone.size)):
        total += np.int64(np.int32(weight[u64(everyone[i])] * UNIT + HALF))
    i, found, n = u64(0), u64(0), u64(everyone.size)
    for j in range(u64(who.size)):
        row = who[j]
        while i < n and everyone[i] < row:
            rest[found] = everyone[i]
            i, found = i + ONE, found + ONE
        if i < n and everyone[i] == row:
            i += ONE
            mass += np.int64(np.int32(weight[row] * UNIT + HALF))
            pushed += np.int64(weight[row] * value[j] * UNIT + HALF)
    while i < n:
        rest[found] = everyone[i]
        i, found = i + ONE, found + ONE
    return found, total, mass, pushed


@njit(**INNER)
def _draw(who, month, replicate, k0, k1, stream, u):
    """One uniform for each id."""
    for j in range(who.size):
        word, _, _, _ = philox(who[j], month, stream, replicate, k0, k1)
        u[j] = unit(word)


@njit(**INNER)
def _leave(c, slot, left, inside, month, clock, stream, hazard, tire, closed):
    """Write `month` as month of leaving of those who go: all when closed, those who move away, and by the hazard.

    tire [m]: a further hazard, empty for none.
    """
    calendar, replicate, k0, k1 = clock
    for k in range(slot.size):
        if left[k] == INSIDE:
            i = slot[k]
            gone = closed or month >= c.leaves[i]
            h = hazard if tire.size == 0 else f32(1) - (f32(1) - hazard) * (f32(1) - tire[i])
            if not gone and h > f32(0):
                word, _, _, _ = philox(c.id[i], calendar, stream, replicate, k0, k1)
                gone = unit(word) < h
            if gone:
                left[k] = month
                inside[i] = 0


@njit(**JIT)
def want(c, hazard, weight, free, least, inside, month, clock, stream, u, found, score):
    """Candidates outside who want a place this month, of pools with `least` places `free`, rising, with draw / weight; how many,
    and whether a pool has fewer places than are wanted."""
    calendar, replicate, k0, k1 = clock
    many, crowded = 0, False
    for p in range(free.size):
        before = many
        for low in range(c.pool[p], c.pool[p + 1] if free[p] >= least else 0, CHUNK):
            size = min(CHUNK, c.pool[p + 1] - low)
            h = hazard[low:low + size]
            _draw(c.id[low:low + size], calendar, replicate, k0, k1, stream, u)
            for first in range(0, size, GROUP):
                last = min(first + GROUP, size)
                some = i32(0)
                for j in range(first, last):
                    some |= i32(u[j] < h[j])
                if some != 0:
                    for j in range(first, last):
                        i = low + j
                        if u[j] < h[j] and inside[i] == 0 and c.arrives[i] <= month < c.leaves[i]:
                            found[many], score[many] = i, u[j] / weight[i]
                            many += 1
        crowded |= many - before > free[p]
    return many, crowded


@njit(**INNER)
def _fit(pool, slot, left, free):
    """Take members off the places in `free` [pools]: those that are free, none at least."""
    k = 0
    for p in range(free.size):
        while k < slot.size and slot[k] < pool[p + 1]:
            free[p] -= left[k] == INSIDE
            k += 1
        free[p] = max(free[p], 0)


@njit(**JIT)
def _ask(c, slot, left, inside, month, clock, streams, leave, tire, over, hazard, free, least, u, found, score):
    """Who leaves (all, when it is over), and who outside wants a place: how many, and whether they are too many.

    leave, tire [m] (empty: none): hazards of leaving; hazard: of wanting a place, of all candidates, or of none (then nobody
    asks); free [pools]: places, then those that are free; least: of them, without which nobody is asked.
    """
    _leave(c, slot, left, inside, month, clock, streams[1], leave, tire, over)
    _fit(c.pool, slot, left, free)
    return want(c, hazard, hazard, free, least, inside, month, clock, streams[0], u, found, score) if hazard.size else (0, False)


def admit(c: Candidates, found: NDArray[np.int32], score: NDArray[np.float32], *,
          free: NDArray[np.int64]) -> NDArray[np.int32]:
    """Those `found` who get a place: in each pool the lowest scores, ties by id, as many as fit."""
    first = np.searchsorted(found, c.pool)
    taken = np.ones(found.size, bool)
    rank = score.view(u32).astype(u64) << u64(WORD) | c.id[found]
    for pool in np.flatnonzero(np.diff(first) > free):
        mine = slice(first[pool], first[pool + 1])
        taken[mine] = rank[mine] < np.partition(rank[mine], free[pool])[free[pool]]
    return found[taken]


@njit(**INNER)
def resumed(since, left, month, rise, fall):
    """Month of joining to write for someone who was in from `since` to `left` and comes back in `month`."""
    top = rise.shape[1] - 1
    stayed, out = left - since, month - left
    for months in range(stayed if out > 0 else 0):
        enough = True
        for e in range(rise.shape[0]):
            kept = rise[e, min(stayed, top)] * fall[e, min(out, top)]
            now = rise[e, min(months, top)]
            enough = enough and (now >= kept if kept > f32(0) else kept == f32(0) or now <= kept)
        if enough:
            return month - months
    return month - stayed


@njit(**JIT)
def _merge(c, slot, since, left, joining, inside, reached, month, course, after, sums):
    """Members after `joining` (candidate numbers, rising) have come in and the forgotten have been dropped; returns how many.

    after: room for slot, since, left, who and site of all of them; sums [p, 4]: members, joined, left and ever reached by
    site (the last one is added to). Who leaves and comes back in one month did neither.
    """
    slot_, since_, left_, who, site = after
    a = b = n = 0
    while a < slot.size or b < joining.size:
        comes = b < joining.size and (a >= slot.size or joining[b] <= slot[a])
        was = a < slot.size and (not comes or joining[b] == slot[a])
        i = joining[b] if comes else slot[a]
        at = c.site[i]
        stays, gone = was and left[a] == INSIDE, was and left[a] == month
        if comes:
            left_[n] = INSIDE
            since_[n] = resumed(since[a], left[a], month, course.rise, course.fall) if was else month
            sums[at, 1] += not gone
            sums[at, 3] += reached[i] == 0
            inside[i] = reached[i] = 1
        else:
            since_[n], left_[n] = since[a], left[a]
            sums[at, 2] += gone
        if comes or stays or month - left[a] < course.forget:
            sums[at, 0] += comes or stays
            slot_[n], who[n], site[n] = i, c.who[i], c.site[i]
            n += 1
        a += was
        b += comes
    return n


@njit(**JIT)
def _share_inside(start, other, who, inside, share):
    """Share of the contacts of each row in `who` who are in (`inside` [n], by row)."""
    for j in range(who.size):
        low, high = start[who[j]], start[who[j] + 1]
        total = 0
        for e in range(low, high):
            total += inside[other[e]]
        share[j] = f32(total) / f32(max(high - low, 1))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one programme takes people in.

    key: names its random streams; room [pools]: places at once, NO_LIMIT for none; leave: hazard a month; dose;
    opens, closes: first month open and first month no longer open; word_of_mouth: how much the hazard rises, as a
    multiple, when all contacts are in (0: not at all); newcomers: may whoever moves in join where who has left might have?
    """

    key: str
    candidates: Candidates
    room: NDArray[np.int64]
    opens: int
    closes: int
    leave: float = 0.0
    dose: float = 1.0
    word_of_mouth: float = 0.0
    course: Course = field(default=NO_EFFECT)
    newcomers: bool = True


class Delivery:
    """One programme in one future: its members month by month, and who it ever reached. room [pools]: places of the month just
    advanced, those that others give or take included; asked: who wanted one in it (candidate numbers), by which hazards [m], and
    which further ones of others [m] (None: none) were in those."""

    def __init__(self, rule: Rule, future: Future) -> None:
        """Nobody is in yet."""
        m = rule.candidates.who.size
        self.rule, self.future, self.month = rule, future, rule.opens - 1
        self.members = nobody()
        self._slot, self._pull = np.zeros(0, np.int32), AT_REST
        self._dose = np.full(m, rule.dose, f32)
        self._inside, self._reached = np.zeros(m, np.uint8), np.zeros(m, np.uint8)
        self._sums = np.zeros((len(future.places.name), 4), np.int64)
        self._streams = (purpose("join." + rule.key), purpose("leave." + rule.key))
        c = rule.candidates
        place = c.site[np.minimum(c.pool[:-1], m - 1)].astype(u32) if m else np.zeros(rule.room.size, u32)
        self.room, self.asked = rule.room, UNASKED
        self._part = uniforms(u64(future.seed), u32(future.replicate), purpose("places." + rule.key), u32(0), place).astype(float)

    @property
    def reached(self) -> NDArray[np.int64]:
        """Rows, rising, of everyone who has ever joined."""
        return self.rule.candidates.who[self._reached != 0]

    def copy(self) -> "Delivery":
        """The same members, who may come and go apart from here on."""
        other = copy(self)
        other._inside, other._reached = self._inside.copy(), self._reached.copy()
        return other

    def until(self, closes: int) -> None:
        """Nobody is in from `closes` on."""
        self.rule = replace(self.rule, closes=closes)

    def advance(self, month: int, pull: Pull = AT_REST, gone: Turnover | None = None) -> None:
        """Who leaves and who joins in `month`; months before the programme opens do nothing. Call month by month.

        gone: rows with another resident than last month, or none: membership there ends with nothing left of it, and whoever
        lives there now has never been in.
        """
        self.month, self._sums, self._pull, self.asked = month, self._sums * EVER, pull, UNASKED
        if gone is not None and gone.rows.size:
            self._part_from(gone)
        if self.rule.opens <= month <= self.rule.closes or self._slot.size:
            self._settle(month, self.future.clock(month))

    def _part_from(self, gone: Turnover) -> None:
        c, members = self.rule.candidates, self.members
        stay = np.ones(self._slot.size, np.bool_)
        dates = (c.arrives, c.leaves) if self.rule.newcomers else (NO_DATES, NO_DATES)
        if part(c.number, c.site, *dates, gone, self._slot, members.left, stay, self._inside, self._reached, self._sums):
            self.members, self._slot = members.only(stay), self._slot[stay]

    def renew(self, fresh: "Delivery") -> None:
        """Go on with the candidates of `fresh`, made for people as they are now; members who are not among them leave."""
        c, members = self.rule.candidates, self.members
        both = merged(fresh.rule.candidates, c, self._slot, month=self.month + 1)
        number = both.number
        before = c.who[self._reached != 0]
        self.rule, self.future = replace(fresh.rule, candidates=Candidates._make([*both.columns, number])), fresh.future
        self._slot = number[members.who]
        self._reached, self._inside = (np.zeros(self.rule.candidates.who.size, np.uint8) for _ in range(2))
        self._reached[number[before[number[before] >= 0]]] = 1
        self._inside[self._slot[members.left == INSIDE]] = 1
        self._dose = np.full(self._inside.size, self.rule.dose, f32)
        self._adopt(fresh, number[fresh.rule.candidates.who])

    def _adopt(self, fresh: Any, number: NDArray[np.int32]) -> None:
        """Take over what `fresh` says of its candidates; number: those they have now."""

    def tally(self) -> NDArray[np.int64]:
        """Members, joined, left and ever reached [p, 4] of the month just advanced, by row of Places of the site."""
        return self._sums

    def _settle(self, month: int, clock: tuple) -> None:
        closed = month >= self.rule.closes
        found, score, free, crowded = self._ask(month, clock, closed, hazard=NOTHING if closed else self._hazard())
        self._become(month, admit(self.rule.candidates, found, score, free=free) if crowded else found)

    def _ask(self, month: int, clock: tuple, over: bool, *, hazard: NDArray[np.float32]) -> tuple:
        """Let members leave, all of them when it is over; who wants a place, their scores, free places, and are they too few?"""
        rule, free = self.rule, self._room()
        self.members = self.members._replace(left=self.members.left.copy())
        tire = NOTHING if self._pull.tire is None else self._pull.tire
        found, score = np.empty(hazard.size, np.int32), np.empty(hazard.size, f32)
        many, crowded = _ask(rule.candidates, self._slot, self.members.left, self._inside, month, clock, self._streams,
                              f32(rule.leave), tire, over, hazard, free, int(self._pull.also is None), np.empty(CHUNK, f32), found,
                              score)
        self.asked = found[:many], hazard, self._pull.also
        return found[:many], score[:many], free, crowded

    def _room(self) -> NDArray[np.int64]:
        """Places of each pool this month."""
        rest, factor, more = self.rule.room, self._pull.room, self._pull.more
        self.room = rest
        if factor is not None or more is not None:
            places = np.asarray(rest * (1 if factor is None else factor) + (0 if more is None else more), np.float64)
            self.room = np.where(rest < NO_LIMIT, self._whole(places), rest)
        return self.room.copy()

    def _whole(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Whole places of each pool: rounded down after adding a draw of its first neighbourhood, so that in the mean nothing is
        lost, whole ones stay, and a higher factor never takes one away."""
        part = self._part if self._pull.short is None else np.where(self._pull.short, 0.0, self._part)
        return np.floor(places + np.maximum(part, ROUNDED)).astype(np.int64)

    def _hazard(self) -> NDArray[np.float32]:
        """Hazards of this month: what word of mouth makes of them, times what readiness and other programmes do, and
        joined with the hazard of being handed over by another programme."""
        hazard, join, also = self._by_word_of_mouth(), self._pull.join, self._pull.also
        hazard = hazard if join is None else np.minimum(hazard * join, f32(1))
        return hazard if also is None else f32(1) - (f32(1) - hazard) * (f32(1) - also)

    def _by_word_of_mouth(self) -> NDArray[np.float32]:
        """Hazards times 1 + strength x share of contacts in last month."""
        c, strength = self.rule.candidates, f32(self.rule.word_of_mouth)
        if strength == 0:
            return c.hazard
        inside = np.zeros(self.future.script.id.size, np.uint8)
        inside[c.who[self._inside != 0]] = 1
        share = np.empty(c.who.size, f32)
        _share_inside(self.future.ties.start, self.future.ties.other, c.who, inside, share)
        return np.minimum(c.hazard * (f32(1) + strength * share), f32(1))

    def _become(self, month: int, joining: NDArray[np.int32]) -> None:
        """Members of `month` once candidates `joining` have come in."""
        rule, old = self.rule, self.members
        room = self._slot.size + joining.size
        after: tuple[Any, ...] = tuple(np.empty(room, kind) for kind in (np.int32, np.int16, np.int16, np.int64, np.int32))
        k = _merge(rule.candidates, self._slot, old.since, old.left, joining, self._inside, self._reached, month, rule.course,
                   after, self._sums)
        self._slot, since, left, who, site = (column[:k] for column in after)
        self.members = Members(who, since, left, self._dose[:k], site)
