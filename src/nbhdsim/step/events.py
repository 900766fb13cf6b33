"""Events: emergency admissions, nights, A&E attendances, child social care referrals (design 2.3).

Counts are drawn by inversion from one uniform, so more rate never gives fewer events to the same resident.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from ..rng import INLINE, INNER, JIT, block, exp32, f32, log32, u32
from ..rng import purpose as _purpose
from .measure import ADMISSIONS, ATTENDANCES, BED_DAYS, REFERRALS

STAY = _purpose("luck.stay")
AE, NIGHTS, REFERRAL, READMISSION = range(4)    # rows of State.other, the order of levers.OTHER_RATIOS
MOST = 60                          # a count of events in one month is never followed further than this
MARGIN = f32(1e-6)                 # more than float32 loses in 1 - rate and exp(-rate)
SQUARED = 8
SMALLER = 2.0 ** -SQUARED          # a rate is made smaller by this much before its series
PARTS = (1 / 6, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 1.0)


class Hospital(NamedTuple):
    """n: share of admissions set off by an earlier one; phi: excitation kept a month; through: share of admissions by
    way of A&E; zero_day: share without a night; stay [10]: mean nights of the others by age segment (float32)."""

    n: np.float32
    phi: np.float32
    through: np.float32
    zero_day: np.float32
    stay: np.ndarray


@njit(**JIT)
def no_event(rate):
    """exp(-rate) in float64: Taylor's series of rate / 256 (relative error < 1e-13 up to a rate of 4), squared eight times."""
    x = -np.float64(rate) * SMALLER
    out = 1.0
    for part in PARTS:
        out = 1.0 + x * part * out
    for _ in range(SQUARED):
        out *= out
    return out


@njit(**JIT)
def poisson(rate, u):
    """Poisson count by inversion of one uniform, for those who have passed a cheaper test of having none.

    In float64: float32 sums stop just short of 1, which the largest uniforms would never reach, and two rates that hardly
    differ could swap their counts in the tail.
    """
    count, term = 0, no_event(rate)
    total = term
    while u > total and count < MOST:
        count += 1
        term = term * rate / count
        total += term
    return count


@njit(**INLINE)
def _happens(rate, u):
    """Is there any event at all? exp(-x) >= 1 - x answers for nearly everybody without an exponential."""
    return u > f32(1) - rate - MARGIN and u > exp32(-rate)


@njit(**INNER)
def expect(natural, state, n, low, high):
    """Lambda = (1 - n) mu R + r h: admissions expected this month, of rows low..high."""
    ratio, excitation, readmission, expected = state.ratio, state.excitation, state.other[READMISSION], state.expected
    for i in range(low, high):
        expected[i] = (f32(1) - n) * natural[i] * ratio[i] + readmission[i] * excitation[i]


@njit(**JIT)
def nights(u_stay, u_length, mean, zero_day):
    """Nights of one admission: none with probability zero_day, else geometric from 1 with the given mean (>= 1)."""
    if u_stay < zero_day or mean <= f32(1):
        return 0 if u_stay < zero_day else 1
    return 1 + int(log32(u_length) / log32(f32(1) - f32(1) / mean))


@njit(**INNER)
def admit(low, high, clock, luck, state, yearly, who, ground, hospital, sums, place):
    """Draw admissions of rows low..high, their nights and attendances; write excitation and yearly counts.

    h(t+1) = phi h + n (1 - phi) N: linear self-excitation with mean n times admissions.
    """
    excitation, admitted, expected, segment = state.excitation, state.admitted, state.expected, ground.segment
    jump, u = hospital.n * (f32(1) - hospital.phi), luck.chance[0]
    for i in range(low, high):
        excitation[i] *= hospital.phi
        admitted[i] = 0
    for i in range(low, high):
        if _happens(expected[i], u[i]):
            count = poisson(expected[i], u[i])
            excitation[i] += jump * f32(count)
            admitted[i] = count
            yearly[i] += count
            s = segment[i]
            sums[place, s, ADMISSIONS] += count
            for event in range(count):
                u_stay, u_length, u_way, _ = block(clock[2], clock[1], u32(STAY + u32(event)), clock[0], who[i])
                mean = hospital.stay[s] * state.other[NIGHTS, i]
                sums[place, s, BED_DAYS] += nights(u_stay, u_length, mean, hospital.zero_day)
                sums[place, s, ATTENDANCES] += u_way < hospital.through


@njit(**INNER)
def attend(low, high, luck, attendance, state, segment, sums, place):
    """A&E attendances that do not end in admission: Poisson with rate attendance x natural admission rate x ratio."""
    natural, ratio, u = luck.natural, state.other[AE], luck.chance[1]
    for i in range(low, high):
        rate = natural[i] * attendance[i] * ratio[i]
        if _happens(rate, u[i]):
            sums[place, segment[i], ATTENDANCES] += poisson(rate, u[i])


@njit(**INNER)
def refer(low, high, luck, rate, state, yearly, segment, sums, place):
    """Child social care referrals of rows low..high (children): Poisson with rate x ratio; write this month's and yearly counts."""
    ratio, referred, u = state.other[REFERRAL], state.referred, luck.chance[2]
    for i in range(low, high):
        expected = rate[i] * ratio[i]
        referred[i] = 0
        if u[i] > f32(1) - expected:                       # exp(-x) >= 1 - x: skips nearly everybody cheaply
            count = poisson(expected, u[i])
            referred[i] = count
            yearly[i] += count
            sums[place, segment[i], REFERRALS] += count
