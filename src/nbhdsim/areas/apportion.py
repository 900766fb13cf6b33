"""Whole numbers that add up: largest remainders, and tables with given margins.

`fit_table` is iterative proportional fitting (Deming and Stephan 1940, "On a least squares adjustment of a sampled
frequency table"). Results do not depend on the machine: what is ranked is rounded first, ties go to the first.
"""
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def largest_remainder(weights: ArrayLike, total: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to `weights` that add up to `total` (each within 1 of its exact share).

    Equal shares if all weights are 0.
    """
    share = np.asarray(weights, np.float64)
    largest = share.max(initial=0)
    share = share / largest if largest > 0 else np.ones_like(share)
    exact = np.round(share * (total / share.sum()), 9)
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-np.round(exact - whole, 6), kind="stable")
    whole[order[: int(total - whole.sum())]] += 1
    return whole


def fit_table(start: ArrayLike, rows: ArrayLike, columns: ArrayLike, *, rounds: int = 200) -> NDArray[np.float64]:
    """The table with the pattern of `start` whose rows and columns add up to `rows` and `columns`.

    start: [r, c], positive; rows [r] and columns [c] add up to the same total.
    """
    table = np.array(start, np.float64)
    row, column = np.asarray(rows, np.float64), np.asarray(columns, np.float64)
    for _ in range(rounds):
        table *= (column / np.maximum(table.sum(axis=0), 1e-300))[None, :]
        table *= (row / np.maximum(table.sum(axis=1), 1e-300))[:, None]
        if np.abs(table.sum(axis=0) - column).max() < 1e-6:
            break
    return np.round(table, 6)


def round_table(table: NDArray[np.float64], rows: ArrayLike, columns: ArrayLike) -> NDArray[np.int64]:
    """Whole numbers near `table` [r, c] whose rows and columns add up exactly to `rows` and `columns`.

    Rows are rounded by largest remainder; then single residents move between two columns of the row in which the
    move costs least, until every column is met.
    """
    whole = np.array([largest_remainder(line, int(total)) for line, total in zip(table, np.asarray(rows), strict=True)])
    excess = whole.sum(axis=0) - np.asarray(columns)
    while excess.any():
        high, low = int(excess.argmax()), int(excess.argmin())
        gap = table - whole
        loss = np.where(whole[:, high] > 0, np.round(gap[:, high] - gap[:, low], 6), np.inf)
        row = int(loss.argmin())
        whole[row, high] -= 1
        whole[row, low] += 1
        excess[high] -= 1
        excess[low] += 1
    return whole


def runs(sizes: ArrayLike, groups: int) -> NDArray[np.int64]:
    """Group 0 .. groups - 1 of each item in turn, so that consecutive items share a group and groups weigh the same.

    An item belongs where its middle falls; sizes [n] are positive, groups at least 1.
    """
    size = np.asarray(sizes, np.float64)
    middle = np.cumsum(size) - size / 2
    return np.minimum(middle * groups // size.sum(), groups - 1).astype(np.int64)


def groups(labels: Sequence[object]) -> list[NDArray[np.int64]]:
    """Positions of equal labels, rising in each group; groups in the order in which their labels first appear."""
    numbers: dict[object, int] = {}
    number = np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)
    order = np.argsort(number, kind="stable")
    return np.split(order, np.cumsum(np.bincount(number))[:-1]) if numbers else []
