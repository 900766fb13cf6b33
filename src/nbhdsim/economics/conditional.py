"""Expected net benefit given one number, for all numbers in one pass; and what is left of a spread once noise is taken out.

Penalised cubic splines (Eilers and Marx 1996) on the normal score of a number's rank, smoothness by generalised cross-validation.
An expectation given a number does not depend on the scale of the number, so ranks do; all numbers then share one basis, and all
fits are one product of matrices (regression estimator of Strong, Oakley and Brennan 2014).
"""
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]
PIECES, DEGREE = 8, 3
SMOOTH = np.logspace(-3, 7, 41)
"""Penalties that cross-validation chooses from, relative to the mean of those of the basis."""
RIDGE = np.logspace(-3, 5, 33)
"""Penalties of a sum of curves, relative to the mean spread of its columns."""
BENT = 20.0
"""How much more a bent column is shrunk than a straight one in a sum of curves, at least."""
TINY = 1e-12


def scores(n: int) -> Array:
    """Normal scores f8[n] of ranks 1 to n."""
    return np.asarray(ndtri((np.arange(n) + 0.5) / n))


class Basis(NamedTuple):
    """Orthonormal columns f8[n, k] over ranks and the penalty f8[k] of each (0: the constant and the straight line)."""

    columns: Array
    penalty: Array


@lru_cache(maxsize=8)
def basis(n: int) -> Basis:
    """Basis of splines over n ranks, in which smoothing only multiplies coefficients."""
    z = scores(n)
    step = (z[-1] - z[0]) / PIECES
    knots = z[0] + step * np.arange(-DEGREE, PIECES + DEGREE + 1)
    from scipy.interpolate import BSpline  # takes half a second, and a run of few futures has no curves

    q, r = np.linalg.qr(BSpline.design_matrix(np.clip(z, knots[DEGREE], knots[-DEGREE - 1]), knots, DEGREE).toarray())
    rough = np.diff(np.eye(len(r)), 2, axis=0) @ np.linalg.inv(r)
    penalty, turn = np.linalg.eigh(rough.T @ rough)
    penalty[:2] = 0
    return Basis(q @ turn, penalty / penalty[2:].mean())


class Fits(NamedTuple):
    """Fitted deviations from the mean f8[.., options, n], their covariance with what was fitted f8[.., options, options], and the
    part of it that noise alone gives.
    """

    deviation: Array
    shared: Array
    noise: Array


def _smooth(away: Array, columns: Array, keep: Array) -> Fits:
    """Deviations f8[.., options, n] smoothed in orthonormal columns f8[n, k], of which each of keep f8[choices, k] keeps a share.

    One choice for all options, by generalised cross-validation of their pooled residuals. Noise of y'Hy / n: residual covariance x
    (trace H - 1) / n, as for any linear smoother H that holds the constant.
    """
    n = len(columns)
    found, size, freedom = away @ columns, (away**2).sum(-1), keep.sum(1)
    left = size[..., None] - found**2 @ (2 * keep - keep**2).T              # [.., options, choices]
    loss = (left / np.where(size > 0, size, np.inf)[..., None]).sum(-2) / (1 - freedom / n) ** 2
    best = loss.argmin(-1)
    smooth = found * keep[best][..., None, :]
    deviation = smooth @ columns.T
    residual = away - deviation
    spread = residual @ residual.swapaxes(-1, -2) / (n - freedom[best])[..., None, None]
    return Fits(deviation, smooth @ found.swapaxes(-1, -2) / n, spread * ((freedom[best] - 1) / n)[..., None, None])


def fits(benefit: Array, order: NDArray[np.int64]) -> Fits:
    """Net benefit f8[options, n] smoothed along each order i8[numbers, n] of the futures, [numbers, options, n] in that order."""
    columns, penalty = basis(benefit.shape[1])
    away = benefit - benefit.mean(1, keepdims=True)
    return _smooth(away[:, order].transpose(1, 0, 2), columns, 1 / (1 + SMOOTH[:, None] * penalty))


