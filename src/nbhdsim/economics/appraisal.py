"""Costs against benefits: present values and their ratios, cost per admission avoided, optimism bias, payback, who pays who gains.

Nothing is ever divided by what is 0 or below: such a ratio has no meaning, it is None, and the caller says why.
"""
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nbhdsim.economics import discounting
from nbhdsim.economics.discounting import Schedule
from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


def ratio(top: float, bottom: float) -> float | None:
    """top / bottom; None where bottom is not above 0 (there is nothing to divide by)."""
    return top / bottom if bottom > 0 else None


def optimism(cost: float, bias: float, *, mitigation: float = 0.0) -> float:
    """Cost with optimism bias: cost x (1 + bias x (1 - mitigation)); a cost below 0, a saving, has none.

    The Green Book. Oracle optimism-bias-uplift.
    """
    if not 0 <= mitigation <= 1:
        raise NbhdsimError.of(f"{mitigation:g} of the optimism bias is mitigated (0 to 1)", path="mitigation")
    return cost + max(cost, 0.0) * bias * (1 - mitigation)


class Appraisal(NamedTuple):
    """Present values in pounds and their ratios (None: no meaning, as nothing is spent or nothing is gained)."""

    npv: float
    bcr: float | None
    roi: float | None
    cashable_return: float | None
    switching_share: float | None


def appraise(cost: float, benefit: float, *, cashable: float = 0.0) -> Appraisal:
    """NPV = PVB - PVC; BCR = PVB / PVC; ROI = (PVB - PVC) / PVC; cashable return = cashable / PVC; switching share = PVC / PVB.

    Present values in pounds. The switching share is that share of the benefit at which the NPV is 0 (above 1: the benefit would
    have to rise; None where nothing is gained, or the cost is below 0). The Green Book. Oracle appraisal-ratios.
    """
    npv, switching = benefit - cost, ratio(cost, benefit) if cost >= 0 else None
    return Appraisal(npv, ratio(benefit, cost), ratio(npv, cost), ratio(cashable, cost), switching)


class Avoided(NamedTuple):
    """Pounds per event avoided (None: none avoided on average) and the share of futures in which none is."""

    cost: float | None
    net_cost: float | None
    none_avoided: float


def per_avoided(cost: ArrayLike, avoided: ArrayLike, *, cashable: ArrayLike = 0.0) -> Avoided:
    """Cost per admission avoided over futures: mean(cost) / mean(avoided), net of cashable savings too; scalars or f8[futures].

    A ratio of means, never a mean of ratios, which would be ruled by futures in which next to nothing is avoided. A net cost below
    0 is a saving and not a price: None. Standards EC-1. Oracle appraisal-ratios.
    """
    events, spent, saved = (np.atleast_1d(np.asarray(each, float)) for each in (avoided, cost, cashable))
    mean, pounds, net = float(events.mean()), float(spent.mean()), float(spent.mean() - saved.mean())
    none = float((events <= 0).mean())
    return Avoided(ratio(pounds, mean) if pounds >= 0 else None, ratio(net, mean) if net >= 0 else None, none)


def cumulative(net: ArrayLike, schedule: Schedule, *, first: int = 0) -> Array:
    """Discounted net benefit f8[.., years] added up to each year, from yearly flows in pounds. Oracle payback-year."""
    flows = np.asarray(net, float)
    return np.cumsum(flows * discounting.factors(schedule, first + np.arange(flows.shape[-1])), axis=-1)


def payback(net: ArrayLike, schedule: Schedule, *, first: int = 0) -> int | None:
    """First year in which cumulative discounted net benefit is 0 or above; None where it never is. Oracle payback-year."""
    reached = np.flatnonzero(cumulative(net, schedule, first=first) >= 0)
    return first + int(reached[0]) if reached.size else None


def by_payer(cost: Mapping[str, float], benefit: Mapping[str, float]) -> pd.DataFrame:
    """Who pays, who gains: a row a payer with cost, benefit, net = benefit - cost, and `transfer` that would make it whole.

    Pounds. Payers in order of first mention; the columns add up to the programme's totals. `transfer` is the shortfall where net is
    below 0. Layout of the Greater Manchester cost-benefit model. Oracle who-pays-who-benefits.
    """
    names = list(dict.fromkeys([*cost, *benefit]))
    both = {side: [float(pounds.get(name, 0)) for name in names] for side, pounds in (("cost", cost), ("benefit", benefit))}
    out = pd.DataFrame(both, index=pd.Index(names, name="payer", dtype=object))
    out["net"] = out["benefit"] - out["cost"]
    return out.assign(transfer=np.maximum(-out["net"], 0.0))


class PublicValue(NamedTuple):
    """Pounds: all benefit, that of public bodies alone, and each over all cost (None where nothing is spent)."""

    benefit: float
    fiscal_benefit: float
    fiscal_bcr: float | None
    public_value_bcr: float | None


def public_value(payers: pd.DataFrame, societal: Collection[str]) -> PublicValue:
    """Fiscal and public value from `by_payer`: fiscal leaves out the gainers in `societal`. Oracle who-pays-who-benefits."""
    cost, benefit = float(payers["cost"].sum()), float(payers["benefit"].sum())
    fiscal = float(payers.loc[~payers.index.isin(list(societal)), "benefit"].sum())
    return PublicValue(benefit, fiscal, ratio(fiscal, cost), ratio(benefit, cost))


def pooled(payers: pd.DataFrame, shares: Mapping[str, float]) -> pd.Series:
    """Transfers of a pooled fund: net gain of its members shared by `shares` (they add up to 1) minus each one's own net.

    From `by_payer`; pounds received by payer (paid where below 0); they add up to 0. Members are those in `shares`; section 75 of
    the NHS Act 2006 is the usual form.
    """
    unknown = [name for name in shares if name not in payers.index]
    if unknown or abs(sum(shares.values()) - 1) > 1e-9:
        raise NbhdsimError.of(f"shares of a pool add up to {sum(shares.values()):g} (1), of {', '.join(payers.index)}", path="pool")
    net = payers.loc[list(shares), "net"]
    due = pd.Series(shares, dtype=float) * net.sum() - net
    return due.reindex(payers.index, fill_value=0.0).rename("transfer")
