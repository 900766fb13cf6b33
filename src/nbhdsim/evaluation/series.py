"""Interrupted time series of counts, alone or beside other areas: Poisson regression with a step, a trend and seasons (Bernal,
Cummins and Gasparrini 2017).
"""
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from nbhdsim.equity.rates import score
from nbhdsim.errors import NbhdsimError
from nbhdsim.evaluation import Design, Estimate, EvaluatorView, Needs, design, sentences

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


class Counterfactual(NamedTuple):
    """Log ratio of what was seen after the start to what the fit expects without the step, its standard error, the dispersion, and
    the first-order autocorrelation of the standardised residuals."""

    log_ratio: float
    error: float
    dispersion: float
    autocorrelation: float


def fitted(counts: ArrayLike, columns: ArrayLike, *, exposure: ArrayLike, without: ArrayLike) -> Counterfactual:
    """Quasi-Poisson regression (counts f8[n]) or, with counts f8[n, 2], quasi-binomial of the first among both, by statsmodels.

    columns f8[n, k]; without f8[n, k]: the same had there been no step; exposure: people f8[n], or their ratio. Over the points
    at which the two differ, ratio = sum of means / sum of means without, error by the delta method. In the quasi-binomial form the
    months drop out: it is a Poisson regression of two series with one effect for each month. NbhdsimError without statsmodels.
    """
    try:
        import statsmodels.api as sm
    except ImportError as missing:
        raise NbhdsimError.of("statsmodels is not installed (pip install 'nbhdsim[evaluate]')", path="series") from missing
    y, x, x0, away = np.asarray(counts, float), np.asarray(columns, float), np.asarray(without, float), np.log(exposure)
    if y.ndim == 2:                                        # a month without any event says nothing of the ratio
        some = y.sum(1) > 0
        y, x, x0, away = y[some], x[some], x0[some], away[some]
    family = sm.families.Poisson() if y.ndim == 1 else sm.families.Binomial()
    fit = sm.GLM(y, x, family=family, offset=away).fit()
    mean, total = np.asarray(fit.fittedvalues), y.sum(1) if y.ndim == 2 else None
    if total is None:
        r = (y - mean) / np.sqrt(mean)
    else:                                                  # fitted values of a binomial are shares of the total
        r = (y[:, 0] - total * mean) / np.sqrt(total * mean * (1 - mean))
    dispersion = float(r @ r) / (len(y) - x.shape[1])
    after = (x != x0).any(1)
    seen, base = (np.exp(each[after] @ fit.params + (away[after] if y.ndim == 1 else 0)) for each in (x, x0))
    if y.ndim == 2:
        seen, base = y[after, 0], y[after, 0] * base / seen        # the other series stands for what moves both
    gradient = (x[after] * seen[:, None] - x0[after] * base[:, None] * seen.sum() / base.sum()).sum(0) / seen.sum()
    width = float(np.sqrt(gradient @ fit.normalized_cov_params @ gradient * dispersion))
    return Counterfactual(float(np.log(seen.sum() / base.sum())), width, dispersion, float(r[1:] @ r[:-1] / max(r @ r, 1e-300)))


@dataclass(frozen=True)
class Series(Design):
    """The funded areas as one series: level after the start against its course before, carried on.

    pairs: harmonic pairs of a year (with 12 columns a year); slope: may the trend change too?
    """

    pairs: int = 2
    slope: bool = False
    title: ClassVar[str] = "interrupted time series"
    maryland: ClassVar[int] = 2
    needs: ClassVar[Needs] = Needs(treated=1, before=12, after=8, events=50)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The step as a rate; in `checks` the ratio with limits, dispersion and autocorrelation."""
        (y, people), (x, x0) = _sums(view, view.treated), _columns(view, pairs=self.pairs, slope=self.slope)
        found = fitted(y, x, exposure=people, without=x0)
        return _told(self, view, found=found, against="if its course before had gone on",
                     words=" Anything else that began at the same time is in it.")


@dataclass(frozen=True)
class ControlledSeries(Series):
    """The funded areas as one series against the others as another: what moves both in a month drops out (Lopez Bernal 2018)."""

    title: ClassVar[str] = "controlled interrupted time series"
    maryland: ClassVar[int] = 3
    needs: ClassVar[Needs] = Needs(treated=1, compared=1, before=12, after=8, events=50)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The step of the funded areas beyond that of the others; `checks` as of the plain series."""
        (y, people), (others, theirs), (x, x0) = _sums(view, view.treated), _sums(view, view.compared), _columns(
            view, pairs=0, slope=self.slope)
        if not others.sum() > 0:
            raise NbhdsimError.of("there is no event in the areas to compare with; the nearest design that would work: series",
                                  path="controlled_series")
        found = fitted(np.column_stack([y, others]), x, exposure=people / theirs, without=x0)
        return _told(self, view, found=found, against="if its course beside the other areas had gone on",
                     words=" It rests on nothing else having begun in the funded areas alone.")


design("series")(Series)
design("controlled_series")(ControlledSeries)


def _points(view: EvaluatorView) -> NDArray[np.int64]:
    """Columns of both windows."""
    return np.r_[slice(*view.baseline), slice(*view.follow_up)]


def _sums(view: EvaluatorView, areas: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Events and residents of some areas together, each f8[point]."""
    at = _points(view)
    return view.counts[areas].sum(0)[at], view.residents[areas].sum(0)[at]


def _columns(view: EvaluatorView, *, pairs: int, slope: bool) -> tuple[Array, Array]:
    """Columns of the regression and the same without a step, f8[point, column]."""
    at = _points(view)
    time, after = at + 1.0, (at >= view.follow_up[0]).astype(float)
    waves = [wave(2 * np.pi * k * time / view.year) for k in range(1, pairs + 1) for wave in (np.sin, np.cos)] * (view.year == 12)
    steps = [after, after * (at - view.follow_up[0])][:1 + slope]
    kept = [np.ones(len(at)), time, *waves]
    return np.column_stack([*kept, *steps]), np.column_stack([*kept, *(0 * each for each in steps)])


def _told(chosen: Design, view: EvaluatorView, *, found: Counterfactual, against: str, words: str) -> Estimate:
    """The ratio turned into a rate: seen x (1 - 1 / ratio)."""
    seen, half = view.rate(view.treated, view.follow_up), score(0.95) * found.error
    value, low, high = (float(seen * (1 - np.exp(-each))) for each in (found.log_ratio, found.log_ratio - half,
                                                                        found.log_ratio + half))
    ratio, ratio_low, ratio_high = map(float, np.exp(found.log_ratio + np.array([0, -half, half])))
    before = view.rate(view.treated, view.baseline)
    checks = {"ratio": ratio, "ratio low": ratio_low, "ratio high": ratio_high, "dispersion": found.dispersion,
              "autocorrelation": found.autocorrelation, "naive ratio": seen / before if before > 0 else float("nan")}
    said = sentences.found(view, value, limits=(low, high), expected=seen - value, against=against) + words
    if abs(found.autocorrelation) > score(0.95) / np.sqrt(len(_points(view))):
        said += " A warning: months resemble their neighbours, so the interval is too narrow or too wide."
    return Estimate(value, low, high, view.unit, chosen.maryland, said, checks=checks)
