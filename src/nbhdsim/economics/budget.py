"""Who pays and who gains: budget impact by payer and year, and what would have to change hands (standards EC-12).

Everything is undiscounted, in real 2024/25 pounds, and a scenario is set against the first one.
"""
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.economics import appraisal, constants
from nbhdsim.economics.account import BENEFIT, CAPACITY, CASH, COST, SOCIETAL, TRANSFER
from nbhdsim.economics.books import Books, Futures
from nbhdsim.economics.value import ranged

Array = NDArray[np.float64]
EVERYONE = "all"
POOL = "public"
"""The perspective whose payers could pool a budget."""
BY_YEAR: Mapping[str, str] = {
    "scenario": "name of the scenario, set against the first one",
    "year": "0: the whole period; 1, 2, ..: that year",
    "payer": f"who pays or gains; `{EVERYONE}`: all of them, the sum of the others",
    "cost": "mean over futures of what it pays",
    "cost_low": "lower end of the 90% range of chance and uncertain evidence",
    "cost_high": "its upper end",
    "benefit": "mean of what it gains, freed capacity and wellbeing too; below 0: it loses",
    "benefit_low": "lower end of the 90% range",
    "benefit_high": "its upper end",
    "net": "benefit less cost",
    "unspent": "its money that found no place to be spent; no cost",
    "n": "futures that the means are over",
    "why": "why there is no range",
}
"""Columns of `by_year`, and what they mean."""
WHO: Mapping[str, str] = {
    "scenario": "name of the scenario, set against the first one",
    "payer": f"who pays or gains over the whole period; `{EVERYONE}`: all of them",
    "cost": "mean over futures of what it pays",
    "cash": "its gains that come out as cash, year by year; `cashable` of the values is at most the net gain of all years",
    "capacity": "its gains in capacity freed: no money",
    "societal": "wellbeing gained",
    "transfer_in": "what it is paid by others for the same effect, below 0 what it pays; adds to 0",
    "net": "all gains less cost",
    "whole": "what it would have to be paid to be left whole: its shortfall, 0 where it gains",
    "share": f"its share of what the members of a pooled budget pay; members are the payers of the perspective `{POOL}`",
    "pooled": "what it would receive (pay, below 0) in a pool that shares gains as it shares costs; adds to 0. Capacity counts as "
              "a gain here, although it is no money",
    "why": "why there is no pool",
}
"""Columns of `who`, and what they mean."""
MATRIX: Mapping[str, str] = {
    "scenario": "name of the scenario, set against the first one",
    "payer": "who pays",
    "gainer": "who gains",
    "pounds": "gain of the gainer x the payer's share of all costs, mean over futures, whole period",
    "each": "the same for each pound that the payer pays",
}
"""Columns of `matrix`, and what they mean; payers alone that pay more than 0."""


def _flows(of: Futures, side: str, payer: str) -> Array:
    """Pounds f8[n, years] of one side of a payer, or of everyone."""
    found = [flows for key, flows in of.years.items() if key[0] == side and payer in (EVERYONE, key[1])]
    return np.sum(found, axis=0) if found else np.zeros((len(of.draws), _years(of)))


def _years(of: Futures) -> int:
    return next(iter(of.years.values())).shape[1] if of.years else 0


def payers(of: Futures) -> list[str]:
    """Who pays or gains in a scenario, in the order of the widest perspective."""
    there = {key[1] for key in of.years if key[0] in (COST, BENEFIT)}
    order = list(constants.perspectives().values())[-1]
    return [*(name for name in order if name in there), *sorted(there - set(order))]


def by_year(books: Books, costs: pd.DataFrame) -> pd.DataFrame:
    """Cost and benefit of every payer in every year, in BY_YEAR; costs: the table of the run, for money that was not spent."""
    return pd.DataFrame([row for of in books.scenarios for row in _by_year(books, of, costs)], columns=list(BY_YEAR))


