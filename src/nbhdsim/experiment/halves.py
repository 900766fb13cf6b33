"""Variances and regressions over draws, which come in opposite pairs (u and 1 - u), without the bias that pairs bring.

Draws of a pair are not independent: over such draws two straight lines seem related twice as often as over independent ones, a
straight line and a parabola never. The differences and the sums of pairs, each by its square root of 2, are two samples of
independent members that hold all of it (an orthogonal change of axes, so sums of squares stay); a line is wholly in the
differences, a parabola wholly in the sums. Every function here works on both and puts them together.
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from nbhdsim.experiment.factors import Factor

Values = NDArray[np.float64]
POWERS, FEW = 3, 10
"""Highest power of a regression on one factor; with fewer than FEW pairs or draws it is a straight line."""
NOTHING = 1e-9
"""A column whose members are smaller than this is the rounding of one that is 0."""


class Half(NamedTuple):
    """Independent members [members, ..]; centred: 1 where their mean is not known to be 0."""

    values: Values
    centred: int


def opposite(u: Values) -> bool:
    """Are the points u [draws, factors] pairs of opposites?"""
    return bool(u.size) and len(u) % 2 == 0 and bool(np.allclose(u[0::2] + u[1::2], 1.0, atol=1e-6))


def halves(a: Values, pairs: bool) -> list[Half]:
    """The independent samples in a [draws, ..]: differences and sums of pairs, or the draws themselves."""
    if not pairs:
        return [Half(a, 1)]
    return [Half((a[0::2] - a[1::2]) / np.sqrt(2), 0), Half((a[0::2] + a[1::2]) / np.sqrt(2), 1)]


def variance(y: Values, pairs: bool) -> Values:
    """Unbiased variance of one draw of y [draws, ..]."""
    found = [((h.values - h.values.mean(0) * h.centred) ** 2).sum(0) / (len(h.values) - h.centred) for h in halves(y, pairs)]
    return np.mean(found, axis=0)


def variance_of_mean(y: Values, pairs: bool) -> Values:
    """Unbiased variance of the mean of y [draws, ..]: of pairs from their sums alone."""
    return np.var(halves(y, pairs)[-1].values, axis=0, ddof=1) / len(y)


def score(factor: Factor, u: Values) -> Values:
    """A factor at u on the scale along which an answer is likely to be straight, the same distance from 0 at u and 1 - u: the
    normal score where its law has no ends, the place in the list of listed values, else u, from -1 to 1."""
    if factor.values:
        places = np.minimum(np.floor(u * len(factor.values)), len(factor.values) - 1)
        return 2 * places / (len(factor.values) - 1) - 1
    if factor.unbounded:
        return ndtri(np.clip(u, 1e-9, 1 - 1e-9)) / ndtri(0.95)
    return 2 * u - 1


def powers(x: Values, members: int) -> Values:
    """The columns of a regression on x [..]: x, its square and its cube [.., powers]; x alone where there are few members."""
    return x[..., None] ** np.arange(1, (POWERS if members >= FEW else 1) + 1)


class Explained(NamedTuple):
    """What columns explain of y [draws, answers]: sum of squares and unbiased variance [answers], degrees of freedom; without: for
    each half, how the variance explained and the variance of one draw change without each of its members [members, answers]."""

    squares: Values
    freedom: int
    variance: Values
    without: list[tuple[Values, Values]]


def explained(columns: Values, y: Values, pairs: bool, *, spent: tuple[int, ...] = (0, 0)) -> Explained:
    """Least squares of y [draws, answers] on columns [draws, columns] and a mean; spent: degrees of freedom of each half that y has
    lost before.

    Noise adds its variance, once for each column, to the sum of squares of what is explained; the variance is what is left without
    it. Leaving one member out takes its squared residual over 1 - its leverage from the sum of squared residuals.
    """
    parts = [_half(c, h, lost) for c, h, lost in zip(halves(columns, pairs), halves(y, pairs), spent[:1 + pairs], strict=True)]
    squares, variances = np.sum([p.squares for p in parts], axis=0), np.mean([p.variance for p in parts], axis=0)
    return Explained(squares, sum(p.freedom for p in parts), variances,
                     [(a / len(parts), b / len(parts)) for p in parts for a, b in p.without])


def share_error(found: Explained, explained_: float, whole: float) -> float:
    """Standard error of the share explained_ / whole, the mean over answers in both, by leaving out one member in turn."""
    out = 0.0
    for part, all_ in found.without:
        shares = (explained_ + part.mean(1)) / np.maximum(whole + all_.mean(1), NOTHING * whole)
        out += (len(shares) - 1) * float(shares.var())
    return out ** 0.5


def _half(columns: Half, y: Half, spent: int) -> Explained:
    x, values = (h.values - h.centred * h.values.mean(0) for h in (columns, y))
    base = _base(x)
    rank, freedom, centred = base.shape[1], len(values) - y.centred, y.centred / len(values)
    left = values - base @ (base.T @ values)
    leverage = (base ** 2).sum(1)[:, None] + centred
    total, rest = (values ** 2).sum(0), (left ** 2).sum(0)
    total_without = total - values ** 2 / (1 - centred)
    rest_without = np.maximum(rest - left ** 2 / np.maximum(1 - leverage, NOTHING), 0.0)
    found = _unbiased(total, rest, rank=rank, freedom=freedom, spent=spent)
    without = _unbiased(total_without, rest_without, rank=rank, freedom=freedom - 1, spent=spent)
    return Explained(total - rest, rank, found, [(without - found, total_without / (freedom - 1) - total / freedom)])


def _unbiased(total: Values, rest: Values, *, rank: int, freedom: int, spent: int) -> Values:
    return (total - rest - rank * rest / max(freedom - rank - spent, 1)) / freedom


def _base(x: Values) -> Values:
    """An orthonormal base of the columns of x [members, columns]."""
    kept = x[:, (x ** 2).sum(0) > NOTHING ** 2 * len(x)]
    if not kept.shape[1]:
        return kept
    base, weight, _ = np.linalg.svd(kept / np.sqrt((kept ** 2).sum(0)), full_matrices=False)
    return base[:, weight > NOTHING * weight[0]]
