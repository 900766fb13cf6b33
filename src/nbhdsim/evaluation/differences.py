"""Difference in differences: on four means, over a panel of areas, and period by period (event study)."""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from nbhdsim.equity.rates import score
from nbhdsim.evaluation import Design, Estimate, EvaluatorView, Needs, Window, design, sentences
from nbhdsim.evaluation.contrast import ALPHA, Contrast, robust, shares, signs, wild

Array = NDArray[np.float64]


class TwoByTwo(NamedTuple):
    """Change where the programme ran (the naive answer), change elsewhere, and their difference, in the unit of the means."""

    before_after: Array
    elsewhere: Array
    effect: Array


def in_differences(treated: tuple[ArrayLike, ArrayLike], control: tuple[ArrayLike, ArrayLike]) -> TwoByTwo:
    """(T1 - T0) - (C1 - C0) from (before, after) means of each side; the interaction of the 2x2 regression. Oracle
    did-card-krueger.
    """
    change = [np.asarray(after, float) - np.asarray(before, float) for before, after in (treated, control)]
    return TwoByTwo(change[0], change[1], change[0] - change[1])


@design("differences")
class Differences(Design):
    """Change in the funded areas less change in the others, weighted by residents, limits of the wild cluster bootstrap.

    Bertrand, Duflo and Mullainathan (2004): one change for each area, so that months of one area are no independent witnesses.
    """

    title = "difference in differences"
    maryland = 3
    needs = Needs(treated=5, compared=5, before=1, after=1)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """The difference; in `checks` the same for a date at which nothing happened and for an outcome nothing could move."""
        v = signs(len(view.treated), seed=view.seed, replicate=view.replicate)
        found = _of(view, view.rates(view.follow_up) - view.rates(view.baseline), v)
        checks = {"p": found.p, "error": found.error, **_placebos(view)}
        return _told(self, view, found=found, checks=checks)


@design("event_study")
class EventStudy(Design):
    """Difference in differences period by period against the last one before the start: leads show whether paths ran side by side.

    The value is the mean of the periods after. Leads are judged together by a Wald test over areas (F, areas less 1).
    """

    title = "event study"
    maryland = 3
    needs = Needs(treated=5, compared=5, before=2, after=1)

    def estimate(self, view: EvaluatorView) -> Estimate:
        """Mean of the lags; in `checks` each lead and lag and p of all leads being 0 (`leads flat`)."""
        before, after = periods(view)
        base = view.rates(before[-1])
        leads = np.column_stack([view.rates(window) - base for window in before[:-1]])
        lags = np.column_stack([view.rates(window) - base for window in after])
        k = shares(view.weights, view.treated, view.compared)
        v = signs(len(view.treated), seed=view.seed, replicate=view.replicate)
        found = _of(view, lags.mean(1), v)
        checks = {"p": found.p, "error": found.error, "leads flat": _flat(leads, k)}
        checks |= {f"lead {i - leads.shape[1] - 1}": float(each) for i, each in enumerate(k @ leads)}
        checks |= {f"lag {i}": float(each) for i, each in enumerate(k @ lags)}
        return _told(self, view, found=found, checks=checks)


def periods(view: EvaluatorView) -> tuple[list[Window], list[Window]]:
    """Windows of equal length before and after the start: years where there are two of them before, else as long as two allow."""
    (b0, b1), (f0, f1) = view.baseline, view.follow_up
    length = max(min(view.year, (b1 - b0) // 2, f1 - f0), 1)
    before = [(stop - length, stop) for stop in range(b1, b0 + length - 1, -length)][::-1]
    return before, [(first, first + length) for first in range(f0, f1 - length + 1, length)]


def _of(view: EvaluatorView, change: Array, v: Array) -> Contrast:
    """The contrast of a change f8[area] between funded and compared areas."""
    return wild(change, view.treated, view.compared, weights=view.weights, v=v)


def _placebos(view: EvaluatorView) -> dict[str, float]:
    """Contrast over its error at a date inside the baseline, and of an outcome that the programme cannot move."""
    first, stop = view.baseline
    middle, out = (first + stop) // 2, {}
    if middle > first:
        out["placebo date"] = view.rates((middle, stop)) - view.rates((first, middle))
    if view.placebo is not None:
        out["placebo outcome"] = view.rates(view.follow_up, view.placebo) - view.rates(view.baseline, view.placebo)
    found = {name: robust(each, view.treated, view.compared, weights=view.weights) for name, each in out.items()}
    return {name: each.value for name, each in found.items()} | {
        f"{name} z": each.value / each.error if each.error else 0.0 for name, each in found.items()}


def _flat(leads: Array, k: Array) -> float:
    """p that all leads f8[area, lead] are 0: F of the Wald statistic with the covariance of areas."""
    e = np.where((k > 0)[:, None], leads - (k * (k > 0)) @ leads, leads + (k * (k < 0)) @ leads)
    value, covariance = k @ leads, (k**2 * (k != 0) * e.T) @ e
    count, areas = leads.shape[1], int((k != 0).sum())
    if areas - 1 <= count or np.linalg.matrix_rank(covariance) < count:
        return float("nan")
    return float(fdtrc(count, areas - 1, value @ np.linalg.solve(covariance, value) / count))


def _told(chosen: Design, view: EvaluatorView, *, found: Contrast, checks: dict[str, float]) -> Estimate:
    """The estimate with its words: what it rests on, and what the placebos say of that."""
    expected = view.rate(view.treated, view.follow_up) - found.value
    words = sentences.found(view, found.value, limits=(found.low, found.high), expected=expected,
                            against="if the funded areas had changed as the others did")
    words += " It rests on both having run side by side without the programme."
    placebos = {"placebo date": "the same sum at a date when nothing happened", "placebo outcome": "the same sum for an outcome "
                "that the programme cannot move"}
    doubts = [f"{what} differs from nothing" for name, what in placebos.items() if abs(checks.get(f"{name} z", 0)) > score(0.95)]
    doubts += ["their paths before the start differed"] * bool(checks.get("leads flat", 1) < ALPHA)
    words += "".join(f" A warning: {each}." for each in doubts)
    return Estimate(found.value, found.low, found.high, view.unit, chosen.maryland, words, checks=checks)
