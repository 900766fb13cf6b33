"""Indices of inequality over groups in order of deprivation: SII, RII, concentration index, Atkinson and EDE.

Groups (or people) stand in order, **the most deprived first**, with weights = population. Positive slope and concentration: the
less deprived have more of it. Groups of weight 0 count for nothing, whatever their value, NaN too. Where an index has no meaning (a
slope of one group, a share of a mean of 0) it is NaN.
"""
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, logsumexp

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
Scale = Literal["identity", "log", "logit"]
LINKS = {"identity": (lambda x: x, lambda x: x), "log": (np.log, np.exp), "logit": (logit, expit)}
"""Scales of a regression and back: plain, log for rates, logit for shares, as PHE advises."""
NAN = float("nan")
ROUNDING = 1e-12


def weighted(values: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    """Values f8[n] and weights f8[n] that add up to 1 (equal where None); weights below 0, or none above, are an error.

    A group of weight 0 gets the value of another, which moves nothing.
    """
    x = np.asarray(values, float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    if w.shape != x.shape or not (w >= 0).all() or not w.sum() > 0 or not np.isfinite(x[w > 0]).all():
        raise NbhdsimError.of(f"{len(x)} finite values need as many weights, 0 or above and not all 0", path="weights")
    return np.where(w > 0, x, x[w > 0][0]), np.asarray(w / w.sum())


def ridits(weights: ArrayLike, *, rank: ArrayLike | None = None) -> Array:
    """Share of the population below the middle of each group f8[n], 0 to 1, in the order given (or of `rank`, equal ranks tied)."""
    w = np.asarray(weights, float)
    w = w / w.sum()
    if rank is None:
        return np.asarray(np.cumsum(w) - w / 2)
    _, group = np.unique(np.asarray(rank), return_inverse=True)
    each = np.bincount(group, w)
    return np.asarray((np.cumsum(each) - each / 2)[group])


class Slope(NamedTuple):
    """Slope and relative index of inequality, and the fitted value at the most deprived end (unit of the values)."""

    sii: float
    rii: float
    intercept: float


def slope_index(values: ArrayLike, weights: ArrayLike | None = None, *, scale: Scale = "identity") -> Slope:
    """SII and RII: least squares of value on ridit, weights = population share; SII = f(1) - f(0), RII = f(1) / f(0).

    SII in the unit of the values, positive where the least deprived have more; RII has no unit. On the scale `log` (rates) or
    `logit` (shares) the line is fitted there and its ends turned back. Splitting a group moves the SII, as the spread of ridits
    grows. PHE method. Oracles sii-rii-life-expectancy-area1, dcea-baseline-qale-england.
    """
    x, w = weighted(values, weights)
    there, back = LINKS[scale]
    x, w = x[w > 0], w[w > 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        y, r = there(x), ridits(w)
    if not np.isfinite(y).all():
        raise NbhdsimError.of(f"values at the end of the {scale} scale (rates above 0; shares between 0 and 1)", path="values")
    spread = w @ (r - w @ r) ** 2
    slope = (w * (r - w @ r)) @ y / spread if len(y) > 1 else NAN
    start = w @ y - slope * (w @ r)
    low, high = float(back(start)), float(back(start + slope))
    return Slope(high - low, high / low if low else NAN, low)


def simulated(values: ArrayLike, errors: ArrayLike, *, weights: ArrayLike | None = None, scale: Scale = "identity",
              confidence: float = 0.95, n: int = 2000, seed: int = 1) -> tuple[tuple[float, float], tuple[float, float]]:
    """Intervals of SII and of RII by simulation: values drawn n times from normal laws with these standard errors (PHE method).

    `errors` are standard errors on `scale`.
    """
    there, back = LINKS[scale]
    middle = there(np.asarray(values, float))
    drawn = np.random.default_rng(seed).normal(middle, np.asarray(errors, float), (n, len(middle)))
    found = np.array([slope_index(back(row), weights, scale=scale)[:2] for row in drawn])
    ends = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return (float(ends[0, 0]), float(ends[1, 0])), (float(ends[0, 1]), float(ends[1, 1]))


def concentration(values: ArrayLike, weights: ArrayLike | None = None, *, rank: ArrayLike | None = None) -> float:
    """Concentration index 2 cov(h, ridit) / mean(h), weights = population; `rank` for people (equal ranks share their ridit).

    -1 to 1 for values of one sign; below 0 the most deprived have more. The grouped form is that of people with their group's mean.
    NaN where the mean is 0, or values lie on both sides of 0. O'Donnell and others (2008). Oracle dcea-baseline-qale-england.
    """
    x, w = weighted(values, weights)
    mean, r = float(w @ x), ridits(w, rank=rank)
    if not mean or ((x < 0).any() and (x > 0).any()):
        return NAN
    return float(2 * (w @ (x * r) - mean * (w @ r)) / mean)


def erreygers(values: ArrayLike, weights: ArrayLike | None = None, *, low: float, high: float,
              rank: ArrayLike | None = None) -> float:
    """Erreygers' index of a bounded outcome: 8 cov(h, ridit) / (high - low) = 4 mean / (high - low) x concentration, -1 to 1.

    The same for attainment and shortfall but for its sign (Erreygers 2009).
    """
    x, w = weighted(values, weights)
    if not low < high or (x < low).any() or (x > high).any():
        raise NbhdsimError.of(f"values outside the bounds {low:g} to {high:g}", path="values")
    r = ridits(w, rank=rank)
    return float(8 * (w @ (x * r) - (w @ x) * (w @ r)) / (high - low))


def ede(values: ArrayLike, aversion: float, *, weights: ArrayLike | None = None) -> float:
    """Equally distributed equivalent (mean(h^(1 - e)))^(1 / (1 - e)), the geometric mean at aversion e = 1; never above the mean.

    Unit of the values, which are 0 or above (a 0 gives 0 from e = 1 on); e from 0 (the mean) on, infinity the least. Atkinson
    (1970); how averse one should be is disputed. Oracle dcea-baseline-qale-england.
    """
    x, w = weighted(values, weights)
    x, w = x[w > 0], w[w > 0]
    if (x < 0).any() or not aversion >= 0:
        raise NbhdsimError.of("an equally distributed equivalent needs values and an aversion of 0 or above", path="aversion")
    if np.isinf(aversion) or x.min() == x.max():
        return float(x.min())
    with np.errstate(divide="ignore"):
        logs = np.log(x)
    e = 1 - aversion
    return float(np.exp(w @ logs)) if e == 0 else float(np.exp(logsumexp(e * logs, b=w) / e))


def atkinson(values: ArrayLike, aversion: float, *, weights: ArrayLike | None = None) -> float:
    """Atkinson's index 1 - EDE / mean: share of the total given up for equality; NaN at mean 0. Oracle
    dcea-baseline-qale-england.
    """
    x, w = weighted(values, weights)
    mean = float(w @ x)
    return 1 - ede(values, aversion, weights=weights) / mean if mean else NAN


def flips(one: ArrayLike, other: ArrayLike, *, weights: ArrayLike | None = None, most: float = 30.0) -> list[float]:
    """Aversions from 0 to `most` at which the ranking of two distributions by EDE turns round, none where it never does.

    Seen where the two change places between points 0.1 apart.
    """
    def lead(e: float) -> float:
        return ede(one, e, weights=weights) - ede(other, e, weights=weights)
    grid = np.linspace(0, most, int(most * 10) + 1)
    leads = _edes(one, grid, weights) - _edes(other, grid, weights)
    apart = np.flatnonzero(np.abs(leads) > ROUNDING * np.abs(np.asarray(one, float)).max())     # at a tie they may turn round
    turns = [(i, j) for i, j in pairwise(apart) if leads[i] * leads[j] < 0]
    if not turns:
        return []
    from scipy.optimize import brentq  # takes a while, and most rankings never turn

    return [float(brentq(lead, grid[i], grid[j])) for i, j in turns]


def _edes(values: ArrayLike, aversions: Array, weights: ArrayLike | None) -> Array:
    """`ede` at many aversions at once."""
    x, w = weighted(values, weights)
    with np.errstate(divide="ignore"):
        logs, e = np.log(x[w > 0]), 1 - aversions[:, None]
    powered = logsumexp(np.where(e == 0, 1, e) * logs, b=w[w > 0], axis=1) / np.where(e == 0, 1, e)[:, 0]
    return np.asarray(np.exp(np.where(e[:, 0] == 0, logs @ w[w > 0], powered)))
