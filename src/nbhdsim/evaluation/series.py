"""Interrupted time series of counts: Poisson regression with a step, a trend and seasons (Bernal, Cummins and Gasparrini 2017)."""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from nbhdsim.equity.rates import score
from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
ROUNDS, CLOSE = 100, 1e-12


class Fit(NamedTuple):
    """Coefficients f8[columns] on the log scale, their covariance f8[columns, columns] at dispersion 1, Pearson dispersion."""

    coefficients: Array
    covariance: Array
    dispersion: float


def poisson(counts: ArrayLike, columns: ArrayLike, *, offset: ArrayLike = 0.0) -> Fit:
    """Poisson regression, log link, by iteratively reweighted least squares, from columns f8[n, columns] (with the constant).

    offset: log of exposure. Dispersion = Pearson chi-squared / (n - columns), NaN without freedom (McCullagh and Nelder 1989).
    Columns that determine each other, or a fit that does not settle, are errors. Oracle its-sicily.
    """
    y, x, away = np.asarray(counts, float), np.asarray(columns, float), np.asarray(offset, float)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NbhdsimError.of("columns of a regression determine each other, or are more than the points", path="series")
    mean, before = y + 0.5, np.inf
    for _ in range(ROUNDS):
        target = np.log(mean) - away + (y - mean) / mean
        inner = np.linalg.inv(x.T @ (mean[:, None] * x))
        found = inner @ (x.T @ (mean * target))
        mean = np.exp(x @ found + away)
        deviance = 2 * float((xlogy(y, y / mean) - (y - mean)).sum())
        if abs(deviance - before) <= CLOSE * (abs(deviance) + 1):
            free = len(y) - x.shape[1]
            chi = float((np.square(y - mean) / mean).sum())
            return Fit(found, np.linalg.inv(x.T @ (mean[:, None] * x)), chi / free if free > 0 else float("nan"))
        before = deviance
    raise NbhdsimError.of("the regression does not settle", path="series")


class Step(NamedTuple):
    """Rate ratio of the step with its limits, of one more time unit, dispersion, and the naive ratio after / before."""

    ratio: float
    low: float
    high: float
    trend: float
    dispersion: float
    naive: float


def interrupted(counts: ArrayLike, people: ArrayLike, *, start: int, pairs: int = 0, period: int = 12, quasi: bool = False,
                confidence: float = 0.95) -> Step:
    """Step change of a rate from point `start` (0-based) on, trend-adjusted: log E[y] = log people + b0 + b1 t + b2 step + seasons.

    counts, people: f8[n] at even times 1, 2, ..; `pairs` harmonic pairs of `period` points; `quasi` widens the limits by the
    dispersion; trend = exp(b1) per point. Normal limits. Both sides of the step need points, else an error. Oracle its-sicily.
    """
    y, size = np.asarray(counts, float), np.asarray(people, float)
    if not 0 < start < len(y):
        raise NbhdsimError.of(f"a step at point {start} of {len(y)} (points on both sides)", path="series")
    time, after = np.arange(1, len(y) + 1), np.arange(len(y)) >= start
    waves = [wave(2 * np.pi * k * time / period) for k in range(1, pairs + 1) for wave in (np.sin, np.cos)]
    fit = poisson(y, np.column_stack([np.ones(len(y)), time, after, *waves]), offset=np.log(size))
    half = score(confidence) * np.sqrt(fit.covariance[2, 2] * (fit.dispersion if quasi else 1))
    ends = np.exp(fit.coefficients[2] + np.array([0, -half, half]))
    late, early = (float(y[side].sum() / size[side].sum()) for side in (after, ~after))
    ratio, low, high = map(float, ends)
    return Step(ratio, low, high, float(np.exp(fit.coefficients[1])), fit.dispersion, late / early if early else float("nan"))
