"""The difference of two groups of areas, each area one cluster: robust limits and the wild cluster bootstrap."""
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from nbhdsim import rng

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
DRAWS, ALPHA, HALVINGS, REACH = 999, 0.05, 30, 1e3
PURPOSE = rng.purpose("evaluation.wild")


class Contrast(NamedTuple):
    """Difference of two weighted means with its limits, standard error, and p of no difference."""

    value: float
    low: float
    high: float
    error: float
    p: float


def shares(weights: Array, treated: Mask, compared: Mask) -> Array:
    """Weight of each area in (mean of the treated) - (mean of the compared), f8[area]: 1 and -1 in all."""
    w = np.where(treated, weights / weights[treated].sum(), 0.0)
    return np.where(compared, -weights / weights[compared].sum(), w)


def robust(change: Array, treated: Mask, compared: Mask, *, weights: Array, lost: int = 0) -> Contrast:
    """Weighted difference with HC2 errors (each area a cluster) and Student limits at Satterthwaite's degrees of freedom.

    The coefficient of weighted least squares of the change on `treated`; MacKinnon and White (1985), Bell and McCaffrey (2002).
    lost: degrees of freedom spent on adjusting the changes beforehand.
    """
    k = shares(weights, treated, compared)
    value, parts = float(k @ change), []
    for group in (treated, compared):
        w = np.abs(k[group])
        e = change[group] - w @ change[group]
        parts.append((float((w**2 * e**2 / (1 - w)).sum()), max(int(group.sum()) - 1 - lost / 2, 1)))
    variance = sum(v for v, _ in parts)
    free = variance**2 / max(sum(v**2 / n for v, n in parts), 1e-300)
    error = float(np.sqrt(variance))
    half = float(stdtrit(max(free, 1), 1 - ALPHA / 2)) * error
    return Contrast(value, value - half, value + half, error, float("nan"))


@lru_cache(maxsize=4)
def signs(areas: int, *, seed: int, replicate: int, draws: int = DRAWS) -> Array:
    """Rademacher weights f8[draws, areas], each -1 or 1, from counters: the same in every design of a future."""
    u = rng.uniforms(np.uint64(seed), np.uint32(replicate), PURPOSE, np.uint32(0), np.arange(draws * areas, dtype=np.uint32))
    v = np.where(u < 0.5, -1.0, 1.0).reshape(draws, areas)
    v.flags.writeable = False           # held for the designs and worlds of one future
    return v


def wild(change: Array, treated: Mask, compared: Mask, *, weights: Array, v: Array) -> Contrast:
    """Weighted difference with limits of the wild cluster bootstrap-t, null imposed and inverted (Cameron and others 2008).

    For a null b the data are made again as fit + v x restricted residual, with v f8[draws, area] of `signs`; the studentised
    estimate of each is a ratio of polynomials in b whose coefficients are worked out once, so any b costs one pass over the draws.
    Limits: where the symmetric p falls to 0.05 on either side; infinite where it never does (too few areas on a side).
    """
    used = treated | compared
    y, t, k, v = change[used], treated[used].astype(float), shares(weights, treated, compared)[used], v[:, used]
    w = weights[used] / weights[used].sum()
    r0, r1 = y - w @ y, t - w @ t                              # the restricted residual of null b is r0 - b r1
    value, groups = float(k @ y), (t == 1, t == 0)
    moves, spread = (v @ (k * r0), v @ (k * r1)), []
    error2 = 0.0
    for group in groups:
        kg = np.abs(k[group])
        vg, k2, a0, a1 = v[:, group], kg**2, r0[group], r1[group]
        error2 += float((k2 * (y[group] - kg @ y[group])**2).sum())
        spread.append((*(vg @ np.column_stack([kg * a0, kg * a1, k2 * a0, k2 * a1])).T, (k2 * a0**2).sum(), (k2 * a0 * a1).sum(),
                       (k2 * a1**2).sum(), k2.sum()))
    error = float(np.sqrt(error2))

    def p(b: float) -> float:
        variance = np.zeros(len(v))
        for m0, m1, p0, p1, q0, q01, q11, total in spread:
            m = m0 - b * m1
            variance += q0 - 2 * b * q01 + b * b * q11 - 2 * m * (p0 - b * p1) + m * m * total
        size = np.abs(moves[0] - b * moves[1])
        return float((size * error >= abs(value - b) * np.sqrt(np.maximum(variance, 0)) * (1 - 1e-12)).mean())

    if error <= 1e-12 * (np.abs(y).max() + 1):
        return Contrast(value, value, value, 0.0, float(value == 0))
    low, high = (_limit(p, value, side * error) for side in (-1, 1))
    return Contrast(value, low, high, error, p(0.0))


def _limit(p, value: float, step: float) -> float:
    """Where p falls to ALPHA on the way from the estimate in the direction of `step`."""
    inside, outside = value, value + 2 * step
    while p(outside) >= ALPHA:
        inside, outside = outside, value + 1.5 * (outside - value)
        if abs(outside - value) > REACH * abs(step):
            return float(np.sign(step) * np.inf)
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p(middle) >= ALPHA else (inside, middle)
    return (inside + outside) / 2
