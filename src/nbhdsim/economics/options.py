"""The scenarios as options to choose from: frontier and ICERs, the cost-effectiveness plane, how often each is best.

Costs are what all payers spend above the first scenario, in present values; the first scenario is the option at 0. Effects are
emergency admissions avoided, never discounted, and WELLBYs, discounted as health.
"""
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.comparison import NOT_MODELLED
from nbhdsim.economics import acceptability, constants, frontier
from nbhdsim.economics.books import Books, Futures
from nbhdsim.economics.value import per_future

Array = NDArray[np.float64]
EFFECTS: Mapping[str, str] = {"admissions_avoided": "admission_curve", "wellbys": "wellby_curve"}
"""What options are compared on, and the axis of pounds per unit of it."""
FRONTIER: Mapping[str, str] = {
    "effect": "what options are compared on: `admissions_avoided` or `wellbys`",
    "option": "name of the scenario; the first one costs and does nothing more than itself",
    "cost": "mean over futures, pounds in present values",
    "gain": "mean effect over futures",
    "status": "`frontier`; `dominated`: another costs no more and does no less; `extendedly dominated`: a mix of two others does "
              "as much for less; `same as another`",
    "icer": "pounds per unit more than the option before it on the frontier",
    "against": "that option",
    "why": "why there is no such price",
}
"""Columns of `ladder`, and what they mean."""
PLANE: Mapping[str, str] = {
    "effect": "`admissions_avoided` or `wellbys`",
    "scenario": "name of the scenario, set against the first one",
    "draw": "0: central numbers; 1, 2, ..: sampled ones",
    "replicate": "luck",
    "cost": "pounds in present values",
    "gain": "effect",
    "k": "pounds that a unit is worth here: the marginal cost of an admission, or a WELLBY, at central values",
    "where": "where it lies on the plane at k",
}
"""Columns of `plane`, and what they mean."""
CURVE: Mapping[str, str] = {
    "effect": "`admissions_avoided` or `wellbys`",
    "k": "pounds that a unit of it is taken to be worth",
    "option": "name of the scenario",
    "best": "share of futures in which it has the largest net benefit (acceptability curve)",
    "expected": "mean net benefit, pounds",
    "frontier": "true for the option of the largest expected net benefit (acceptability frontier)",
}
"""Columns of `curves`, and what they mean."""


class Options(NamedTuple):
    """Costs and effects f8[options, futures] of the first scenario and those whose effects reach `effect`; the futures shown."""

    names: Sequence[str]
    cost: Array
    gain: Array


def options(books: Books, effect: str) -> Options:
    """The options that can be compared on an effect, over the futures that values are from."""
    there = [of for of in books.scenarios if _effect(books, of, effect) is not None]
    n = int(books.scenarios[0].shown.sum())
    pairs = [(_cost(books, of)[of.shown], _effect(books, of, effect)[of.shown]) for of in there]    # type: ignore[index]
    cost, gain = (np.array([np.zeros(n), *(pair[i] for pair in pairs)]) for i in (0, 1))
    return Options([books.asked.reference, *(of.scenario for of in there)], cost, gain)


def _cost(books: Books, of: Futures) -> Array:
    found = per_future(books, of, "spent", discounted=True)
    return np.zeros(len(of.draws)) if found is None else found


def _effect(books: Books, of: Futures, effect: str) -> Array | None:
    return per_future(books, of, effect, discounted=effect != "admissions_avoided")


def ladder(books: Books) -> pd.DataFrame:
    """Every option on each effect, with dominance and ICERs along the frontier, in FRONTIER."""
    return pd.concat([_ladder(books, effect) for effect in EFFECTS], ignore_index=True)[list(FRONTIER)]


def _ladder(books: Books, effect: str) -> pd.DataFrame:
    some = options(books, effect)
    table = frontier.frontier(some.names, some.cost.mean(1), some.gain.mean(1))
    first = "the first of the frontier has none before it"
    table["why"] = table["status"].where(table["status"] != frontier.FRONTIER, first).where(table["icer"].isna(), "")
    for name in (of.scenario for of in books.scenarios if of.scenario not in some.names):
        table.loc[len(table)] = {"name": name, "status": "", "against": "", "why": NOT_MODELLED}
    return table.rename(columns={"name": "option", "effect": "gain"}).assign(effect=effect)


def plane(books: Books) -> pd.DataFrame:
    """Cost and effect of every scenario in every future, with where it lies, in PLANE."""
    central = books.values.loc[[0]].iloc[0]
    worth = {"admissions_avoided": central["emergency_admission"] * central["marginal_share"], "wellbys": central["wellby"]}
    out = []
    for effect, k in worth.items():
        for of in books.scenarios:
            gain = _effect(books, of, effect)
            if gain is not None:
                cost = _cost(books, of)
                out.append(of.futures.assign(effect=effect, scenario=of.scenario, cost=cost, gain=gain, k=k,
                                             where=frontier.plane(gain, cost, float(k))))
    return pd.concat(out, ignore_index=True)[list(PLANE)] if out else pd.DataFrame(columns=list(PLANE))


def curves(books: Books) -> pd.DataFrame:
    """Acceptability curves and frontiers along the axes of EFFECTS, in CURVE."""
    out = []
    for effect, axis in EFFECTS.items():
        ends, some = constants.constant(axis).value, options(books, effect)
        k = np.arange(0, ends["most"] + ends["step"], ends["step"])
        if len(some.names) > 1:
            out.append(acceptability.acceptability(some.gain, some.cost, k, names=some.names).assign(effect=effect))
    return pd.concat(out, ignore_index=True)[list(CURVE)] if out else pd.DataFrame(columns=list(CURVE))


def net_benefit(books: Books, *, perspective: str = "society") -> pd.DataFrame:
    """Net present value: a row a future (index draw, replicate), a column an option, the first scenario at 0."""
    futures = books.scenarios[0].futures
    found = {of.scenario: per_future(books, of, "npv", discounted=True, perspective=perspective) for of in books.scenarios}
    return pd.DataFrame({books.asked.reference: 0.0, **found}, index=pd.MultiIndex.from_frame(futures))
