"""What each scenario is worth: money, admissions avoided, WELLBYs and their ratios, by perspective, with ranges over futures.

Ratios are ratios of means (standards EC-1), with the range of values r for which top - r x bottom lies within its own 90% range of
0 (Fieller 1954, for one more future). A ratio without a meaning has no value and a reason.
"""
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.comparison import LEAST_DRAWS, LEAST_REPLICATES, NOT_MODELLED, Spread, spread, t90
from nbhdsim.economics import appraisal, constants
from nbhdsim.economics.account import ADMISSIONS, BENEFIT, BIAS, COST, DAYS, RESIDENTS, SOCIETAL, SPEND
from nbhdsim.economics.books import POINTS, Books, Futures, tiers, total

Array = NDArray[np.float64]
COLUMNS: Mapping[str, str] = {
    "scenario": "name of the scenario, set against the first one",
    "measure": "what is told, see MEASURES",
    "perspective": "whose costs and gains count; blank: no perspective is needed",
    "discounted": "true: in present values, wellbeing by the schedule for health, all else by the standard one; the first year is "
                  "not discounted",
    "unit": "pounds are real, 2024/25, over the whole period",
    "value": "mean over the futures with sampled numbers (central ones where nothing is sampled); of ratios, the ratio of means",
    "low": "lower end of the 90% range of chance and uncertain evidence",
    "high": "its upper end",
    "chance_low": "lower end of the 90% range of chance alone, around the value with central numbers",
    "chance_high": "its upper end",
    "n": "futures that `value` is from",
    "why": "why there is no value, or no range",
}
"""Columns of `value`, and what they mean."""
MEASURES: Mapping[str, tuple[str, str]] = {
    "spent": ("pounds", "what payers spend above the first scenario, optimism bias included; below 0: saved"),
    "optimism_bias": ("pounds", "the part of `spent` added by `economics.optimism_bias`"),
    "voluntary_hours": ("pounds", "hours of volunteers, valued and not paid"),
    "admissions_avoided": ("admissions", "emergency admissions that do not happen"),
    "none_avoided": ("share of futures", "futures in which no admission is avoided"),
    "bed_days_avoided": ("bed days", "nights in hospital that do not happen; not valued beside admissions"),
    "wellbys": ("WELLBYs", "points of life satisfaction x years x residents of 16 and over"),
    "qaly_equivalents": ("QALYs", "WELLBYs divided by `economics.points_per_qaly`; indicative, never added to them"),
    "cashable": ("pounds", "what a finance director can take out: gains that come out as cash, at most `fiscal`"),
    "fiscal": ("pounds", "net gain of public bodies, in cash and in capacity freed; 0 in futures in which they lose"),
    "public_value": ("pounds", "`fiscal` and what residents gain in wellbeing; no losses are taken off"),
    "losses": ("pounds", "what public bodies or residents lose, 0 or below; with `public_value` it adds up to all benefits"),
    "cost": ("pounds", "costs of this perspective's payers"),
    "benefit": ("pounds", "benefits of this perspective's gainers, losses taken off"),
    "npv": ("pounds", "benefit less cost"),
    "bcr": ("pounds per pound", "benefit / cost"),
    "roi": ("pounds per pound", "npv / cost"),
    "payback_year": ("year", "first year by whose end benefits have made up for costs, on average"),
    "cost_per_admission_avoided": ("pounds an admission", "cost / admissions avoided; admissions are never discounted"),
    "cost_per_wellby": ("pounds a WELLBY", "cost / WELLBYs"),
}
"""Unit and meaning of each measure."""


def per_future(books: Books, of: Futures, measure: str, *, discounted: bool = False, perspective: str = "") -> Array | None:
    """A measure that adds up, f8[n] by future; None for an outcome that no effect reaches."""
    payers = constants.perspectives().get(perspective, ())
    match measure:
        case "spent":
            return total(of, discounted=discounted, side=COST, nature=SPEND)
        case "optimism_bias":
            return total(of, discounted=discounted, side=COST, line=BIAS)
        case "voluntary_hours":
            return total(of, discounted=discounted, side=COST, nature=SOCIETAL)
        case "cost" | "benefit":
            return total(of, discounted=discounted, side=measure, payer=payers)
        case "npv":
            gain, cost = (total(of, discounted=discounted, side=side, payer=payers) for side in (BENEFIT, COST))
            return gain - cost
        case "admissions_avoided" | "bed_days_avoided":
            found = of.sums.get(("outcome", ADMISSIONS.outcome if measure.startswith("a") else DAYS, False))
            return None if found is None else -found
        case "wellbys":
            return of.sums.get(("outcome", POINTS, discounted))
        case "qaly_equivalents":
            found = of.sums.get(("outcome", POINTS, discounted))
            return None if found is None else found / books.values.loc[of.draws, "points_per_qaly"].to_numpy()
    return tiers(of, discounted=discounted)[measure]


