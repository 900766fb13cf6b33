"""Value of information in pounds: of knowing everything (EVPI), of knowing one number (EVPPI), of a study (EVSI).

All from futures already run: net benefit of each option in each future. Values of single numbers do not add up to that of all of
them, and are never stacked. Chance is not knowable.
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from nbhdsim.economics import discounting
from nbhdsim.economics.acceptability import shares
from nbhdsim.economics.conditional import Fits, fits, without
from nbhdsim.economics.discounting import Schedule

Array = NDArray[np.float64]


FAR = 40.0
"""SDs beyond which the chance of the other sign is 0 to the last digit."""


class Perfect(NamedTuple):
    """Expected net benefit f8[options], that with perfect information, and the difference to the best option (EVPI)."""

    expected: Array
    informed: float
    evpi: float


def perfect(benefit: ArrayLike, *, weight: ArrayLike | None = None) -> Perfect:
    """EVPI = E[max NB] - max E[NB] from net benefit f8[options, futures] (unit of the benefit); futures weigh the same where None.

    Never below 0. Claxton (1999). Oracles evpi-three-options, evpi-ceac-five-futures.
    """
    nb = np.asarray(benefit, float)
    share = shares(nb.shape[1], weight)
    expected, informed = nb @ share, float(nb.max(0) @ share)
    return Perfect(expected, informed, max(informed - float(expected.max()), 0.0))


def loss(mean: ArrayLike, sd: ArrayLike) -> Array:
    """Expected loss of deciding on the mean: E[max(X, 0)] - max(mean, 0) for X normal: s phi(m / s) - |m| Phi(-|m| / s).

    EVPI of an incremental net benefit m with SD s; EVPPI with the SD that one number gives it. Raiffa and Schlaifer (1961). Oracle
    evppi-linear-gaussian.
    """
    m, s = np.abs(np.asarray(mean, float)), np.asarray(sd, float)
    with np.errstate(over="ignore"):
        z = np.minimum(m / np.where(s > 0, s, 1), FAR)
    return np.where(s > 0, s * np.exp(-z * z / 2) / np.sqrt(2 * np.pi) - m * ndtr(-z), 0.0)


def orders(numbers: ArrayLike) -> NDArray[np.int64]:
    """Order i8[numbers, futures] of the futures by each column of f8[futures, numbers]; ties in the order of the futures."""
    return np.argsort(np.asarray(numbers, float), axis=0, kind="stable").T


def value(mean: Array, deviation: Array) -> Array:
    """Gain f8[..] of deciding on mean f8[options] + deviation f8[.., options, n] instead of on the mean."""
    return np.maximum((mean[:, None] + deviation).max(-2).mean(-1) - mean.max(), 0.0)


def signal(found: Fits) -> Array:
    """Fitted deviations with the noise of the fit taken out."""
    return without(found.deviation, found.noise)


def partial(benefit: ArrayLike, numbers: ArrayLike) -> Array:
    """EVPPI f8[numbers] of each column of f8[futures, numbers] from net benefit f8[options, futures], by regression, in one pass.

    Never below 0 nor above the EVPI of these futures; a column that does not vary is worth 0. What chance adds to net benefit
    averages out, and what is left of it in a fit is taken out. Strong, Oakley and Brennan (2014). Oracle evppi-linear-gaussian.
    """
    nb, x = np.asarray(benefit, float), np.asarray(numbers, float)
    found = value(nb.mean(1), signal(fits(nb, orders(x))))
    return np.where(np.ptp(x, axis=0) > 0, np.minimum(found, perfect(nb).evpi), 0.0)


def population(each: float, decisions: ArrayLike, schedule: Schedule) -> float:
    """Value over the life of a decision: value of one decision x decisions (or people) f8[years], discounted, the first year at
    1.
    """
    return each * float(discounting.present_value(decisions, schedule))