def _by_year(books: Books, of: Futures, costs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    left = costs[(costs["kind"] == "unspent") & (costs["scenario"] == of.scenario)].astype({"payer": str})
    kept = left.merge(pd.DataFrame({"draw": of.draws[of.shown]}).drop_duplicates(), on="draw")
    unspent = kept.groupby(["payer", "year"])["pounds"].sum() / max(int(of.shown.sum()), 1)
    for payer in [*payers(of), EVERYONE]:
        sides = {side: _flows(of, side, payer) for side in (COST, BENEFIT)}
        idle = unspent if payer == EVERYONE else unspent[unspent.index.get_level_values("payer") == payer]
        for year in (0, *(int(y) for y in books.years)):
            at = slice(None) if year == 0 else books.years == year
            cost, benefit = (ranged(flows[:, at].sum(1), of) for flows in sides.values())
            yield {"scenario": of.scenario, "year": year, "payer": payer, **_named(COST, cost), **_named(BENEFIT, benefit),
                   "net": benefit["value"] - cost["value"], "n": cost["n"], "why": cost["why"],
                   "unspent": float(idle.sum() if year == 0 else idle[idle.index.get_level_values("year") == year].sum())}


def _named(side: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {side: found["value"], f"{side}_low": found["low"], f"{side}_high": found["high"]}


def who(books: Books) -> pd.DataFrame:
    """Who pays, who gains and what would have to change hands, in WHO."""
    return pd.concat([_who(of) for of in books.scenarios], ignore_index=True)[list(WHO)]


def _means(of: Futures, *, side: str, nature: str = "") -> dict[str, float]:
    """Mean pounds over the shown futures by payer."""
    found = dict.fromkeys(payers(of), 0.0)
    for key, flows in of.years.items():
        if key[0] == side and nature in ("", key[2]):
            found[key[1]] += float(flows[of.shown].sum(1).mean())
    return found


def _who(of: Futures) -> pd.DataFrame:
    names = {"cash": CASH, "capacity": CAPACITY, "societal": SOCIETAL, "transfer_in": TRANSFER}
    table = appraisal.by_payer(_means(of, side=COST), _means(of, side=BENEFIT)).rename(columns={"transfer": "whole"})
    for column, nature in names.items():
        table[column] = pd.Series(_means(of, side=BENEFIT, nature=nature), dtype=float).reindex(table.index, fill_value=0.0)
    shares, why = _pool(table["cost"])
    table["share"] = pd.Series(shares, dtype=float).reindex(table.index)
    table["pooled"] = appraisal.pooled(table, shares).where(table["share"].notna()) if shares else np.nan
    total = table.sum(min_count=1).to_frame(EVERYONE).T.rename_axis("payer")
    whole = pd.concat([table, total]).reset_index()
    return whole.assign(scenario=of.scenario, why=np.where(whole["share"].isna(), why or "no member of the pool", why))


def _pool(cost: pd.Series) -> tuple[dict[str, float], str]:
    """Shares of a pooled budget by what its members pay, and why there is none."""
    members = cost[cost.index.isin(constants.perspectives()[POOL])]
    if (members < 0).any() or not members.sum() > 0:
        return {}, "no public body pays" if not (members < 0).any() else "a public body pays less than in the first scenario"
    return dict((members / members.sum()).items()), ""                                                      # type: ignore[arg-type]


def matrix(books: Books) -> pd.DataFrame:
    """Every payer against every gainer, in MATRIX."""
    rows = []
    for of in books.scenarios:
        paid = {name: pounds for name, pounds in _means(of, side=COST).items() if pounds > 0}
        whole = sum(paid.values())
        for payer, cost in paid.items():
            rows += [(of.scenario, payer, gainer, gain * cost / whole, gain / whole)
                     for gainer, gain in _means(of, side=BENEFIT).items() if gain]
    return pd.DataFrame(rows, columns=list(MATRIX))
