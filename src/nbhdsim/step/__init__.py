"""One month: the only writer of residents.

Read in this order: `luck` (what no money moves), `minds` (induced change, spill-over, wellbeing), `events` (admissions
and the rest), `measure` (sums). `advance` puts them together for one scenario.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from ..levers import OTHER_RATIOS, Levers, Settled
from ..rng import JIT, f32, u64
from . import luck as luck_
from .events import Hospital, admit, attend, expect, refer
from .luck import SERIES, Fixed, Luck
from .measure import COLUMNS, SEGMENTS, Lines, add_year, measure
from .minds import (
    Answers,
    Spread,
    Web,
    answer,
    latent_shift,
    publish,
    settle_spill,
    spread,
    spread_groups,
)
from .own import leave_out, spread_own


class State(NamedTuple):
    """What one scenario moves, row by row. excitation: admissions a month; spill [5, n] SD (E is added while a month is worked
    out); shift: induced latent points; ratio: R on mu; other [4, n] ratios; published [5, n] (2^-16 SD); life_satisfaction
    (points), expected (admissions a month), admitted and, of children, referred (counts) of the month just done."""

    excitation: np.ndarray
    spill: np.ndarray
    shift: np.ndarray
    ratio: np.ndarray
    other: np.ndarray
    published: np.ndarray
    life_satisfaction: np.ndarray
    expected: np.ndarray
    admitted: np.ndarray
    referred: np.ndarray


class Years(NamedTuple):
    """Sums of the running year per resident: admissions (u2), expected admissions, life satisfaction (points x months), and
    child social care referrals (u2)."""

    admissions: np.ndarray
    expected: np.ndarray
    life_satisfaction: np.ndarray
    referrals: np.ndarray


class Rules(NamedTuple):
    """One draw's parameters of the month: luck.Loadings, minds.Spread and Answers, events.Hospital, measure.Lines, and
    whether pushes move those they are pushed on."""

    loadings: luck_.Loadings
    spread: Spread
    answers: Answers
    hospital: Hospital
    lines: Lines
    direct: bool


class Ground(NamedTuple):
    """Where rows lie: start [p+1] first row of each place; bounds [p, 11] rows of its age segments, oldest first;
    children [p] first row under 18; segment [n] u1; ties: with what they weigh; away [p, 10] rows of each segment without
    anybody; absent: those rows, and those of the unborn."""

    start: np.ndarray
    bounds: np.ndarray
    children: np.ndarray
    segment: np.ndarray
    ties: Web
    away: np.ndarray
    absent: np.ndarray


def state(n: int) -> State:
    """The state of `n` residents before anything is induced."""
    return State(np.zeros(n, f32), np.zeros((SERIES, n), f32), np.zeros(n, f32), np.ones(n, f32),
                 np.ones((len(OTHER_RATIOS), n), f32), np.zeros((SERIES, n), np.int32), np.zeros(n, f32),
                 np.zeros(n, f32), np.zeros(n, np.uint8), np.zeros(n, np.uint8))


@njit(**JIT)
def begin_anew(state, years, rows, past, natural, n):
    """Rows [k] whose resident has changed: nothing induced, the excitation of people like them (n x natural [all rows]), a year of
    their own. past: Years [k], written, the sums of the year so far of those who have left."""
    for k in range(rows.size):
        i = rows[k]
        past.admissions[k], past.expected[k] = years.admissions[i], years.expected[i]
        past.life_satisfaction[k], past.referrals[k] = years.life_satisfaction[i], years.referrals[i]
        years.admissions[i], years.expected[i], years.life_satisfaction[i], years.referrals[i] = 0, f32(0), f32(0), 0
        state.excitation[i] = n * natural[i]
        state.shift[i], state.ratio[i], state.referred[i] = f32(0), f32(1), 0
        for j in range(SERIES):
            state.spill[j, i] = f32(0)


def years(n: int) -> Years:
    """Yearly sums of `n` residents, at zero."""
    return Years(np.zeros(n, np.uint16), np.zeros(n, f32), np.zeros(n, f32), np.zeros(n, np.uint16))


@njit(**JIT)
def _apply(settled, state, luck, fixed, loadings, answers, active, kept):
    """Write what was pushed into the month; kept [k, 5]: the spill-over of touched rows, to be put back afterwards.

    active: mechanisms that are ever pushed; the others stay at rest and are not looked at.
    """
    rows = settled.rows
    for k in active:
        induced = state.spill[k]
        for j in range(rows.size):
            kept[j, k] = induced[rows[j]]
            induced[rows[j]] += settled.shift[j, k]
    for j in range(rows.size):
        i = rows[j]
        shift = settled.mediated[j]
        if settled.satisfaction[j] != f32(0):
            base = fixed.satisfaction[i] + luck.slow[i]
            for k in range(kept.shape[1]):
                base += loadings.b[k] * luck.drift[k, i]
            shift += latent_shift(base, settled.satisfaction[j], answers)
        state.shift[i] += shift
    for m in range(state.other.shape[0]):
        if settled.others[m]:
            for j in range(rows.size):
                state.other[m, rows[j]] = settled.other[j, m]


@njit(**JIT)
def _rest(settled, state, active, kept):
    """Put touched residents back: spill-over without this month's effect, nothing induced, other ratios 1."""
    rows = settled.rows
    for k in active:
        for j in range(rows.size):
            state.spill[k, rows[j]] = kept[j, k]
    for j in range(rows.size):
        state.shift[rows[j]] = f32(0)
    for m in range(state.other.shape[0]):
        if settled.others[m]:
            for j in range(rows.size):
                state.other[m, rows[j]] = f32(1)


