"""Options by cost and effect: dominance, the frontier and its ICERs, the cost-effectiveness plane, net benefit.

Decision rules of Drummond and others (2015). Effects count up: more is better. An ICER stands only between options on the
frontier, where it is never negative, and never is a mean of ratios.
"""
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
FRONTIER, DOMINATED, EXTENDED, SAME = "frontier", "dominated", "extendedly dominated", "same as another"
ROUNDING = 1e-12


def frontier(names: Sequence[str], cost: ArrayLike, effect: ArrayLike) -> pd.DataFrame:
    """Options in order of cost with `status` and, on the frontier, `icer` = dC / dE to the option before (NaN for the first).

    Columns name, cost, effect, status, icer, against. `dominated`: another costs no more and does no less, and differs;
    `extendedly dominated`: a mix of its neighbours does as much for less (ICERs along the frontier would fall); options on one
    straight line all stay; `same as another`: equal in both to one named earlier. Oracle icer-frontier-dominance.
    """
    table = pd.DataFrame({"name": list(names), "cost": np.asarray(cost, float), "effect": np.asarray(effect, float)})
    if not np.isfinite(table[["cost", "effect"]].to_numpy()).all():
        raise NbhdsimError.of("costs and effects of options are finite numbers", path="options")
    table = table.sort_values(["cost", "effect"], ascending=[True, False], kind="stable").reset_index(drop=True)
    best = table["effect"].cummax().shift(fill_value=-np.inf)
    table["status"] = np.where(table["effect"] > best, FRONTIER, DOMINATED)
    table.loc[table.duplicated(["cost", "effect"]) & ~_beaten(table), "status"] = SAME
    keep = _rising(table[table["status"] == FRONTIER])
    table.loc[(table["status"] == FRONTIER) & ~table.index.isin(keep), "status"] = EXTENDED
    on = table.loc[keep]
    table["icer"] = (on["cost"].diff() / on["effect"].diff()).reindex(table.index)
    table["against"] = on["name"].shift(fill_value="").reindex(table.index, fill_value="")
    return table


def _beaten(table: pd.DataFrame) -> pd.Series:
    """Is an option dominated by one that differs from it?"""
    cost, effect = table["cost"].to_numpy(), table["effect"].to_numpy()
    no_worse = (cost[:, None] <= cost) & (effect[:, None] >= effect)
    better = (cost[:, None] < cost) | (effect[:, None] > effect)
    return pd.Series((no_worse & better).any(0), index=table.index)


def _rising(table: pd.DataFrame) -> list[int]:
    """Rows, by rising cost and effect, along which dC / dE never falls (the lower convex hull; straight lines stay)."""
    hull: list[int] = []
    point = dict(zip(table.index, table[["cost", "effect"]].to_numpy(), strict=True))
    for row in point:
        while len(hull) > 1 and _falls(point[hull[-2]], point[hull[-1]], point[row]):
            hull.pop()
        hull.append(row)
    return hull


def _falls(a: Array, b: Array, c: Array) -> bool:
    """Is dC / dE from b to c below that from a to b?"""
    first, then = (b[0] - a[0]) * (c[1] - b[1]), (c[0] - b[0]) * (b[1] - a[1])
    return bool(first - then > ROUNDING * max(abs(first), abs(then)))


def net_benefit(effect: ArrayLike, cost: ArrayLike, k: float) -> Array:
    """Net monetary benefit k x dE - dC, pounds; k = pounds per unit of effect. Oracle ce-plane-quadrants."""
    return k * np.asarray(effect, float) - np.asarray(cost, float)


def net_effect(effect: ArrayLike, cost: ArrayLike, k: float) -> Array:
    """Net effect dE - dC / k in units of effect (net health benefit where effects are QALYs); k above 0, else an error."""
    if not k > 0:
        raise NbhdsimError.of(f"a unit of effect is worth {k:g} pounds (above 0)", path="k")
    return np.asarray(effect, float) - np.asarray(cost, float) / k


def plane(effect: ArrayLike, cost: ArrayLike, k: float) -> list[str]:
    """Where differences dE, dC (f8[n]) lie on the cost-effectiveness plane, in words.

    `dominant` (no worse in both, better in one), `dominated`, `cost-effective` (ICER up to k), `not cost-effective`, `acceptable
    trade-off` (saves more than k per unit lost), `not acceptable`, `no difference`. Oracle ce-plane-quadrants.
    """
    e, c = np.atleast_1d(np.asarray(effect, float)), np.atleast_1d(np.asarray(cost, float))
    worth = net_benefit(e, c, k)
    rules = [((e == 0) & (c == 0), "no difference"), ((e >= 0) & (c <= 0), "dominant"), ((e <= 0) & (c >= 0), "dominated"),
             ((e > 0) & (worth >= 0), "cost-effective"), (e > 0, "not cost-effective"), (worth > 0, "acceptable trade-off")]
    return list(map(str, np.select([rule for rule, _ in rules], [word for _, word in rules], "not acceptable")))
