"""How often each option is best: cost-effectiveness acceptability curves (CEAC) and frontier (CEAF).

The curve counts futures in which an option has the largest net benefit; the frontier follows the option with the largest expected
net benefit, which need not be the one most often best (Fenwick, Claxton and Sculpher 2001).
"""
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


def shares(futures: int, weight: ArrayLike | None) -> Array:
    """Weights f8[futures] that add up to 1; equal where None. Negative ones, or none above 0, are an error."""
    given = np.ones(futures) if weight is None else np.asarray(weight, float)
    if given.shape != (futures,) or not (given >= 0).all() or not given.sum() > 0:
        raise NbhdsimError.of("weights of futures are one each, 0 or above, and not all 0", path="weight")
    return np.asarray(given / given.sum())


def chance_best(benefit: ArrayLike, *, weight: ArrayLike | None = None) -> Array:
    """Share f8[options] of futures in which an option has the largest net benefit f8[options, futures]; they add up to 1.

    Options that tie share the future equally. Oracle evpi-ceac-five-futures.
    """
    nb = np.asarray(benefit, float)
    top = nb == nb.max(0)
    return (top / top.sum(0)) @ shares(nb.shape[1], weight)


def acceptability(effect: ArrayLike, cost: ArrayLike, k: ArrayLike, *, names: Sequence[str],
                  weight: ArrayLike | None = None) -> pd.DataFrame:
    """CEAC and CEAF from effects and costs f8[options, futures] at each k f8[n] (pounds per unit of effect).

    Columns k, option, best (share of futures in which it has the largest net benefit), expected (mean net benefit, pounds),
    frontier (true for the option of the largest expected net benefit; the first of those that tie). Shares add up to 1 at each k.
    """
    effects, costs = np.asarray(effect, float), np.asarray(cost, float)
    share, out = shares(effects.shape[1], weight), []
    for pounds in np.atleast_1d(np.asarray(k, float)):
        nb = pounds * effects - costs
        mean = nb @ share
        out.append(pd.DataFrame({"k": pounds, "option": list(names), "best": chance_best(nb, weight=share), "expected": mean,
                                 "frontier": np.arange(len(mean)) == mean.argmax()}))
    return pd.concat(out, ignore_index=True)
