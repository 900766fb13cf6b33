"""Draws without what some numbers clearly do, so that the others are seen better.

With as many numbers as draws each of them seems to do something. Those whose line or parabola chance is not likely to have drawn
(Bonferroni over all of them) are found one after the other, and taken out before another number is looked at.
"""
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from nbhdsim.experiment import halves
from nbhdsim.experiment.halves import FEW, Explained, Half, Values

UNSURE = 0.05
"""Chance that one of the numbers is taken for clear though none does anything."""
LEFT = 5
"""Degrees of freedom that are left at least."""


class Cleared(NamedTuple):
    """y [draws, answers] without what other numbers than one clearly do; spent: degrees of freedom that this has taken from each
    half; clear: does that one clearly do something itself?"""

    y: Values
    spent: tuple[int, ...]
    clear: bool


def cleared(scores: Sequence[Values], y: Values, pairs: bool) -> Iterator[Cleared]:
    """For each number in turn, by its score [draws]. Where there are few draws y is as it was, and nothing is clear."""
    if len(y) // (1 + pairs) < FEW:
        yield from (Cleared(y, (0,) * (1 + pairs), False) for _ in scores)
        return
    owner = np.repeat(np.arange(len(scores)), 2)
    parts = []
    powers = np.concatenate([x[:, None] ** [1, 2] for x in scores], axis=1)
    for x, half in zip(halves.halves(powers, pairs), halves.halves(y, pairs), strict=True):
        columns, values = (h.values - h.centred * h.values.mean(0) for h in (x, half))
        parts.append((columns, half, seen(columns, values.mean(1), half.centred)))
    for i in range(len(scores)):
        others = [[c for c in chosen if owner[c] != i] for _, _, chosen in parts]
        own = [_without(columns, y, some, number=i) for (columns, y, _), some in zip(parts, others, strict=True)]
        spent = tuple(map(len, others))
        yield Cleared(_draws(own, pairs), spent, sum(spent) < sum(len(chosen) for _, _, chosen in parts))


def alone(columns: Values, y: Values, one: Cleared, *, pairs: bool) -> Explained:
    """What the columns of one number explain of y [draws, answers] when the others are out of it; what leaving a member out changes
    of the whole variance is that of y itself."""
    found, raw = halves.explained(columns, one.y, pairs, spent=one.spent), halves.explained(columns, y, pairs)
    return found._replace(without=[(a, b) for (a, _), (_, b) in zip(found.without, raw.without, strict=True)])


def seen(columns: Values, y: Values, centred: int) -> list[int]:
    """The columns [members, columns] that y [members] clearly hangs on, the clearest first."""
    size = (columns ** 2).sum(0)
    base, left, chosen = columns.copy(), y.copy(), list[int]()
    real = size > halves.NOTHING ** 2 * len(y)
    while (freedom := len(y) - centred - len(chosen) - 1) >= LEFT:
        rest_of = (base ** 2).sum(0)
        usable = real & (rest_of > 1e-6 * size)
        gain = np.where(usable, (base.T @ left) ** 2 / np.where(usable, rest_of, 1.0), 0.0)
        best, whole = int(np.argmax(gain)), float(left @ left)
        rest = max(whole - gain[best], 0.0)
        if gain[best] <= 0 or (rest > 0 and 2 * real.sum() * stdtr(freedom, -np.sqrt(gain[best] * freedom / rest)) > UNSURE):
            break
        chosen.append(best)
        axis = base[:, best] / np.sqrt(rest_of[best])
        left -= axis * (axis @ left)
        base -= np.outer(axis, axis @ base)
        if rest <= 1e-12 * whole:
            break
    return chosen


def _without(columns: Values, y: Half, others: list[int], *, number: int) -> Values:
    """A half of y less what the other columns explain beside the two of a number."""
    if not others:
        return y.values
    both = columns[:, [*others, 2 * number, 2 * number + 1]]
    slopes = np.linalg.lstsq(both, y.values - y.centred * y.values.mean(0), rcond=1e-9)[0]
    return y.values - columns[:, others] @ slopes[:len(others)]


def _draws(parts: Sequence[Values], pairs: bool) -> Values:
    """Draws from their halves."""
    if not pairs:
        return parts[0]
    apart, together = parts
    return np.stack([together + apart, together - apart], 1).reshape(-1, apart.shape[1]) / np.sqrt(2)