def together(benefit: Array, order: NDArray[np.int64], *, shuffles: NDArray[np.int64] | None = None) -> Fits:
    """Net benefit f8[options, n] fitted by the sum of a curve of each number, [1, options, n] in the order of the futures.

    All curves are shrunk by one penalty (additive ridge regression on the basis, bent columns more), so that many numbers may be
    given; what they do only together is missed, and what is left of the shrinkage tells a little too little. `shuffles` i8[m, n]:
    fits of shuffled net benefit instead, [m, options, n].
    """
    n = benefit.shape[1]
    columns, penalty = basis(n)
    parts = (columns - columns.mean(0)) / np.sqrt(1 + BENT * penalty / penalty[2])
    features = np.empty((len(order), n, parts.shape[1]))
    np.put_along_axis(features, order[..., None], parts, axis=1)
    flat = features.transpose(1, 0, 2).reshape(n, -1)
    if flat.shape[1] < n:
        vectors, root, _ = np.linalg.svd(flat, full_matrices=False)
        values = root**2
    else:
        values, vectors = np.linalg.eigh(flat @ flat.T)
    some = values > TINY * values.max()
    values, vectors = values[some], vectors[:, some]
    keep = values / (values + RIDGE[:, None] * values.sum() / n)
    away = (benefit - benefit.mean(1, keepdims=True))[None]
    if shuffles is not None:
        away = away[0][:, shuffles].transpose(1, 0, 2)
    constant = np.full((n, 1), 1 / np.sqrt(n))
    return _smooth(away, np.hstack([constant, vectors]), np.hstack([np.ones((len(RIDGE), 1)), keep]))


def _power(square: Array, power: float) -> Array:
    """Symmetric matrices f8[.., o, o] to a power; what is 0 stays 0."""
    values, vectors = np.linalg.eigh(square)
    some = values > TINY * np.maximum(values.max(-1, keepdims=True), np.finfo(float).tiny)
    powered = np.where(some, np.where(some, values, 1) ** power, 0)
    return np.asarray((vectors * powered[..., None, :]) @ vectors.swapaxes(-1, -2))


def covariance(deviation: Array) -> Array:
    """Covariance f8[.., o, o] of deviations f8[.., o, n] from 0."""
    return np.asarray(deviation @ deviation.swapaxes(-1, -2) / deviation.shape[-1])


def rescaled(deviation: Array, to: Array) -> Array:
    """Deviations f8[.., o, n] moved as little as can be so that their covariance is `to` f8[.., o, o] (optimal transport of
    normals).
    """
    spread = covariance(deviation)
    root, back = _power(spread, 0.5), _power(spread, -0.5)
    return np.asarray(back @ _power(root @ to @ root, 0.5) @ back @ deviation)


def _less(spread: Array, noise: Array) -> Array:
    """Covariances f8[.., o, o] less that of noise, never below nothing."""
    root, back = _power(spread, 0.5), _power(spread, -0.5)
    values, vectors = np.linalg.eigh(back @ (spread - noise) @ back)
    part = (vectors * np.clip(values, 0, 1)[..., None, :]) @ vectors.swapaxes(-1, -2)
    return np.asarray(root @ part @ root)


def without(deviation: Array, noise: Array) -> Array:
    """Deviations f8[.., o, n] shrunk so that their covariance loses that of noise f8[.., o, o]; never below nothing.

    One option against one that does not vary: deviations x sqrt(1 - noise / variance).
    """
    return rescaled(deviation, _less(covariance(deviation), noise))


def carried(part: Array, of: Array, to: Array) -> Array:
    """The covariance f8[o, o] that is to `to` what `part` is to `of`; one option against one that does not vary: to x part / of."""
    root, back = _power(to, 0.5), _power(of, -0.5)
    return np.asarray(root @ back @ part @ back @ root)


def signal(found: Fits, *, times: float = 1.0) -> Array:
    """Fitted deviations without noise and without the shrinkage of the fit, `times` the noise that independent draws would give."""
    return rescaled(found.deviation, _less(found.shared, times * found.noise))


def orders(numbers: Array) -> NDArray[np.int64]:
    """Orders i8[numbers, n] of the futures by each column of f8[n, numbers], ties in the order of the futures."""
    return np.asarray(np.argsort(numbers, axis=0, kind="stable").T)


def inflation(blank: Fits) -> float:
    """How many times the noise they say fits to idle numbers have, 1 or more: opposite draws count for less than two."""
    said = np.trace(blank.noise, axis1=-2, axis2=-1).sum()
    return max(float(np.trace(blank.shared, axis1=-2, axis2=-1).sum() / said), 1.0) if said > 0 else 1.0


def curves(benefit: Array, numbers: Array, *, times: float = 1.0) -> tuple[Array, NDArray[np.int64]]:
    """Net benefit f8[options, n] given each column of f8[n, numbers]: deviations f8[numbers, options, n] in order of the number,
    without `times` the noise of the fit, and the orders.
    """
    order = orders(numbers)
    found = fits(benefit, order)
    return signal(found, times=times), order


def value(mean: Array, deviation: Array) -> Array:
    """Gain f8[..] of deciding on mean f8[options] + deviation f8[.., options, n] instead of on the mean, n equally likely."""
    gain = (mean[:, None] + deviation).max(-2).mean(-1) - mean.max()
    return gain * (gain > TINY * (np.abs(mean).max() + np.abs(deviation).max(initial=0)))      # rounding is worth nothing
