"""The answers of a design as arrays: one of draw 0 and one of its points, with NaN where a future failed or was not run."""
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.experiment.design import Design
from nbhdsim.sensitivity import MOST_LOST

Values = NDArray[np.float64]


class Answer(NamedTuple):
    """One question about one scenario: values at draw 0 [replicates] and at the points [points, repeats]; name: the label, with the
    scenario where there are several; nobody: runs of draw 0, and of the points, that worked and are a mean over nobody."""

    label: str
    scenario: str
    name: str
    central: Values
    points: Values
    nobody: tuple[int, int] = (0, 0)

    @property
    def missing(self) -> str:
        """Which runs of the points have no value, and why, in words; "" where all have one."""
        lost, nobody = int(np.isnan(self.points).sum()), self.nobody[1]
        failed = [f"{lost - nobody:,} failed or were not run"] if lost > nobody else []
        empty = [f"in {nobody:,} there was nobody to take the mean of"] if nobody else []
        return f"{lost:,} of {self.points.size:,} runs have no value: {', '.join(failed + empty)}" if lost else ""


class Gap(NamedTuple):
    """How far a scenario is from another one in the same futures, for one question; arrays and nobody as in Answer."""

    label: str
    scenario: str
    against: str
    central: Values
    points: Values
    nobody: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.label}: {self.scenario} against {self.against}"


def found(answers: pd.DataFrame, made: Design) -> list[Answer]:
    """What each question came to, from a frame with the columns label, scenario, draw, replicate and value (`asked.answers`)."""
    several = dict(answers.groupby("label")["scenario"].nunique() > 1)
    return [Answer(str(label), str(scenario), f"{label}: {scenario}" if several[label] else str(label), *_arrays(rows, made),
                   _nobody(rows))
            for (label, scenario), rows in answers.groupby(["label", "scenario"], sort=False)]      # type: ignore[misc]


def _nobody(rows: pd.DataFrame) -> tuple[int, int]:
    """Runs of draw 0 and of points that are there and have no value; those that failed are not there."""
    draws = rows.loc[rows["value"].isna(), "draw"]
    return int((draws == 0).sum()), int((draws > 0).sum())


def _arrays(rows: pd.DataFrame, made: Design) -> tuple[Values, Values]:
    draw, replicate, value = (rows[name].to_numpy() for name in ("draw", "replicate", "value"))
    central, points = np.full(made.central, np.nan), np.full((len(made.u), made.repeats), np.nan)
    middle = (draw == 0) & (replicate < made.central)
    central[replicate[middle]] = value[middle]
    k = draw - 1
    within = (draw > 0) & (k < len(made.u))
    turn = np.where(within, replicate - made.first[np.where(within, k, 0)] if len(made.u) else -1, -1)
    within &= (turn >= 0) & (turn < made.repeats)
    points[k[within], turn[within]] = value[within]
    for array in (central, points):
        array[~np.isfinite(array)] = np.nan
    return central, points


def gaps(some: Sequence[Answer], scenarios: Sequence[str]) -> Iterator[Gap]:
    """Every pair of scenarios in each question, the later minus the earlier; a difference is against the first scenario already."""
    for label in dict.fromkeys(one.label for one in some):
        own = {one.scenario: one for one in some if one.label == label}
        named = [name for name in scenarios if name in own]
        for i, name in enumerate(named):
            if scenarios[0] not in own:
                yield Gap(label, name, scenarios[0], own[name].central, own[name].points, own[name].nobody)
            for other in named[:i]:
                yield Gap(label, name, other, own[name].central - own[other].central, own[name].points - own[other].points,
                          own[name].nobody)


def rounds(points: Values) -> int:
    """How many replicates nearly all points [points, repeats] have: points are run once, then all once more, and so on; 1 where a
    run was stopped earlier."""
    missing = np.isnan(points).mean(0) > MOST_LOST
    return max(int(np.argmax(missing)) if missing.any() else points.shape[1], 1)


def lines(value: float) -> str:
    """A number in three figures."""
    return f"{value:.3g}"
