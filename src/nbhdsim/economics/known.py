"""Net benefit of a run with chance taken out: futures of one draw differ by luck alone, and luck cannot be looked up."""
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.economics.conditional import covariance, without

Array = NDArray[np.float64]
LEAST_FREEDOM = 4
"""Degrees of freedom that the covariance of chance needs."""


class Known(NamedTuple):
    """Means of the sampled draws f8[options, draws], their numbers i8[draws], and the covariance that chance gives them.

    chance f8[options, options]: from futures of the same draw, central ones too, with `freedom` degrees of freedom; NaN where too
    few draws have several futures.
    """

    means: Array
    draws: NDArray[np.int64]
    chance: Array
    freedom: int

    @property
    def told(self) -> bool:
        """Is it known how much is chance?"""
        return bool(np.isfinite(self.chance).all())


def known(benefit: pd.DataFrame) -> Known:
    """From net benefit by future: index (draw, replicate), a column an option, pounds; draw 0 has central numbers.

    Chance is taken to be the same in every draw.
    """
    draw = benefit.index.get_level_values("draw").to_numpy()
    whole = benefit.groupby(draw, sort=True)
    means, size = whole.mean(), whole.size().to_numpy()
    apart = benefit.to_numpy(float) - means.loc[draw].to_numpy(float)
    freedom = len(benefit) - len(means)
    sampled = means.index.to_numpy() > 0
    if freedom >= LEAST_FREEDOM and sampled.any():
        chance = apart.T @ apart / freedom * (1 / size[sampled]).mean()
    else:
        chance = np.full((apart.shape[1], apart.shape[1]), np.nan)
    return Known(means.to_numpy(float)[sampled].T, means.index.to_numpy()[sampled], chance, freedom)


def knowable(means: Array, chance: Array) -> Array:
    """Deviations f8[.., options, draws] of means from their mean, shrunk to what is not chance (covariance f8[options,
    options]).
    """
    return without(means - means.mean(-1, keepdims=True), chance)


def share_of_chance(of: Known) -> Array:
    """Share f8[options] of the variance of net benefit that is chance, 0 to 1; 0 where nothing varies."""
    total = np.diag(covariance(of.means - of.means.mean(1, keepdims=True)))
    return np.clip(np.divide(np.diag(of.chance), total, out=np.zeros_like(total), where=total > 0), 0, 1)
