"""Distributional cost-effectiveness: net health by fifth, and where a programme lies on the equity impact plane.

Health gained by each group, less what the same money would have bought elsewhere (opportunity cost), shared over groups as stated;
equal shares are the base case of NICE (PMG36, 2025). Groups stand in order, the most deprived first.
"""
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


class NetHealth(NamedTuple):
    """QALYs or the like: displaced elsewhere, net f8[.., groups], total f8[..], gap f8[..] of most to least deprived."""

    displaced: Array
    net: Array
    total: Array
    gap: Array


def net_health(benefit: ArrayLike, cost: ArrayLike, *, k: float, share: ArrayLike | None = None) -> NetHealth:
    """net_q = benefit_q - cost / k x share_q, from benefits f8[.., groups] in units of health and costs f8[..] in pounds.

    k = pounds that buy one unit elsewhere; share f8[groups] of the opportunity cost (adds up to 1; equal where None). The nets add
    up to total benefit - cost / k. Cookson and others (2020). Oracle dcea-net-health-by-quintile.
    """
    gain = np.asarray(benefit, float)
    part = np.full(gain.shape[-1], 1 / gain.shape[-1]) if share is None else np.asarray(share, float)
    if not k > 0 or part.shape != gain.shape[-1:] or abs(part.sum() - 1) > 1e-9:
        raise NbhdsimError.of(f"k is {k:g} (above 0), shares of {gain.shape[-1]} groups add up to {part.sum():g} (1)", path="share")
    displaced = np.asarray(cost, float) / k
    net = gain - displaced[..., None] * part
    return NetHealth(displaced, net, net.sum(-1), net[..., 0] - net[..., -1])


def quadrant(gap: float, total: float) -> str:
    """Quadrant of the equity impact plane: health first, then equity, `win-win win-lose lose-win lose-lose` (`level` at 0).

    gap: net health of the most deprived minus that of the least (x); total: net health (y). Oracle dcea-net-health-by-quintile.
    """
    words = {1: "win", 0: "level", -1: "lose"}
    return f"{words[int(np.sign(total))]}-{words[int(np.sign(gap))]}"