@njit(**JIT)
def _respond(state, luck, fixed, hospital, lines, ground, clock, years, sums):
    """Wellbeing, events and sums of one month, place by place; sums [p, 10, columns] int64."""
    for place in range(ground.start.size - 1):
        low, high = u64(ground.bounds[place, 0]), u64(ground.bounds[place, SEGMENTS])     # unsigned, as in luck
        answer(luck.latent, state.shift, low, high, state.life_satisfaction)
        expect(luck.natural, state, hospital.n, low, high)
        admit(low, high, clock, luck, state, years.admissions, fixed.who, ground, hospital, sums, place)
        attend(low, high, luck, fixed.attendance, state, ground.segment, sums, place)
        refer(u64(ground.children[place]), high, luck, fixed.referral, state, years.referrals, ground.segment, sums, place)
        measure(place, ground, lines, state, luck, sums)
        add_year(state, years, low, high)


def advance(state: State, luck: Luck, fixed: Fixed, *, rules: Rules, ground: Ground, levers: Levers, clock: tuple,
            years: Years, felt: np.ndarray | None = None) -> np.ndarray:
    """Work out one month of one scenario: read levers, write `state` and `years`, return sums [p, 10, columns] int64.

    luck: this month's (already advanced). levers: pushed for this month; reset here when they have been read.
    clock: (calendar month, replicate, seed) as uint32, uint32, uint64. felt [5, n]: written, the induced change (SD) that
    moves each resident this month.

    With D = 1 a resident's outcomes answer E + S and every other push on them; with D = 0 (`rules.direct` off) S alone, as if
    nothing were pushed on them, be it as participant, as one exposed or as a resident of the area. What contacts see is
    E + S either way: outcomes = f(D E + S, D stated totals), S' = (1 - kappa) S + kappa c sum_j w_ij (E_j + S_j).
    """
    sums = np.zeros((ground.start.size - 1, SEGMENTS, len(COLUMNS)), np.int64)

    def respond() -> None:
        if felt is not None:
            felt[:] = state.spill
        _respond(state, luck, fixed, rules.hospital, rules.lines, ground, clock, years, sums)
    if not rules.direct or levers.resting:      # the month is over before anything pushed arrives
        respond()
    if levers.resting:
        levers.reset()
        return sums
    if rules.direct and levers.own:
        leave_out(levers, state.spill, shift=state.shift, ratio=state.ratio, p=rules.spread)
    settled: Settled = levers.settled()
    changed = levers.join_ratios(state.ratio)
    kept = np.empty((settled.rows.size, state.spill.shape[0]), f32)
    active = np.flatnonzero(levers.spreads)
    _apply(settled, state, luck, fixed, rules.loadings, rules.answers, active, kept)
    if rules.direct:
        respond()
    spreading = active.size > 0 and rules.spread.c > 0
    for k in active:
        publish(state.spill[k], ground.absent, state.published[k])
    _rest(settled, state, active, kept)
    if spreading:
        n = state.shift.size
        spread(ground.ties, state.published, state.spill, active, rules.spread, np.empty(n + 1, np.int32), np.zeros(n, np.int32))
        spread_groups(levers.groups, state.published, state.spill, p=rules.spread)
        spread_own(levers, ground.ties, ground.absent, p=rules.spread)
        settle_spill(state.spill, state.shift, state.ratio, active, rules.spread)
    else:
        for who in changed:
            state.ratio[who] = 1
    levers.reset()
    return sums
