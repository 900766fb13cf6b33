"""The part of a month that no money can change: drift of life, acuity, natural admission rates.

Every scenario of a future answers the same luck, resident by resident, so it is drawn once a month and shared. Drift is
kept as five independent standard normal AR(1) series; the correlated drift of design 2.3 is a fixed linear map of them
(`Loadings`), because all mechanisms share one memory.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from ..residents import MECHANISMS
from ..rng import INNER, JIT, WORD, exp32, f32, fill_normals, normal, philox, tails, u32, u64, unit
from ..rng import purpose as _purpose

CHUNK = 1024                       # residents worked on at once: the twelve rows of draws stay in the nearest cache
WORDS, THIRD = 4, u64(3)           # words of one counter block; the last of them
DRAWS, NORMALS, CHANCES = 12, 8, 3 # words a resident-month: the first eight become normals, three are kept as they are
SERIES = len(MECHANISMS)           # independent drifts: the first normals
SLOW, ACUITY, NOISE = u64(5), u64(6), u64(7)    # the normals after them
MINDS, BODY, CHANCE = _purpose("luck.minds"), _purpose("luck.body"), _purpose("luck.chance")
NEW_MINDS, NEW_BODY = _purpose("luck.arrival.minds"), _purpose("luck.arrival.body")
CARE = MECHANISMS.index("self_care")
HIGH, LOW = WORD, u64(0xFFFFFFFF)
NOBODY, NOWHERE = np.zeros(0, np.int32), np.zeros(0, np.int64)


class Fixed(NamedTuple):
    """What one parameter draw makes of the life script, row by row ([n], float32); made by `prepare`.

    rate: monthly admission rate without season, place-year, drift and acuity (admissions a month).
    satisfaction: latent life satisfaction without slow part, drift and noise (points).
    connection, control, self_care: SD, without drift.   attendance: A&E attendances without admission per natural admission.
    referral: child social care referrals a month (0 from 18).   who: ids (uint32).
    """

    who: np.ndarray
    rate: np.ndarray
    satisfaction: np.ndarray
    connection: np.ndarray
    control: np.ndarray
    self_care: np.ndarray
    attendance: np.ndarray
    referral: np.ndarray


class Luck(NamedTuple):
    """State of the shared month: drift [5, n] (independent, SD 1), slow (points), acuity (log rate), all at this month;

    and what the month publishes: natural (admissions), latent (points), connection, control, self_care (SD) before anything
    induced, and the uniforms of admissions, attendances and referrals. All float32.
    """

    drift: np.ndarray
    slow: np.ndarray
    acuity: np.ndarray
    natural: np.ndarray
    latent: np.ndarray
    connection: np.ndarray
    control: np.ndarray
    self_care: np.ndarray
    chance: np.ndarray


class Loadings(NamedTuple):
    """How the five independent drifts enter: drift of mechanism k = sum_j root[k, j] e_j (SD); a and b through `root`."""

    rho: np.float32
    rho_slow: np.float32
    rho_acuity: np.float32
    slow_sd: np.float32
    acuity_sd: np.float32
    noise_sd: np.float32
    root: np.ndarray
    a: np.ndarray
    b: np.ndarray


def empty(n: int) -> Luck:
    """Luck of `n` residents before the first month."""
    def rows(*shape):
        return np.zeros(shape, f32)
    return Luck(rows(SERIES, n), rows(n), rows(n), rows(n), rows(n), rows(n), rows(n), rows(n), rows(CHANCES, n))


def copy(luck: Luck) -> Luck:
    """A copy that goes its own way."""
    return Luck(*(column.copy() for column in luck))


@njit(**INNER)
def _draw(who, low, m, clock, words):
    """Three counter blocks a resident from row `low` on: words [12 m] of uniforms, one word of everybody after the other."""
    month, replicate, k0, k1 = clock
    for stream in range(DRAWS // WORDS):
        purpose = MINDS if stream == 0 else BODY if stream == 1 else CHANCE
        first = u64(WORDS * stream) * m
        w0, w1, w2, w3 = words[first:], words[first + m:], words[first + m + m:], words[first + THIRD * m:]
        for i in range(m):
            a, b, c, d = philox(who[low + i], month, purpose, replicate, k0, k1)
            w0[i] = unit(a)
            w1[i] = unit(b)
            w2[i] = unit(c)
            w3[i] = unit(d)


@njit(**INNER)
def _autoregress(x, low, m, z, rho, sd):
    """x(t+1) = rho x(t) + sd z: stationary when sd is sqrt(1 - rho^2) of the lasting SD."""
    for i in range(m):
        x[low + i] = rho * x[low + i] + sd * z[i]


@njit(**INNER)
def _weigh(drift, low, m, w, out):
    """out = w . e, one independent drift after another."""
    e0, e1, e2, e3, e4 = drift[0], drift[1], drift[2], drift[3], drift[4]
    w0, w1, w2, w3, w4 = w[0], w[1], w[2], w[3], w[4]
    for i in range(m):
        j = low + i
        out[i] = w0 * e0[j] + w1 * e1[j] + w2 * e2[j] + w3 * e3[j] + w4 * e4[j]


@njit(**INNER)
def _natural(rate, drift, acuity, season, low, m, out):
    """mu without programmes: rate x season x exp(a'drift + acuity), design 2.3."""
    for i in range(m):
        out[low + i] = rate[low + i] * season * exp32(drift[i] + acuity[low + i])


@njit(**INNER)
def _latent(fixed, drift, slow, noise, sd, low, m, out):
    """Latent life satisfaction before anything induced: cell + trait + slow + b'x + noise (points)."""
    for i in range(m):
        out[low + i] = fixed[low + i] + drift[i] + slow[low + i] + sd * noise[i]


@njit(**INNER)
def _levels(fixed, drift, root, low, m, luck):
    """connection, control and self-care before anything induced (SD)."""
    connection, control, care, third = luck.connection, luck.control, luck.self_care, fixed.self_care
    e2, e3, d, f, g, h = drift[2], drift[CARE], root[CARE, 0], root[CARE, 1], root[CARE, 2], root[CARE, CARE]
    e0, e1, own, second = drift[0], drift[1], fixed.connection, fixed.control
    a, b, c = root[0, 0], root[1, 0], root[1, 1]
    for i in range(m):
        j = low + i
        connection[j] = own[j] + a * e0[j]
        control[j] = second[j] + b * e0[j] + c * e1[j]
        care[j] = third[j] + d * e0[j] + f * e1[j] + g * e2[j] + h * e3[j]


@njit(**INNER)
def _copy(x, out, low, m):
    """Rows from `low` on of out = the first m of x."""
    for i in range(m):
        out[low + i] = x[i]


@njit(**INNER)
def _arrive(luck, who, rows, loadings, clock):
    """Newcomers in these rows bring drift, slow part and acuity of the month before, stationary. who [n]: ids."""
    month, replicate, k0, k1 = clock
    for i in rows:
        words = philox(who[i], month, NEW_MINDS, replicate, k0, k1)
        for k in range(WORDS):
            luck.drift[k, i] = normal(unit(words[k]))
        last, slow, acuity, _ = philox(who[i], month, NEW_BODY, replicate, k0, k1)
        luck.drift[WORDS, i] = normal(unit(last))
        luck.slow[i] = loadings.slow_sd * normal(unit(slow))
        luck.acuity[i] = loadings.acuity_sd * normal(unit(acuity))


def clock(seed: int, replicate: int, month: int) -> tuple:
    """Counter words of one month: `month` is 12 * year + month - 1 of the calendar."""
    return u32(month), u32(replicate), u32(seed & int(LOW)), u32(seed >> int(HIGH))


def advance(luck, fixed, loadings, *, bounds, season, clock, first, new=NOBODY, absent=NOWHERE):
    """Move luck to this month and publish it.

    bounds [p, k]: first row of each place, .., row after its last; season: rate multiplier of each place this month (season,
    trend, place-year); clock: (month, replicate, low and high word of the seed), uint32; first: draw the stationary state instead;
    new: rows (int32) of newcomers; absent: rows (int64) without anybody, who have no sense of control.
    """
    words, normals, weighed = np.empty(DRAWS * CHUNK, f32), np.empty(NORMALS * CHUNK, f32), np.empty((2, CHUNK), f32)
    _advance(luck, fixed, loadings, bounds, season, clock, first, new, absent, (words, normals, weighed, *tails()))


@njit(**JIT)
def _advance(luck, fixed, loadings, bounds, season, clock, first, new, absent, room):
    words, normals, weighed, where, tail = room
    _arrive(luck, fixed.who, new, loadings, clock)
    one = f32(1)
    rho, rho_slow, rho_acuity = loadings.rho, loadings.rho_slow, loadings.rho_acuity
    if first:
        rho, rho_slow, rho_acuity = f32(0), f32(0), f32(0)
    sd = np.sqrt(one - rho * rho)
    sd_slow = loadings.slow_sd * np.sqrt(one - rho_slow * rho_slow)
    sd_acuity = loadings.acuity_sd * np.sqrt(one - rho_acuity * rho_acuity)
    for place in range(bounds.shape[0]):
        end = bounds[place, bounds.shape[1] - 1]
        for low in range(bounds[place, 0], end, CHUNK):
            size = min(CHUNK, end - low)
            i, m = u64(low), u64(size)                  # unsigned: no index needs a check for counting from the end
            _draw(fixed.who, i, m, clock, words)
            fill_normals(words, normals, u64(NORMALS) * m, where, tail)
            for k in range(u64(SERIES)):
                _autoregress(luck.drift[k], i, m, normals[k * m:], rho, sd)
            _autoregress(luck.slow, i, m, normals[SLOW * m:], rho_slow, sd_slow)
            _autoregress(luck.acuity, i, m, normals[ACUITY * m:], rho_acuity, sd_acuity)
            _weigh(luck.drift, i, m, loadings.a, weighed[0])
            _weigh(luck.drift, i, m, loadings.b, weighed[1])
            _natural(fixed.rate, weighed[0], luck.acuity, season[place], i, m, luck.natural)
            _latent(fixed.satisfaction, weighed[1], luck.slow, normals[NOISE * m:], loadings.noise_sd, i, m, luck.latent)
            _levels(fixed, luck.drift, loadings.root, i, m, luck)
            for k in range(u64(CHANCES)):
                _copy(words[(u64(NORMALS) + k) * m:], luck.chance[k], i, m)
    for i in absent:
        luck.control[i] = f32(0)
