"""Runs as they might have been: draws drawn again, and numbers without any effect. Draws 2k - 1 and 2k are opposites and stay
so.
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim.economics.conditional import fits, inflation, orders, signal, value

Array = NDArray[np.float64]
HALVES, SHUFFLES, MANY = 40, 200, 2000
SURE = 0.95


def pairs(draws: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows of each pair of opposite draws, of a draw alone where its opposite failed."""
    first = np.unique((draws + 1) // 2, return_inverse=True)[1]
    return [np.flatnonzero(first == i) for i in range(first.max() + 1)]


def halves(draws: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows i8[HALVES, about half the draws] of half the pairs of opposite draws, none of them twice.

    The SD of an estimate over halves of a run is the standard error of that from the whole (delete-half jackknife, Shao and Wu
    1989); no draw comes twice, which cross-validation would take for knowledge.
    """
    rows = pairs(draws)
    out = [np.concatenate([rows[i] for i in rng.permutation(len(rows))[:len(rows) // 2]]) for _ in range(HALVES)]
    least = min(map(len, out))
    return np.array([each[:least] for each in out])


def shuffles(draws: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows i8[SHUFFLES, draws] in which pairs of opposite draws change places with pairs, turned round or not."""
    rows = pairs(draws)
    out = np.tile(np.arange(len(draws)), (SHUFFLES, 1))
    for size in (1, 2):
        own = np.array([row for row in rows if len(row) == size], np.int64).reshape(-1, size)
        place = rng.random((SHUFFLES, len(own))).argsort(1)
        out[:, own.ravel()] = rng.permuted(own[place], axis=2).reshape(SHUFFLES, -1)
    return out


class Idle(NamedTuple):
    """Of numbers without effect: times the noise that fits to them have of what independent draws would give, and what the
    regression takes them to be worth f8[MANY], pounds.
    """

    times: float
    worth: Array

    def level(self, numbers: int) -> float:
        """Worth that the largest of so many idle numbers stays below in SURE of runs."""
        return float(np.quantile(self.worth, SURE ** (1 / max(numbers, 1))))


def idle(benefit: Array, draws: NDArray[np.int64], rng: np.random.Generator) -> Idle:
    """Numbers without effect, drawn in opposite pairs as those of a run are, against its net benefit f8[options, draws]."""
    pair = np.unique((draws + 1) // 2, return_inverse=True)[1]
    u = rng.random((MANY, pair.max() + 1))[:, pair]
    found = fits(benefit, orders(np.where(draws % 2, u, 1 - u).T))
    times = inflation(found)
    return Idle(times, value(benefit.mean(1), signal(found, times=times)))
