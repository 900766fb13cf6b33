"""Distributional cost-effectiveness of a finished run: net health by fifth, the equity impact plane, and welfare by aversion.

Benefit is the change of life satisfaction of residents of 16 and over in point-years, as QALY-equivalents (points per QALY: a
stated conversion, so that all of this is indicative). What the money costs is the health that it would have bought elsewhere,
shared over fifths. Prices, factors and the conversion come in as arguments, for they are policy, not model. A programme without
evidence on life satisfaction has no place on the plane: no benefit is known, which is not the same as none.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nbhdsim import evidence
from nbhdsim.comparison import NOT_MODELLED, ranged, shown, spread
from nbhdsim.equity.dcea import net_health, quadrant
from nbhdsim.equity.indices import ede, flips
from nbhdsim.equity.of_run import by_fifth
from nbhdsim.errors import NbhdsimError
from nbhdsim.projections import frames
from nbhdsim.projections.cubes import Cubes
from nbhdsim.projections.frames import Modelled

WELLBEING = "life_satisfaction"
QUADRANTS = {
    "win-win": "more health, narrower gap", "win-lose": "more health, wider gap",
    "lose-win": "less health, narrower gap", "lose-lose": "less health, wider gap",
}
ENDS = ("central", "chance_low", "chance_high", "all_low", "all_high")
RANGE = ("value", *ENDS, "error", "sign_unknown", "covers_zero")
NET = {
    "scenario": "name of the scenario",
    "quintile": "1 (most deprived) to 5; 0: all, their sum",
    "population": "share of residents of 16 and over who live in the fifth",
    "benefit": "QALY-equivalents gained over the whole period, the mean over futures",
    "displaced": "QALYs that the public money would have bought elsewhere",
    **{name: frames.COLUMNS[name].replace("`value`", "the net") for name in RANGE},
    "per_1000": "`value` for 1,000 residents of 16 and over",
    "why": f"why there is no value: {NOT_MODELLED}",
}
"""Columns of `Plane.net` (`value` is the net: `benefit` minus `displaced`), and what they mean."""
POINTS = {
    "scenario": "name of the scenario",
    "draw": "0: central numbers; 1, 2, ..: sampled ones",
    "replicate": "luck",
    "gap": "net health of the most deprived fifth minus that of the least: above 0 the gap narrows (QALY-equivalents)",
    "total": "net health of all (QALY-equivalents)",
    "quadrant": "; ".join(f"`{name}`: {meaning}" for name, meaning in QUADRANTS.items()) + "; `level` where one of the two is 0",
}
"""Columns of `Plane.points`, and what they mean."""
WELFARE = {
    "scenario": "name of the scenario; the first one too",
    "aversion": "aversion to inequality (Atkinson): 0 is the mean, more counts the worst-off fifth for more",
    "ede": "equally distributed equivalent: the level of life satisfaction that, had by all fifths, would be as good (points)",
    **{name: frames.COLUMNS[name].replace("`value`", "the change") for name in RANGE},
}
"""Columns of `Plane.welfare` (`value`: change against the first scenario), an extra whose value is disputed; what they mean."""
FLIPS = {
    "one": "name of a scenario",
    "other": "name of another",
    "leads": "which has the higher mean (aversion 0)",
    "aversion": "aversion at which the two change places; blank: at none up to 30",
}
"""Columns of `Plane.flips`, and what they mean."""


def aversions() -> tuple[float, ...]:
    """Aversions to inequality that are shown, from none on (catalogue/economics.yaml)."""
    return tuple(map(float, evidence.economics_file().constants["aversions"].value))


class Plane(NamedTuple):
    """Frames in NET, POINTS, WELFARE and FLIPS."""

    net: pd.DataFrame
    points: pd.DataFrame
    welfare: pd.DataFrame
    flips: pd.DataFrame


class Prices(NamedTuple):
    """Points of life satisfaction for a year that make one QALY; pounds that buy a QALY elsewhere; discount factors of health
    f8[year] (1 where None); shares of what is displaced by fifth (equal where None, as in NICE's base case)."""

    points_per_qaly: float
    pounds_per_qaly: float
    factors: ArrayLike | None = None
    shares: ArrayLike | None = None


def of_run(run: Cubes, reference: str, *, cost: Mapping[str, ArrayLike], prices: Prices, modelled: Modelled = None) -> Plane:
    """Net health of each scenario but the reference. cost: public pounds above the reference by scenario, f8[future] in the run's
    order.

    Raises NbhdsimError where the run has no life satisfaction, a quintile has nobody in it, or a cost is missing or of another
    number of futures.
    """
    if WELLBEING not in run.outcomes:
        raise NbhdsimError.of(f"the run has no {WELLBEING}, which the benefit is worked out from")
    first = run.number(reference)
    names = [name for name in run.scenarios if name != reference]
    _check(cost, names, len(run.draws))
    total, years = by_fifth(run, WELLBEING)
    factors = np.ones(total.shape[2]) if prices.factors is None else np.asarray(prices.factors, float)[:total.shape[2]]
    people = years.sum(2)[first]                                                    # person-years [future, 5]
    if not (people > 0).all():
        empty = ", ".join(str(q + 1) for q in np.flatnonzero(~(people > 0).all(0)))
        raise NbhdsimError.of(f"nobody of 16 and over lives in quintile {empty}, so net health by fifth cannot be told")
    net, points, level = [], [], {reference: total.sum(2)[first] / people}
    for name in names:
        gained = total[run.number(name)] - total[first]                             # points [future, year, 5]
        benefit = (gained * factors[:, None]).sum(1) / prices.points_per_qaly
        known = modelled is None or WELLBEING in modelled.get(name, (WELLBEING,))
        health = net_health(benefit, np.asarray(cost[name], float), k=prices.pounds_per_qaly, share=prices.shares)
        net.append(_net(name, benefit, health.net, run=run, people=people))
        if not known:
            net[-1] = net[-1].assign(why=NOT_MODELLED, **dict.fromkeys(("benefit", "value", *ENDS, "error", "per_1000"), np.nan))
            continue
        points.append(pd.DataFrame({
            "scenario": name, "draw": run.draws, "replicate": run.replicates, "gap": health.gap, "total": health.total,
            "quadrant": [quadrant(*pair) for pair in zip(health.gap, health.total, strict=True)]}, columns=list(POINTS)))
        level[name] = level[reference] + health.net * prices.points_per_qaly / people
    welfare, turned = _welfare(level, reference, run=run, people=people)
    return Plane(_joined(net, NET), _joined(points, POINTS), welfare, turned)


def _check(cost: Mapping[str, ArrayLike], names: list[str], futures: int) -> None:
    for name in names:
        if name not in cost or np.shape(cost[name]) != (futures,):
            raise NbhdsimError.of(f"the cost of '{name}' needs a figure for each of {futures} futures", path="cost")


def _joined(found: list[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(columns))


def _spread(values: NDArray[np.float64], draws: NDArray[np.int64]) -> dict[str, Any]:
    found = ranged(spread(values, draws), {"chance": (-np.inf, np.inf), "all": (-np.inf, np.inf)})
    return {name: found[name] for name in RANGE}


def _net(name: str, benefit: NDArray[np.float64], net: NDArray[np.float64], *, run: Cubes,
         people: NDArray[np.float64]) -> pd.DataFrame:
    """Rows of the five fifths and of all."""
    def with_sum(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([x.sum(-1, keepdims=True), x], -1)
    some = shown(run.draws)
    gained, left, living = (with_sum(x)[some].mean(0) for x in (benefit, benefit - net, people))
    found = _spread(with_sum(net), run.draws)
    residents = living / len(run.yearly.months)
    return pd.DataFrame({"scenario": name, "quintile": range(6), "population": living / living[0], "benefit": gained,
                         "displaced": left, **found, "per_1000": found["value"] / residents * 1000, "why": ""}, columns=list(NET))


def _welfare(level: Mapping[str, NDArray[np.float64]], reference: str, *, run: Cubes,
             people: NDArray[np.float64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Equally distributed equivalents of levels f8[future, 5] of so many people, and where two scenarios change places."""
    some, rows = shown(run.draws), []
    for aversion in aversions():
        own = {name: np.array([ede(x, aversion, weights=w) for x, w in zip(values, people, strict=True)])
               for name, values in level.items()}
        for name, x in own.items():
            rows.append({"scenario": name, "aversion": aversion, "ede": x[some].mean(), **_spread(x - own[reference], run.draws)})
    weights = people[some].mean(0)
    means = {name: (values * people)[some].mean(0) / weights for name, values in level.items()}
    turned = []
    for one, other in combinations(sorted(means), 2):
        lead = one if weights @ (means[one] - means[other]) >= 0 else other
        found = flips(means[one], means[other], weights=weights)
        turned += [{"one": one, "other": other, "leads": lead, "aversion": e} for e in found or [np.nan]]
    return (pd.DataFrame(rows, columns=list(WELFARE)).sort_values("scenario", kind="stable", ignore_index=True),
            pd.DataFrame(turned, columns=list(FLIPS)))
