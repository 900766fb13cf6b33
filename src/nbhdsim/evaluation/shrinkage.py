"""Empirical Bayes: an observed count drawn towards what like places have (Gamma-Poisson; Marshall 1991, Hauer)."""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
ROUNDS = 40


class Shrunk(NamedTuple):
    """Gamma prior of the expected count (alpha, beta), weight of the place's own count, posterior mean of the expected count."""

    alpha: Array
    beta: Array
    weight: Array
    mean: Array


def gamma_poisson(observed: ArrayLike, prior_mean: ArrayLike, prior_sd: ArrayLike) -> Shrunk:
    """Posterior mean (alpha + x) / (beta + 1) with alpha = (m / s)^2, beta = m / s^2; weight on own data 1 / (1 + beta).

    Counts of any shape; prior mean m above 0 and SD s 0 or above of the expected count. At s = 0 the prior is all there is. Oracle
    eb-shrinkage-gamma-poisson.
    """
    x, m, s = (np.asarray(each, float) for each in (observed, prior_mean, prior_sd))
    if (x < 0).any() or not (m > 0).all() or (s < 0).any():
        raise NbhdsimError.of("counts and the prior SD are 0 or above, the prior mean above 0", path="prior")
    with np.errstate(divide="ignore"):
        alpha, beta = np.square(m / s), m / np.square(s)
    weight = 1 / (1 + beta)
    return Shrunk(alpha, beta, weight, weight * x + (1 - weight) * m)


def between(observed: ArrayLike, even: ArrayLike) -> float:
    """SD on the log scale of lasting differences between places: what the spread of observed / even has beyond Poisson chance.

    observed, even: counts of places and what they would be at one common rate. Moments: E[(x - m)^2 - x] = m^2 (exp(s^2) - 1).
    """
    x, m = np.asarray(observed, float), np.asarray(even, float)
    return float(np.sqrt(np.log1p(max(float((np.square(x - m) - x).sum() / np.square(m).sum()), 0.0))))


def poisson_lognormal(observed: ArrayLike, even: ArrayLike, *, sd: float, nodes: int = 64) -> Array:
    """E[true count | observed] where the true count is even x exp(sd z - sd^2 / 2), z standard normal, and the observed is Poisson.

    observed f8[n], even f8[n] above 0. Gauss-Hermite quadrature centred on the mode of each place's posterior.
    """
    x, m = np.asarray(observed, float), np.asarray(even, float)
    if not sd > 0:
        return np.broadcast_to(m, np.broadcast_shapes(x.shape, m.shape)).astype(float)
    z = np.zeros(np.broadcast_shapes(x.shape, m.shape))
    for _ in range(ROUNDS):                    # mode of x log(mu) - mu - z^2 / 2, concave in z: Newton steps, damped to 1
        mu = m * np.exp(sd * z - sd**2 / 2)
        z += np.clip((sd * (x - mu) - z) / (sd**2 * mu + 1), -1, 1)
    mu = m * np.exp(sd * z - sd**2 / 2)
    width = 1 / np.sqrt(sd**2 * mu + 1)
    at, weight = np.polynomial.hermite.hermgauss(nodes)
    points = z[..., None] + np.sqrt(2) * width[..., None] * at
    log_mu = np.log(m)[..., None] + sd * points - sd**2 / 2
    height = x[..., None] * log_mu - np.exp(log_mu) - points**2 / 2 + at**2
    height = weight * np.exp(height - height.max(-1, keepdims=True))
    return np.asarray((height * np.exp(log_mu)).sum(-1) / height.sum(-1))
