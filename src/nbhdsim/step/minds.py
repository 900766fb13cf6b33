"""Minds and wellbeing: what is induced, how it spreads along ties, and life satisfaction (design 2.3)."""
from typing import NamedTuple

import numpy as np
from numba import njit

from ..rng import INNER, JIT, exp32, f32, u64

SCALE = f32(2.0 ** 16)             # published shifts are integers of 2^-16 SD, so sums over neighbours are exact in any order
HALF = f32(0.5)
FORGOTTEN = f32(2.0 ** -22)         # SD: less spill-over than this is none, so that reach along ties is finite
TOP = f32(10)                      # the answer scale ends here
CHUNK = 1024                       # residents worked on at once
INVERSE = 4096                     # cells of the inverse table
FLAT = 1e-3                        # points a point: a slope too small to step along
FURTHEST = f32(3)              # points: a stated shift is not chased further into the ceiling than this


class Web(NamedTuple):
    """Ties and what they weigh: start, other, layer as in places.Ties; weight [4] of each layer, whole numbers (int32); share [n]:
    1 / sum of a row's weights (0 without ties), float32."""

    start: np.ndarray
    other: np.ndarray
    layer: np.ndarray
    weight: np.ndarray
    share: np.ndarray


class Spread(NamedTuple):
    """Parameters of spill-over: kappa (share of the way a month), c (causal slope), g (weight of group ties),
    a, b [5] (log rate and points per SD)."""

    kappa: np.float32
    c: np.float32
    g: np.float32
    a: np.ndarray
    b: np.ndarray


class Answers(NamedTuple):
    """E clip(base + noise, 0, 10) tabulated: first base, steps a point, and means [m] (float64, rising); and its inverse,
    bases [INVERSE + 1] at evenly spaced means from 0 to 10."""

    first: float
    steps: float
    mean: np.ndarray
    base: np.ndarray


@njit(**JIT)
def expected_answer(base, answers):
    """E clip(base + noise, 0, 10) by linear interpolation in the table, and its slope (points a point)."""
    x = min(max((base - answers.first) * answers.steps, 0.0), answers.mean.size - 2.0)
    j = int(x)
    rise = answers.mean[j + 1] - answers.mean[j]
    return answers.mean[j] + (x - j) * rise, rise * answers.steps


@njit(**JIT)
def latent_shift(base, stated, answers):
    """Shift of one resident's latent value that moves the expected clipped answer by `stated` points.

    Solved over noise alone, never over who joined (design 2.3): a look-up in the inverse table and one Newton step; at
    most 3 points where the ceiling leaves no room.
    """
    now, _ = expected_answer(np.float64(base), answers)
    goal = now + stated
    x = min(max(goal * (INVERSE / TOP), 0.0), INVERSE - 1.0)
    j = int(x)
    found = answers.base[j] + (x - j) * (answers.base[j + 1] - answers.base[j])
    there, slope = expected_answer(found, answers)
    if slope > FLAT:
        found += (goal - there) / slope
    shift = f32(found - base)
    return min(max(shift, f32(0)), FURTHEST) if stated > 0 else max(min(shift, f32(0)), -FURTHEST)


@njit(**INNER)
def answer(latent, shift, low, high, out):
    """Life satisfaction of rows low..high: clip(latent + everything induced, 0, 10)."""
    for i in range(low, high):
        out[i] = min(max(latent[i] + shift[i], f32(0)), TOP)


@njit(**JIT)
def publish(induced, absent, published):
    """Write what contacts read next: induced change (E + S) of one mechanism [n] in whole units of 2^-16 SD, 0 of rows `absent`."""
    for i in range(u64(induced.size)):
        x = induced[i] * SCALE
        published[i] = np.int32(x + HALF if x >= f32(0) else x - HALF)
    for i in absent:
        published[i] = 0


@njit(**JIT)
def spread(web, published, spill, active, p, who, total):
    """S(t+1) = (1 - kappa) S + kappa c sum_j w_ij (E_j + S_j) / sum_j w_ij, for the mechanisms `active`.

    Ties are symmetric: whoever publishes something adds it to their contacts, and all the others cost nothing. Sums are whole
    numbers, so that their order does not matter. published [5, n] int32: E + S of this month, before anybody moves; spill [5, n]
    SD, in place. who [n + 1], total [n] int32, zeros: room for those who publish and for the sums.
    """
    n = u64(total.size)
    keep, pull = f32(1) - p.kappa, p.kappa * p.c / SCALE
    for k in active:
        shown, row, found = published[k], spill[k], u64(0)
        for i in range(n):
            who[found] = i
            found += u64(shown[i] != 0)
        for j in range(found):
            i = u64(who[j])
            x = shown[i]
            for e in range(u64(web.start[i]), u64(web.start[i + u64(1)])):
                total[u64(web.other[e])] += x * web.weight[u64(web.layer[e])]
        for i in range(n):
            row[i] = keep * row[i] + pull * web.share[i] * f32(total[i])
            total[i] = 0


@njit(**JIT)
def settle_spill(spill, shift, ratio, active, p):
    """shift = b'S (points) and ratio = exp(a'S) of everybody; remnants far below the published unit become 0."""
    for low in range(0, shift.size, CHUNK):
        i, end = u64(low), u64(min(low + CHUNK, shift.size))
        shift[i:end] = f32(0)
        ratio[i:end] = f32(0)
        for k in active:
            row, a, b = spill[k], p.a[k], p.b[k]
            for j in range(i, end):
                row[j] = row[j] if abs(row[j]) > FORGOTTEN else f32(0)
                shift[j] += b * row[j]
                ratio[j] += a * row[j]
        for j in range(i, end):
            ratio[j] = exp32(ratio[j])


@njit(**JIT)
def spread_group(site, who, size, groups, published, spill, p, total):
    """Group ties: add kappa c g times the mean induced change of the OTHER members of one's site, on top of the base row.

    groups [n]: programmes in whose groups a resident has company; together they weigh g. total [sites, 5] int64: zeros.
    """
    for j in range(who.size):
        for k in range(spill.shape[0]):
            total[site[j], k] += published[k, who[j]]
    pull = p.kappa * p.c * p.g / SCALE
    for j in range(who.size):
        others = size[site[j]] - 1
        if others > 0:
            share = f32(others * groups[who[j]])
            for k in range(spill.shape[0]):
                spill[k, who[j]] += pull * f32(total[site[j], k] - published[k, who[j]]) / share


def spread_groups(groups, published, spill, *, p):
    """Group ties of all programmes: groups as in `Levers.groups`, [(site [k], rows [k]), ...]."""
    belongs = np.zeros(spill.shape[1], np.int32)
    sizes = [np.bincount(site) for site, _ in groups]
    for (site, who), size in zip(groups, sizes, strict=True):
        belongs[who] += size[site] > 1
    for (site, who), size in zip(groups, sizes, strict=True):
        spread_group(site, who, size, belongs, published, spill, p, np.zeros((size.size, spill.shape[0]), np.int64))
