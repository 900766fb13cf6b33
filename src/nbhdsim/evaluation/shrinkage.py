"""Empirical Bayes: an observed count drawn towards what like places have (Gamma-Poisson; Marshall 1991, Hauer)."""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


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