RANGES = ("low", "high", "chance_low", "chance_high")
NO_RANGE = (float("nan"), float("nan"))
UNPAID = "none of these payers pays anything"
ENDS = {"cashable": (0.0, np.inf), "fiscal": (0.0, np.inf), "public_value": (0.0, np.inf), "losses": (-np.inf, 0.0)}
"""What a measure can be at all; ranges stop there."""
PLAIN = ("admissions_avoided", "bed_days_avoided")
EITHER = ("spent", "optimism_bias", "voluntary_hours", "wellbys", "qaly_equivalents", *ENDS)
BY_PERSPECTIVE = ("cost", "benefit", "npv")
RATIOS = {"bcr": ("benefit", "cost"), "roi": ("npv", "cost"), "cost_per_admission_avoided": ("cost", "admissions_avoided"),
          "cost_per_wellby": ("cost", "wellbys")}


def table(books: Books) -> pd.DataFrame:
    """Every measure of every scenario in COLUMNS."""
    rows = [row for of in books.scenarios for row in _scenario(books, of)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _scenario(books: Books, of: Futures) -> Iterator[dict[str, Any]]:
    def said(measure: str, found: dict[str, Any], perspective: str = "", *, discounted: bool = False) -> dict[str, Any]:
        return {"scenario": of.scenario, "measure": measure, "perspective": perspective, "discounted": discounted,
                "unit": MEASURES[measure][0], **found}
    for measure in PLAIN:
        yield said(measure, ranged(per_future(books, of, measure), of))
    avoided = per_future(books, of, "admissions_avoided")
    yield said("none_avoided", _nothing(NOT_MODELLED, of) if avoided is None else _share(avoided, of))
    for discounted in (False, True):
        for measure in EITHER:
            found = per_future(books, of, measure, discounted=discounted)
            yield said(measure, ranged(found, of, ends=ENDS.get(measure, (-np.inf, np.inf))), discounted=discounted)
        for perspective in constants.perspectives():
            for measure in BY_PERSPECTIVE:
                sums = per_future(books, of, measure, discounted=discounted, perspective=perspective)
                row = _unpaid(ranged(sums, of), books, of=of, perspective=perspective)
                yield said(measure, row, perspective, discounted=discounted)
            for measure, (top, bottom) in RATIOS.items():
                pair = (per_future(books, of, name, discounted=discounted, perspective=perspective) for name in (top, bottom))
                yield said(measure, ratio(measure, *pair, of=of), perspective, discounted=discounted)
            yield said("payback_year", _payback(books, of, perspective, discounted=discounted), perspective, discounted=discounted)


def _unpaid(found: dict[str, Any], books: Books, *, of: Futures, perspective: str) -> dict[str, Any]:
    """The row with a word where this perspective's payers pay nothing while others do."""
    cost = per_future(books, of, "cost", perspective=perspective)
    if cost is not None and not cost.any() and total(of, discounted=False, side=COST).any():
        found["why"] = "; ".join(filter(None, [UNPAID + ", and what others pay is left out", found["why"]]))
    return found


def _nothing(why: str, of: Futures) -> dict[str, Any]:
    return {**dict.fromkeys(("value", *RANGES), np.nan), "n": int(of.shown.sum()), "why": why}


def few(s: Spread) -> str:
    """Why a spread has no range, "" where it has both or nothing is sampled."""
    said = []
    if s.draws and np.isnan(s.all):
        said.append(f"no range of evidence below {LEAST_DRAWS} futures with sampled numbers")
    elif not s.draws:
        said.append("no range of evidence: nothing is sampled")
    if np.isnan(s.chance):
        said.append(f"no range of chance below {LEAST_REPLICATES} futures with central numbers")
    return "; ".join(said)


def ranged(values: Array | None, of: Futures, *, ends: tuple[float, float] = (-np.inf, np.inf)) -> dict[str, Any]:
    """Mean and ranges of what adds up, f8[n] by future (None: not modelled); ends: what it can be at all."""
    if values is None:
        return _nothing(NOT_MODELLED, of)
    s = spread(values, of.draws)
    limits = np.clip([s.value - s.all, s.value + s.all, s.central - s.chance, s.central + s.chance], *ends)
    return {"value": s.value, **dict(zip(RANGES, map(float, limits), strict=True)), "n": s.draws or s.replicates, "why": few(s)}


def _share(avoided: Array, of: Futures) -> dict[str, Any]:
    """Share of futures in which none is avoided."""
    return {**_nothing("a share of futures has no range", of), "value": float((avoided[of.shown] <= 0).mean())}


def ratio(measure: str, top: Array | None, bottom: Array | None, *, of: Futures) -> dict[str, Any]:
    """Ratio of means with its ranges, or why there is none; top, bottom f8[n] by future (None: not modelled)."""
    if top is None or bottom is None:
        return _nothing(NOT_MODELLED, of)
    whole = spread(bottom, of.draws)
    why = meaningless(measure, top[of.shown], bottom[of.shown])
    if not why and measure.startswith("cost") and not whole.value > 2 * whole.error:
        why = f"too few futures to tell whether any {_less(measure)} on average"
    if why:
        return _nothing(why, of)
    found = appraisal.ratio(float(top[of.shown].mean()), float(bottom[of.shown].mean()))
    sampled, luck = of.draws > 0, of.draws == 0
    least = 0.0 if measure.startswith("cost") else -np.inf
    limits = [*(between(top[sampled], bottom[sampled], least=least) if sampled.sum() >= LEAST_DRAWS else NO_RANGE),
              *(between(top[luck], bottom[luck], least=least) if luck.sum() >= LEAST_REPLICATES else NO_RANGE)]
    why = few(whole)
    if not why and np.isnan(limits).any():
        why = "no upper end: the range of what it is divided by goes down to 0"
    return {"value": found, **dict(zip(RANGES, limits, strict=True)), "n": int(of.shown.sum()), "why": why}


def meaningless(measure: str, top: Array, bottom: Array) -> str:
    """Why a ratio of these futures means nothing, "" where it means something."""
    cost = top if measure.startswith("cost") else bottom
    if not cost.any():
        return UNPAID
    if cost.mean() < 0:
        return "it costs less than the first scenario, so there is no price to tell"
    if bottom.mean() <= 0:
        return f"no {_less(measure)} on average"
    return ""


def _less(measure: str) -> str:
    return "admission is avoided" if measure == "cost_per_admission_avoided" else "wellbeing is gained"


def between(top: Array, bottom: Array, *, least: float = -np.inf) -> tuple[float, float]:
    """Ends of the values r for which top - r x bottom is within its 90% range of 0 (Fieller 1954), at least `least`; NaN where
    the range has no end. f8[n] by future."""
    h = t90(len(top)) ** 2
    mean, square = np.array([top.mean(), bottom.mean()]), np.cov(top, bottom)
    a, b, c = (mean[i] * mean[j] - h * square[i, j] for i, j in ((1, 1), (0, 1), (0, 0)))
    if not a > 0:
        return NO_RANGE
    root = np.sqrt(max(b * b - a * c, 0.0))
    return float(max((b - root) / a, least)), float(max((b + root) / a, least))


def _payback(books: Books, of: Futures, perspective: str, *, discounted: bool) -> dict[str, Any]:
    """First year by whose end the mean benefits have made up for the mean costs, from the year on in which any are; and whether
    later years lose it again."""
    payers = constants.perspectives()[perspective]
    flows = np.zeros(len(books.years))
    for key, pounds in of.years.items():
        if key[0] != "outcome" and key[1] in payers:
            factor = books.factors[key[:2] == (BENEFIT, RESIDENTS)] if discounted else 1.0
            flows += pounds[of.shown].mean(0) * factor * (1 if key[0] == BENEFIT else -1)
    if not flows.any():
        return _nothing("none of these payers pays or gains anything", of)
    first = int(np.flatnonzero(flows)[0])
    year = appraisal.payback(flows[first:], 0.0, first=first)
    if year is None:
        return _nothing(f"not within {len(books.years)} years", of)
    lost = (np.cumsum(flows)[year:] < 0).any()
    why = "a year has no range" + ("; later years cost more than they bring, so that it is lost again" if lost else "")
    return {**_nothing(why, of), "value": float(books.years[year])}
