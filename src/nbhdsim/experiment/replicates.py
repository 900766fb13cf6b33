"""How many replicates: a pilot at central values grows until the Monte Carlo error of the named answer is small enough.

The pilot has FIRST replicates, then twice as many, and so on, each time from replicate 0 on, so that no run is ever lost. The
error is the standard error of the mean as a share of the mean; a mean about 0 has no such share, and is told.
"""
from collections.abc import Sequence
from math import ceil, inf
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from nbhdsim.experiment.asked import Asked

FIRST = 8
"""Replicates of a pilot at first: with fewer an SD is mostly the luck of those few, and the rule would stop on it."""


class Pilot(NamedTuple):
    """What a pilot came to: replicates that worked, the worst relative error of the named answers and whose it is, and whether it
    is as small as was asked for; sentence: all of it, with what ended the pilot."""

    replicates: int
    error: float
    of: str
    enough: bool
    sentence: str


def first_count(most: int) -> int:
    """Replicates that a pilot begins with."""
    return min(FIRST, most)


def next_count(count: int, most: int) -> int:
    """Replicates after `count` were not enough: twice as many, `most` at most."""
    return min(2 * count, most)


def relative_error(values: NDArray[np.float64]) -> float:
    """Standard error of the mean of values [replicates] as a share of its size; NaN left out. 0 where all are the same, infinite
    with fewer than two and where the mean is 0."""
    kept = values[np.isfinite(values)]
    if kept.size < 2:
        return inf
    error, mean = float(kept.std(ddof=1)) / kept.size**0.5, abs(float(kept.mean()))
    return 0.0 if error == 0 else error / mean if mean > 0 else inf


def named(answers: pd.DataFrame, asked: Sequence[Asked], *, of: str, count: int) -> dict[str, NDArray[np.float64]]:
    """The values at draw 0, by replicate, of every answer that `of` (a name or a label) stands for; the first `count` replicates
    alone, so that a pilot which was stopped and goes on decides as one that was not."""
    labels = [one.label for one in asked if of in (one.name, one.label)]
    rows = answers[(answers["draw"] == 0) & (answers["replicate"] < count) & answers["label"].isin(labels)]
    return {f"{label}: {scenario}": some.sort_values("replicate")["value"].to_numpy(float)
            for (label, scenario), some in rows.groupby(["label", "scenario"], sort=False)}         # type: ignore[misc]


def judged(values: dict[str, NDArray[np.float64]], error: float, *, most: int) -> Pilot:
    """What a pilot with these values says; the answer that is least well known decides."""
    if not values:
        return Pilot(0, inf, "", False, "no replicate of the pilot worked")
    worst = max(values, key=lambda name: relative_error(values[name]))
    kept = values[worst][np.isfinite(values[worst])]
    reached, count = relative_error(kept), int(kept.size)
    done = reached <= error
    share, wanted = (f"{float(f'{100 * x:.2g}'):g}%" if np.isfinite(x) else "no share" for x in (reached, error))
    if done:
        said = f"ended by the error: {share} of the mean, at most {wanted} asked for"
    else:
        said = f"ended by most ({most}): {share} of the mean, {wanted} asked for{_why(kept, error)}"
    if empty := values[worst].size - count:             # a future that failed has no row
        said += f"; in {empty} of {values[worst].size} there was nobody to take the mean of"
    return Pilot(count, reached, worst, done, f"{worst}: {count} replicates, {said}")


def _why(kept: NDArray[np.float64], error: float) -> str:
    """Why it was not reached: a mean about 0, or too few replicates."""
    if kept.size < 2:
        return ""
    spread, mean = float(kept.std(ddof=1)), float(kept.mean())
    half = float(stdtrit(kept.size - 1, 0.975)) * spread / kept.size**0.5
    if abs(mean) <= half:
        return (f"; the mean ({mean:.3g}, {mean - half:.3g} to {mean + half:.3g}) is not told from 0, so a share of it says "
                "little: no number of replicates may reach it")
    return f"; about {ceil((spread / (error * mean)) ** 2):,} replicates would be needed"
