"""Ties laid out for reading: sixteen residents side by side (sliced ELL), each tie one word of contact and weight.

Rows of a compressed network have ragged lengths, and mispredicting where a row ends costs more than reading it. Residents
are therefore sorted by degree inside short windows and read sixteen at a time; short rows are padded with a contact that
publishes nothing (Kreutzer and others 2014, "A unified sparse matrix data format", SELL-C-sigma).
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from ..places import Ties
from ..rng import INNER, JIT, f32, u32, u64

SLICE, WINDOW = 16, 1024           # residents side by side; residents among whom they are sorted by degree
CONTACT_BITS = u32(27)             # a word holds a contact and, above it, a weight of 1 .. 31
CONTACT = u32(2 ** 27 - 1)
ONE = u64(1)


class Layout(NamedTuple):
    """order [n]: rows as read; first [slices + 1]: first line of each slice; word [lines, 16]: weight << 27 | contact
    row (n = nobody); share [n]: 1 / sum of a row's weights (0 without ties), float32."""

    order: np.ndarray
    first: np.ndarray
    word: np.ndarray
    share: np.ndarray


@njit(**JIT)
def _fill(ties_start, other, layer, weight, order, first, word, share):
    """Write every tie into its line and lane."""
    for position in range(order.size):
        row = order[position]
        line, lane, total = first[position // SLICE], position % SLICE, 0
        for e in range(ties_start[row], ties_start[row + 1]):
            w = weight[layer[e]]
            word[line, lane] = (u32(w) << CONTACT_BITS) | u32(other[e])
            total += w
            line += 1
        share[row] = f32(1) / f32(total) if total > 0 else f32(0)


def layout(ties: Ties, weight: np.ndarray) -> Layout:
    """Lay out `ties` with whole-number layer weights [4] (1 to 31)."""
    n = ties.start.size - 1
    degree = np.diff(ties.start)
    order = np.lexsort((degree, np.arange(n) // WINDOW)).astype(np.int32)
    padded = np.zeros(-(-n // SLICE) * SLICE, np.int64)
    padded[:n] = degree[order]
    first = np.zeros(padded.size // SLICE + 1, np.int64)
    np.cumsum(padded.reshape(-1, SLICE).max(1), out=first[1:])
    word = np.full((first[-1], SLICE), n, np.uint32)
    share = np.zeros(n, f32)
    _fill(ties.start, ties.other, ties.layer, weight, order, first, word, share)
    return Layout(order, first, word, share)


@njit(**INNER)
def read_ties(layout, published, spill, keep, pull, total):
    """spill = keep spill + pull (weighted mean of what contacts published), for one mechanism [n].

    published [n + 1] int32, the last 0; sums are whole numbers, so the order of ties does not matter. total: room for
    sixteen of them, int32. Indices are unsigned: none needs a check for counting from the end.
    """
    order, first, word, share = layout.order, layout.first, layout.word, layout.share
    lanes, n = u64(SLICE), u64(order.size)
    for s in range(u64(first.size - 1)):
        for lane in range(lanes):
            total[lane] = 0
        for line in range(u64(first[s]), u64(first[s + ONE])):
            for lane in range(lanes):
                w = word[line, lane]
                total[lane] += published[w & CONTACT] * np.int32(w >> CONTACT_BITS)
        for lane in range(min(lanes, n - s * lanes)):
            row = u64(order[s * lanes + lane])
            spill[row] = keep * spill[row] + pull * share[row] * f32(total[lane])
