"""The invented map of a district: where its neighbourhoods lie, how deprived and how large they are.

Nothing here is random: the scatter comes from multiples of irrational numbers, so that a neighbourhood is the same
place for every seed and every user.
"""
from collections.abc import Mapping
from math import ceil, exp, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from nbhdsim.areas.apportion import largest_remainder, runs

SQUARE = 25.0         # kilometres between the corners of two districts' squares on the map
CELL = 1.5            # kilometres between neighbourhoods
SCATTER = 0.35        # how far deprivation strays from its pattern of a poor centre, in units of the district's radius
GOLDEN, ROOT_TWO, ROOT_THREE = (sqrt(5) - 1) / 2, sqrt(2) - 1, sqrt(3) - 1
TAIL = NormalDist().inv_cdf(0.95)


def scatter(n: int, step: float) -> NDArray[np.float64]:
    """n numbers in [0, 1) that fill it evenly in a scattered order: fractions of the multiples of `step`."""
    return np.round(np.arange(1, n + 1) * step % 1.0, 9)


def positions(n: int, at: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """x and y [n] in kilometres of n neighbourhoods on a path up and down the strips of a square."""
    height = ceil(sqrt(n))
    strip, step = np.divmod(np.arange(n), height)
    step = np.where(strip % 2 == 0, step, height - 1 - step)
    x = at[0] * SQUARE + CELL * (strip + 0.2 + 0.6 * scatter(n, GOLDEN))
    y = at[1] * SQUARE + CELL * (step + 0.2 + 0.6 * scatter(n, ROOT_TWO))
    return x.astype(np.float32), y.astype(np.float32)


def quintiles(x: NDArray[np.float32], y: NDArray[np.float32], shares: list[float]) -> NDArray[np.uint8]:
    """IMD quintile [n] of each neighbourhood: shares by largest remainder, the most deprived towards the centre."""
    width, height = np.float64(x) - x.mean(dtype=np.float64), np.float64(y) - y.mean(dtype=np.float64)
    distance = np.sqrt(width * width + height * height)
    score = distance / max(float(distance.max()), 1e-9) + SCATTER * scatter(x.size, ROOT_THREE)
    out = np.empty(x.size, np.uint8)
    out[np.argsort(np.round(score, 6), kind="stable")] = np.repeat(np.arange(1, 6), largest_remainder(shares, x.size))
    return out


def spread(n: int, size: Mapping[str, float]) -> NDArray[np.float64]:
    """Relative sizes [n] of neighbourhoods, spread like those of LSOAs: a shifted lognormal through three percentiles.

    size: low (5th percentile), median and high (95th percentile) of the residents of an LSOA.
    """
    shape = log((size["high"] - size["median"]) / (size["median"] - size["low"])) / TAIL
    scale = (size["median"] - size["low"]) / (1 - exp(-TAIL * shape))
    ranks = np.argsort(np.argsort(scatter(n, ROOT_TWO), kind="stable"), kind="stable")
    levels = [exp(shape * NormalDist().inv_cdf((rank + 0.5) / n)) for rank in ranks]
    return np.round(size["median"] - scale + scale * np.array(levels), 6)


def sizes(quintile: NDArray[np.uint8], weights: NDArray[np.float64], residents: int, *,
          shares: list[float]) -> NDArray[np.int64]:
    """Residents [n] of each neighbourhood in proportion to `weights`; each quintile has its share of the district.

    A quintile too small to have a neighbourhood gives its residents to the others.
    """
    present = [q for q in range(1, 6) if (quintile == q).any()]
    totals = largest_remainder([shares[q - 1] for q in present], residents)
    out = np.zeros(quintile.size, np.int64)
    for q, total in zip(present, totals, strict=True):
        out[quintile == q] = largest_remainder(weights[quintile == q], int(total))
    return out


def first_run(size: NDArray[np.int64], quintile: NDArray[np.uint8], target: int) -> tuple[NDArray[np.int64], int]:
    """Sizes changed a little so that the first k neighbourhoods have `target` residents, and that k.

    What is missing comes from the others' neighbourhoods of the same quintiles: quintile totals stay as they are.
    """
    k = int(np.abs(np.cumsum(size) - target).argmin()) + 1
    inside = np.arange(size.size) < k
    both = [q for q in range(1, 6) if (quintile[inside] == q).any() and (quintile[~inside] == q).any()]
    missing = target - int(size[inside].sum())
    moves = largest_remainder([size[~inside & (quintile == q)].sum() for q in both], abs(missing))
    out = size.copy()
    for q, move in zip(both, moves, strict=True):
        gain, give = inside & (quintile == q), ~inside & (quintile == q)
        if missing < 0:
            gain, give = give, gain
        out[gain] += largest_remainder(size[gain], int(move))
        out[give] -= largest_remainder(size[give], int(move))
    return out, k


def networks(size: NDArray[np.int64], each: float, *, first: int = 0) -> NDArray[np.int64]:
    """Number 0.. of the primary care network, of about `each` residents, of each neighbourhood along the path; the first `first`
    share number 0."""
    out = np.zeros(size.size, np.int64)
    rest = size[first:]
    if rest.size:
        out[first:] = runs(rest, max(1, round(int(rest.sum()) / each))) + (first > 0)
    return out
