"""Scales of wellbeing surveys: bands of the four ONS questions (never summed) and the three-item UCLA loneliness score."""
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

BANDS = {"satisfaction": ((4.5, 6.5, 8.5), ("low", "medium", "high", "very high")),
         "anxiety": ((1.5, 3.5, 5.5), ("very low", "low", "medium", "high"))}
"""Lower ends of all bands but the first, half-way between whole answers, and their names (ONS user guide); worthwhile and happy are
banded as satisfaction is."""


def ons4(scores: ArrayLike, question: Literal["satisfaction", "worthwhile", "happy", "anxiety"] = "satisfaction") -> list[str]:
    """Band of each score 0 to 10: `low medium high very high`, of anxiety `very low low medium high`. Oracle ons4-bands.

    A mean or a simulated score between two whole answers counts as the nearer one (halves up).
    """
    x = np.atleast_1d(np.asarray(scores, float))
    if not ((x >= 0) & (x <= 10)).all():
        raise NbhdsimError.of("an answer lies between 0 and 10", path="scores")
    ends, names = BANDS["anxiety" if question == "anxiety" else "satisfaction"]
    return [names[i] for i in np.searchsorted(ends, x, side="right")]


def ucla3(answers: ArrayLike) -> NDArray[np.int64]:
    """Score 3 to 9 of answers i8[.., 3]: hardly ever or never 1, some of the time 2, often 3, added up. Oracle ucla3-scoring."""
    each = np.asarray(answers)
    if each.shape[-1] != 3 or not np.isin(each, (1, 2, 3)).all():
        raise NbhdsimError.of("three answers of 1, 2 or 3", path="answers")
    return np.asarray(each.sum(-1), np.int64)
