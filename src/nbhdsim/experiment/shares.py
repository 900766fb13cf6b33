"""What each number by itself adds to what is unknown, and where the answer would stand at its ends: the bars of a tornado.

The answer is regressed on each number, within each structure, on its first three powers (Strong, Oakley and Brennan 2014 use such
regressions for the value of information), after what other numbers clearly do is taken out. What noise adds is taken out of what
it explains, so the share of a number that does nothing is 0 on average, a little above or below.
"""
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from nbhdsim.experiment import clear, halves, read, values
from nbhdsim.experiment.clear import Cleared
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.halves import Half
from nbhdsim.experiment.laid import Laid, kept, lay, numbers, variances
from nbhdsim.experiment.values import Values

LOW, HIGH = 0.05, 0.95
"""Ends of the bars: points of the law of each number."""
COLUMNS = {
    "label": "the question",
    "scenario": "name of the scenario",
    "address": "the number",
    "variance": "unbiased variance that it explains by itself, the mean over structures (0 or below: nothing that can be seen)",
    "share": "of the total variance of one future, as in the analysis of variance",
    "low": "lower end of the 95% interval of the share",
    "high": "upper end",
    "value_low": "the number at the 5% point of its law",
    "value_high": "at the 95% point",
    "at_low": "mean of the answer where it has value_low, in the first structure (the model as it is)",
    "at_high": "where it has value_high",
    "error": "standard error of at_high - at_low",
    "clear": "true where chance is unlikely to have made this of a number that does nothing, all numbers looked at",
    "n": "futures that it is from",
    "replicates": "of each draw",
    "dropped": "futures left out",
}


def shares(answers: pd.DataFrame, made: Design, *, switches: Collection[str]) -> pd.DataFrame:
    """Every number in every question and scenario of an uncertainty run, in COLUMNS: those that are clear first, the largest swing
    first.

    Raises NbhdsimError where the points are not the same draws in every structure. Answers with too few draws are left out
    (`anova.apart` names them).
    """
    rows = list[dict[str, Any]]()
    for one in values.found(answers, made):
        if (laid := lay(one, made, switches)) is not None:
            key = {"label": one.label, "scenario": one.scenario}
            drawn = numbers(made, switches)
            scores = [halves.score(factor, laid.u[:, i]) for i, factor in enumerate(drawn)]
            seen = clear.cleared(scores, laid.y.mean(2).T, laid.pairs)
            whole = sum(map(kept, variances(laid)))
            found = [{**key, **_row(laid, factor, own, x=x, whole=whole)}
                     for factor, x, own in zip(drawn, scores, seen, strict=True)]
            rows += sorted(found, key=lambda row: (not row["clear"], -abs(row["at_high"] - row["at_low"])))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def indices(found: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The shares as rows of the table `indices`; `seed` is that of the draws."""
    several = found.groupby("label")["scenario"].transform("nunique") > 1
    outcome = found["label"].where(~several, found["label"] + ": " + found["scenario"])
    return found.assign(method="uncertainty", design=read.GIVEN, outcome=outcome, other="", index="share", value=found["share"],
                        seed=seed)[list(read.COLUMNS)]


def _row(laid: Laid, factor: Factor, one: Cleared, *, x: Values, whole: float) -> dict[str, Any]:
    columns = halves.powers(x, laid.members)
    found = clear.alone(columns, laid.y.mean(2).T, one, pairs=laid.pairs)
    alone = float(found.variance.mean())
    width = float(stdtrit(max(laid.members - 1 - columns.shape[1], 1), 0.975))
    share, half = (alone / whole, width * halves.share_error(found, alone, whole)) if whole > 0 else (np.nan, np.nan)
    at, error = swing(halves.score(factor, np.array([LOW, HIGH])), x, one.y[:, 0], pairs=laid.pairs, spent=one.spent)
    return {"address": factor.address, "variance": alone, "share": share, "low": float(np.clip(share - half, 0, 1)),
            "high": float(np.clip(share + half, 0, 1)), **_ends(factor), "at_low": at[0],
            "at_high": at[1], "error": error, "clear": one.clear,
            "n": laid.y.size, "replicates": laid.y.shape[2], "dropped": laid.lost}


def _ends(factor: Factor) -> dict[str, float]:
    """The number at both ends of its bar; the rounding of a 0 is 0."""
    low, high = factor.number(LOW), factor.number(HIGH)
    return {name: 0.0 if abs(v) < halves.NOTHING * abs(high - low) else v for name, v in (("value_low", low), ("value_high", high))}


def swing(ends: Values, x: Values, y: Values, *, pairs: bool, spent: tuple[int, ...] = (0, 0)) -> tuple[tuple[float, float], float]:
    """Mean of y [draws] where x is at either end, and the standard error of the difference.

    By a line, or a parabola where it predicts runs that it has not seen better (PRESS, Allen 1974). A third power would follow
    noise: with 32 draws it makes the difference half as uncertain again.
    """
    columns, wanted = (halves.powers(some, len(y))[:, :2] for some in (x, ends))
    out, variance = np.full(2, float(y.mean())), 0.0
    sets = [[[0]], [[], [1]]] if pairs else [[[0], [0, 1]]]         # a line is in differences of pairs, a parabola in their sums
    for choice, a, b, lost in zip(sets, halves.halves(columns, pairs), halves.halves(y, pairs), spent[:1 + pairs], strict=True):
        fits = [_fit(a, b, some, spent=lost) for some in choice if max(some, default=0) < columns.shape[1]]
        best = min(fits, key=lambda fit: fit[0])
        steps = (wanted - columns.mean(0))[:, best[1]]
        out += steps @ best[2]
        variance += float((steps[1] - steps[0]) @ best[3] @ (steps[1] - steps[0]))
    return (float(out[0]), float(out[1])), variance ** 0.5


def _fit(columns: Half, y: Half, which: list[int], *, spent: int) -> tuple[float, list[int], Values, Values]:
    """Sum of squared errors of prediction, columns, slopes and their covariance of one half."""
    x, values_ = (h.values - h.centred * h.values.mean(0) for h in (columns, y))
    x = x[:, which]
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-12, hermitian=True) if which else np.zeros((0, 0))
    slopes = inverse @ (x.T @ values_)
    left = values_ - x @ slopes
    leverage = (x @ inverse * x).sum(1) + y.centred / len(x)
    freedom = max(len(x) - y.centred - len(which) - spent, 1)
    return (float(((left / np.maximum(1 - leverage, halves.NOTHING)) ** 2).sum()), which, slopes,
            inverse * float((left ** 2).sum()) / freedom)
