"""Is a gap between scenarios more than chance? Paired differences over the replicates at central values, in words.

Each gap is judged by itself: of twenty that are nothing, one is told apart from 0 by luck alone.
"""
from collections.abc import Sequence
from math import floor
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from nbhdsim.experiment import values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.values import Gap, lines

COLUMNS = {
    "label": "the question",
    "scenario": "the later scenario",
    "against": "the earlier one: the difference is scenario minus against, in the same futures",
    "replicates": "futures with central values that both have",
    "mean": "mean difference",
    "error": "its standard error",
    "low": "lower end of its 95% interval (t)",
    "high": "upper end",
    "verdict": "`gap`, `noise` where the interval holds 0, `same` where every difference is 0, `unknown` with one replicate",
    "needed": "replicates with which a mean and an SD like these would tell the gap from 0; NaN where none would",
    "words": "the row as a sentence",
}
MANY = 1_000_000
"""Replicates above which none are said to be enough."""


def verdicts(answers: pd.DataFrame, made: Design, *, scenarios: Sequence[str]) -> pd.DataFrame:
    """Every pair of scenarios in every question, in COLUMNS; `scenarios` in their order, the first being what the others are
    compared with."""
    rows = [_row(gap) for gap in values.gaps(values.found(answers, made), scenarios)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def interval(some: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of values [replicates], its standard error, and the half-width of its 95% interval (t, n - 1); NaN left out, and where
    there are fewer than two."""
    kept = some[~np.isnan(some)]
    mean = float(kept.mean()) if kept.size else np.nan
    error = float(kept.std(ddof=1)) / kept.size**0.5 if kept.size > 1 else np.nan
    return mean, error, error * float(stdtrit(max(kept.size - 1, 1), 0.975))


def needed(mean: float, spread: float) -> float:
    """The least number of replicates whose 95% interval would leave out 0, with this mean and SD; NaN above MANY."""
    if mean == 0 or 4 * (spread / mean) ** 2 > MANY:
        return np.nan
    n = max(floor((ndtri(0.975) * spread / mean) ** 2), 2)      # t is wider than the normal law: never fewer
    while float(stdtrit(n - 1, 0.975)) * spread >= abs(mean) * n**0.5:
        n += 1
    return float(n)


def _row(gap: Gap) -> dict[str, Any]:
    mean, error, half = interval(gap.central)
    count = int((~np.isnan(gap.central)).sum())
    verdict = "unknown" if count < 2 else "same" if mean == error == 0 else "noise" if abs(mean) <= half else "gap"
    enough = needed(mean, error * count**0.5) if count > 1 else np.nan
    row = {"label": gap.label, "scenario": gap.scenario, "against": gap.against, "replicates": count, "mean": mean, "error": error,
           "low": mean - half, "high": mean + half, "verdict": verdict, "needed": enough}
    empty = "there is nobody to take the mean of" if gap.nobody[0] else "no future worked"
    return {**row, "words": f"{gap.name}: {_words({**row, 'empty': empty})}"}


def _words(row: dict[str, Any]) -> str:
    if row["verdict"] == "unknown":
        return "one replicate cannot tell a gap from chance" if row["replicates"] else row["empty"]
    if row["verdict"] == "same":
        return f"no difference in any of {row['replicates']} futures"
    found = f"{lines(row['mean'])} ({lines(row['low'])} to {lines(row['high'])}, {row['replicates']} replicates)"
    if row["verdict"] == "gap":
        return found
    count = f"about {row['needed']:,.0f}" if row["needed"] == row["needed"] else f"not even {MANY:,}"
    return f"{found}; this gap is noise: {count} replicates would tell it from 0, if mean and SD stay"
