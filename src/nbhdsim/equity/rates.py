"""Rates and shares with intervals: Wilson, Byar, the Monte Carlo error of a share, life expectancy. OHID (PHE) practice."""
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtri

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
EXACT_BELOW = 10
"""Below this many events exact Poisson limits stand in for Byar's (PHE practice)."""


def score(confidence: float) -> float:
    """Standard normal quantile of a two-sided interval, 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise NbhdsimError.of(f"a confidence of {confidence:g} (between 0 and 1)", path="confidence")
    return float(ndtri((1 + confidence) / 2))


def wilson(events: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> tuple[Array, Array]:
    """Wilson (1927) score limits of a share, any shape, within 0 to 1; from 0 to 1 where n is 0. Oracle wilson-interval."""
    x, n, z = np.asarray(events, float), np.asarray(n, float), score(confidence)
    if (x < 0).any() or (x > n).any():
        raise NbhdsimError.of("events of a share lie between 0 and n", path="events")
    spread = x * (n - x) / np.where(n > 0, n, 1)
    half = z * np.sqrt(spread + z * z / 4)
    middle, size = x + z * z / 2, n + z * z
    low, high = (middle - half) / size, (middle + half) / size
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def byar(events: ArrayLike, *, confidence: float = 0.95) -> tuple[Array, Array]:
    """Limits of a Poisson count, any shape: Byar's O (1 - 1 / 9O - z / 3 sqrt O)^3, and that of O + 1 with + z for the upper.

    Exact limits (gamma quantiles) below EXACT_BELOW events. The lower limit of no event is 0. Breslow and Day (1987). Oracle
    byar-interval-65.
    """
    o, z = np.asarray(events, float), score(confidence)
    if (o < 0).any():
        raise NbhdsimError.of("a count of events is 0 or above", path="events")
    some, tail = np.where(o > 0, o, 1), (1 - confidence) / 2
    low = some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3
    high = (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * np.sqrt(o + 1))) ** 3
    few = o < EXACT_BELOW
    low = np.where(few, gammaincinv(some, tail), np.maximum(low, 0))
    return np.where(o > 0, low, 0.0), np.where(few, gammaincinv(o + 1, 1 - tail), high)


def rate(events: ArrayLike, people: ArrayLike, *, per: float, confidence: float = 0.95) -> tuple[Array, Array, Array]:
    """Rate per `per` person-years with its limits by `byar`; NaN where there is nobody."""
    size = np.asarray(people, float)
    size = np.where(size > 0, size, np.nan)
    low, high = byar(events, confidence=confidence)
    return np.asarray(events, float) / size * per, low / size * per, high / size * per


def share_error(share: ArrayLike, n: ArrayLike) -> Array:
    """Monte Carlo standard error of a share p over n futures: sqrt(p (1 - p) / n). Oracle mc-error-of-8-in-10."""
    p = np.asarray(share, float)
    return np.sqrt(p * (1 - p) / np.asarray(n, float))


def life_expectancy(death: ArrayLike, *, per_year: int = 1) -> Array:
    """Years a newborn lives at these chances to die f8[.., ages] in each of `per_year` steps a year; who dies lives half a step.

    Whoever outlives the last age is taken to die there. Compare by fifth with oracle sii-published-england-2018-20.
    """
    alive = np.cumprod(1 - np.asarray(death, float), axis=-1)
    before = np.concatenate([np.ones((*alive.shape[:-1], 1)), alive[..., :-1]], -1)
    return np.asarray((before + alive).sum(-1) / 2 / per_year)
