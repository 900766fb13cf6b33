"""Money against need by place: distance from target, target shares, gaps and the share of a budget to move.

Arithmetic of NHS allocations (NHS England, 2013/14 working paper).
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


class Distance(NamedTuple):
    """By place: actual minus target (unit of money given), that as a share of the target (NaN at target 0), both per head."""

    pounds: Array
    share: Array
    actual_per_head: Array
    target_per_head: Array


def distance(actual: ArrayLike, target: ArrayLike, people: ArrayLike) -> Distance:
    """Distance from target, f8[places] or one place: DfT = actual - target, DfT / target, and actual and target per head.

    Oracle distance-from-target.
    """
    a, t, n = (np.asarray(each, float) for each in (actual, target, people))
    if (n <= 0).any():
        raise NbhdsimError.of("a place with nobody has no money per head", path="people")
    share = np.divide(a - t, t, out=np.full(np.shape(a - t), np.nan), where=t != 0)
    return Distance(a - t, share, a / n, t / n)


def target_shares(need: ArrayLike, people: ArrayLike) -> Array:
    """Shares f8[places] of people x need, which add up to 1: P_i N_i / sum(P N). Oracle equity-gap-and-hoover."""
    both = np.asarray(need, float) * np.asarray(people, float)
    if (both < 0).any() or not both.sum() > 0:
        raise NbhdsimError.of("need and people are 0 or above, and not all 0", path="need")
    return np.asarray(both / both.sum())


def gaps(actual: ArrayLike, share: ArrayLike) -> Array:
    """Money above target by place: A_i - T_i x sum(A), adds up to 0 where shares add up to 1. Oracle equity-gap-and-hoover."""
    a = np.asarray(actual, float)
    return np.asarray(a - np.asarray(share, float) * a.sum())


def hoover(actual: ArrayLike, share: ArrayLike) -> float:
    """Share of the budget to move to reach target: sum |A_i / sum(A) - T_i| / 2, 0 to 1; NaN where nothing is spent.

    Oracle equity-gap-and-hoover.
    """
    a = np.asarray(actual, float)
    total = float(a.sum())
    return float(np.abs(a / total - np.asarray(share, float)).sum() / 2) if total else float("nan")
