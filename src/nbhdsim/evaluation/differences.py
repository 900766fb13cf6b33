"""Before-after and difference in differences on four means."""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
