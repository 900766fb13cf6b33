"""Households of a neighbourhood: 1 to 6 residents, children with adults, older people in small households.

A rule, not a census: the number of households and the share of one person are given; larger households fall off
geometrically from 2 to 6 with the ratio that makes the mean right. Couples are near in age, families of three or more
have parents about 42 years old, and young adults fill the places in families that children leave free.
"""
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nbhdsim.areas.apportion import largest_remainder

LARGEST = 6
ADULT, OLD, PARENT = 18 * 12, 65 * 12, 42 * 12     # months of age; PARENT: the middle parent of a family's children
COUPLE_GAP, SIBLING_GAP = 36, 48                   # months by which partners and siblings stray from equal ages


@cache
def larger_sizes(mean: float) -> tuple[float, ...]:
    """Shares of 2, 3, 4, 5 and 6 residents, each the same multiple of the one before, with mean size `mean`."""
    low, high = 1e-9, 1e9
    for _ in range(100):
        ratio = (low * high) ** 0.5
        weights = [ratio ** k for k in range(LARGEST - 1)]
        reached = 2 + sum(k * w for k, w in enumerate(weights)) / sum(weights)
        low, high = (ratio, high) if reached < mean else (low, ratio)
    return tuple(round(w / sum(weights), 6) for w in weights)


def counts(people: int, adults: int, *, households: int, alone: float) -> tuple[int, NDArray[np.int64]]:
    """Number of one-person households, and the sizes (rising) of the others; together exactly `people` residents.

    `households` and the share `alone` give way where they cannot be met with at most six residents and at least one
    adult to a household.
    """
    total = max(-(-people // LARGEST), min(households, people, adults))
    single = round(alone * total)
    single = max(2 * total - people, min(single, adults, (LARGEST * total - people) // (LARGEST - 1)))
    larger, rest = total - single, people - single
    if not larger:
        return single, np.zeros(0, np.int64)
    sizes = np.repeat(np.arange(2, LARGEST + 1), largest_remainder(larger_sizes(round(rest / larger, 3)), larger))
    missing = rest - int(sizes.sum())
    while missing:
        can = np.flatnonzero(sizes < LARGEST if missing > 0 else sizes > 2)[: abs(missing)]
        sizes[can] += np.sign(missing)
        missing = rest - int(sizes.sum())
    return single, np.sort(sizes)


def assign(months: NDArray[np.int64], u: NDArray[np.float32], v: NDArray[np.float32], *, households: int,
           alone: float, alone_old: float) -> NDArray[np.int64]:
    """Number of the household 0.. of each resident of one neighbourhood.

    months: ages in months, oldest first; u, v: uniform deviates; alone: share of households of one person, of whom
    the share `alone_old` is 65 or over. One-person households come first in the numbering.
    """
    n, adults = months.size, int((months >= ADULT).sum())
    single, sizes = counts(n, adults, households=households, alone=alone)
    home = np.empty(n, np.int64)
    lone = _alone(months, u, single=single, old_share=alone_old)
    home[lone] = np.arange(single)
    left = np.setdiff1d(np.arange(n), lone, assume_unique=True)
    grown = left[left < adults] if adults else left[:0]
    children = left.size - grown.size
    free = int(sizes.sum()) - 2 * sizes.size - children           # places beyond two adults that no child fills
    parents = grown[: grown.size - max(0, free)]
    sizes, heads = _families(sizes, months[parents], v[left])
    larger, young = single + np.arange(sizes.size), left[parents.size:]
    home[parents[_by(months[parents] + COUPLE_GAP * (2 * v[parents] - 1))]] = np.repeat(larger, heads)
    home[young[_by(months[young] + SIBLING_GAP * (2 * v[young] - 1))]] = np.repeat(larger, sizes - heads)
    return home


def _by(key: NDArray[np.floating]) -> NDArray[np.int64]:
    """Order from the largest key down, ties as they come."""
    return np.argsort(-key, kind="stable")


def _alone(months: NDArray[np.int64], u: NDArray[np.float32], *, single: int, old_share: float) -> NDArray[np.int64]:
    """Rows of those who live alone: any of the old, and any of the other adults, in the share asked for."""
    adults, old = int((months >= ADULT).sum()), int((months >= OLD).sum())
    wanted = max(single - (adults - old), min(round(single * old_share), old))
    first = np.argsort(u[:old], kind="stable")[:wanted]
    second = old + np.argsort(u[old: None if single > adults else adults], kind="stable")
    return np.sort(np.concatenate([first, second[: single - first.size]]))


def _families(sizes: NDArray[np.int64], parents: NDArray[np.int64],
              u: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sizes and numbers of heads of the larger households in falling order of their heads' age.

    Households of three or more sit around the couples of PARENT's age; where children outnumber the places beyond
    two adults, families have one head.
    """
    m, family = sizes.size, int((sizes > 2).sum())
    middle = int((parents > PARENT).sum()) // 2                       # couples older than the middle parent
    first = max(0, min(middle - family // 2, m - family))
    order = np.concatenate([np.arange(first, first + family), np.arange(first + family, m), np.arange(first)])
    order[:family] = first + np.argsort(u[:family], kind="stable")
    placed = np.empty(m, np.int64)
    placed[order] = sizes[::-1]
    heads = np.full(m, 2)
    missing = 2 * m - parents.size
    one = np.concatenate([order[:family][::-1], order[family:]])      # the smallest families first
    heads[one[: min(missing, m)]] -= 1
    heads[one[: max(0, missing - m)]] -= 1
    return placed, heads
