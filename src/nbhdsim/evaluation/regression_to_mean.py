"""Regression to the mean: how much those picked for an extreme figure move back with no programme at all (Barnett and others
2005).
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


def _density(z: ArrayLike) -> Array:
    """Standard normal density."""
    return np.exp(-np.square(np.asarray(z, float)) / 2) / np.sqrt(2 * np.pi)


class Extremes(NamedTuple):
    """How far a cut is from the mean (SD of what was measured), C(z) of it, and the artefact in the unit of the measure."""

    z: Array
    c: Array
    artefact: Array


def beyond_cut(mean: float, sd: float, *, cut: float, rho: ArrayLike, measures: int = 1) -> Extremes:
    """Artefact among those beyond a cut: s_w^2 / sqrt(s_b^2 + s_w^2) x C(z), C = phi(z) / (1 - Phi(z)), z = |cut - mean| / SD.

    sd of one measure; rho = correlation of two measures of one person, s_w^2 = (1 - rho) sd^2; `measures` baseline periods are
    averaged, which divides s_w^2 by their number (in z too). Oracles rtm-barnett-one-measure, rtm-barnett-two-measures.
    """
    r = np.asarray(rho, float)
    if not sd > 0 or measures < 1 or (r < 0).any() or (r > 1).any():
        raise NbhdsimError.of("an SD is above 0, rho lies between 0 and 1, and there is 1 measure or more", path="rtm")
    within = (1 - r) * sd**2 / measures
    spread = np.sqrt(r * sd**2 + within)
    gap = np.abs(cut - mean)
    z = np.divide(gap, spread, out=np.full_like(spread, np.inf), where=spread > 0)
    c = np.where(np.isfinite(z), _density(z) / ndtr(-z), np.inf)
    return Extremes(z, c, np.where(within > 0, within / np.where(spread > 0, spread, 1) * c, 0.0))


class Picked(NamedTuple):
    """Of places picked for a high rate: intensity of selection, reliability rho, mean when picked, mean expected next, artefact."""

    intensity: float
    rho: float
    selected_mean: float
    expected_next: float
    artefact: float


def of_top(share: float, mean: float, *, between_sd: float, within_variance: float, years: int = 1) -> Picked:
    """Top `share` of places on the mean of `years` observed yearly figures: picked at mu + s_T i, expected next at mu + s_b^2 /
    s_T i.

    i = phi(z) / share with z the quantile of 1 - share; s_T^2 = s_b^2 + s_w^2 / years. For rates per 1,000 of Poisson counts in
    places of N people s_w^2 = 1000 mu / N (`poisson_variance`). A negative mean of the measure is allowed. Oracle
    rtm-neighbourhood-selection.
    """
    if not 0 < share <= 1 or years < 1 or between_sd < 0 or within_variance < 0 or between_sd + within_variance == 0:
        raise NbhdsimError.of("a share between 0 and 1, 1 year or more, and some variance", path="rtm")
    total = np.sqrt(between_sd**2 + within_variance / years)
    intensity = float(_density(ndtri(1 - share)) / share)
    picked, after = mean + total * intensity, mean + between_sd**2 / total * intensity
    return Picked(intensity, float(between_sd**2 / total**2), float(picked), float(after), float(picked - after))


def poisson_variance(mean: float, people: float, *, per: float = 1000.0) -> float:
    """Variance of a rate per `per` from Poisson chance alone in places of so many people. Oracle rtm-neighbourhood-selection."""
    return per * mean / people
