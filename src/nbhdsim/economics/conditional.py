"""Expected net benefit given one number, for all numbers in one pass; and what is left of a spread once noise is taken out.

Penalised cubic splines (Eilers and Marx 1996) on the normal score of a number's rank, smoothness by generalised cross-validation.
An expectation given a number does not depend on the scale of the number, so ranks do; all numbers then share one basis, and all
fits are one product of matrices (regression estimator of Strong, Oakley and Brennan 2014).
"""
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.special import ndtri

Array = NDArray[np.float64]
PIECES, DEGREE = 8, 3
SMOOTH = np.logspace(-3, 7, 41)
"""Penalties that cross-validation chooses from, relative to the mean of those of the basis."""
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
    q, r = np.linalg.qr(BSpline.design_matrix(np.clip(z, knots[DEGREE], knots[-DEGREE - 1]), knots, DEGREE).toarray())
    rough = np.diff(np.eye(len(r)), 2, axis=0) @ np.linalg.inv(r)
    penalty, turn = np.linalg.eigh(rough.T @ rough)
    penalty[:2] = 0
    return Basis(q @ turn, penalty / penalty[2:].mean())


class Fits(NamedTuple):
    """Fitted deviations from the mean f8[numbers, options, n] in order of each number, and the covariance f8[numbers, options,
    options] that noise alone gives them."""

    deviation: Array
    noise: Array


def fits(benefit: Array, orders: NDArray[np.int64]) -> Fits:
    """Net benefit f8[options, n] smoothed along each order i8[numbers, n] of the futures; one smoothness for all options of a
    number.

    Noise: residual covariance x (trace H'H - 1) / n, as for any linear smoother.
    """
    n = benefit.shape[1]
    columns, penalty = basis(n)
    away = benefit - benefit.mean(1, keepdims=True)
    scale = np.sqrt((away**2).mean(1))
    away = away[:, orders].transpose(1, 0, 2)                                   # [numbers, options, n]
    found = away @ columns
    keep = 1 / (1 + SMOOTH[:, None] * penalty)                                  # [penalties, k]
    freedom = keep.sum(1)
    left = (away**2).sum(2)[..., None] - found**2 @ (2 * keep - keep**2).T      # [numbers, options, penalties]
    score = (left / np.where(scale > 0, scale, np.inf)[:, None] ** 2).sum(1) / (1 - freedom / n) ** 2
    best = score.argmin(1)
    smooth = found * keep[best][:, None]
    deviation = smooth @ columns.T
    residual = away - deviation
    spread = residual @ residual.transpose(0, 2, 1) / (n - freedom[best])[:, None, None]
    return Fits(deviation, spread * (((keep**2).sum(1)[best] - 1) / n)[:, None, None])


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


def without(deviation: Array, noise: Array) -> Array:
    """Deviations f8[.., o, n] shrunk so that their covariance loses that of noise f8[.., o, o]; never below nothing.

    One option against one that does not vary: deviations x sqrt(1 - noise / variance).
    """
    spread = covariance(deviation)
    root, back = _power(spread, 0.5), _power(spread, -0.5)
    values, vectors = np.linalg.eigh(back @ (spread - noise) @ back)
    part = (vectors * np.clip(values, 0, 1)[..., None, :]) @ vectors.swapaxes(-1, -2)
    return rescaled(deviation, root @ part @ root)
