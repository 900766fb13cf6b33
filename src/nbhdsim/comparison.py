"""What scenarios change against the first one: paired differences, their intervals, and ordinary change beside them.

Every future is one pair of worlds with the same people and the same luck, so a difference within a future is the effect
of the programme in that future. Two kinds of spread are kept apart: **chance** (futures at draw 0, which differ in luck
only) and **all** (futures at draws 1, 2, ..., which differ in luck and in the sampled numbers); what sampled numbers
add is the difference of the two variances, never below 0.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from nbhdsim import tables

FEW = 100
"""Below this many futures no sentence counts futures: at 100 the Monte Carlo error of a share is already 4-5 points."""
SHOWN = (
    "emergency_admissions",
    "expected_admissions",
    "bed_days",
    "ae_attendances",
    "life_satisfaction",
    "low_life_satisfaction",
    "lonely",
    "control",
)
PAIRS = ["draw", "replicate"]


class Spread(NamedTuple):
    """Mean of one quantity over futures with 90% half-widths (NaN = too few futures to say).

    value: mean over the futures with sampled numbers (over those with central ones where nothing is sampled). chance,
    all, parameters: half-widths of 90% prediction intervals for one more future, t(0.95, n - 1) x SD x sqrt(1 + 1/n), from
    R futures at draw 0 and D at draws 1..D; `parameters` takes its SD from sqrt(max(0, SD_all^2 - SD_chance^2)) and the
    degrees of freedom of `all`. error: standard error of `value`, so that value +- error says how well the simulation
    knows its own mean; draws 2k - 1 and 2k are antithetic, so it comes from the means of such pairs. The t law is exact
    for normal futures, an approximation for skewed ones; an interval is centred on `value`.
    """

    value: float
    chance: float
    all: float
    parameters: float
    sd_chance: float
    sd_all: float
    error: float
    replicates: int
    draws: int


def t90(n: int) -> float:
    """Factor from an SD over n futures to the 90% prediction half-width for the next one; NaN below 2."""
    return float(stdtrit(n - 1, 0.95)) * float(np.sqrt(1 + 1 / n)) if n > 1 else float("nan")


def spread(values: np.ndarray, draws: np.ndarray) -> Spread:
    """Mean and spreads of values f8[n] of the futures with draw number `draws` i8[n] (0 = central values)."""
    luck, sampled = values[draws == 0], values[draws > 0]
    r, d = len(luck), len(sampled)
    sd_chance = float(luck.std(ddof=1)) if r > 1 else float("nan")
    sd_all = float(sampled.std(ddof=1)) if d > 1 else float("nan")
    own = float(np.sqrt(max(0.0, sd_all**2 - sd_chance**2))) if r > 1 and d > 1 else float("nan")
    shown = sampled if d else luck
    error = _error(sampled, draws[draws > 0]) if d else sd_chance / np.sqrt(max(r, 1))
    return Spread(
        float(shown.mean()) if len(shown) else float("nan"),
        t90(r) * sd_chance,
        t90(d) * sd_all,
        t90(d) * own,
        sd_chance,
        sd_all,
        float(error),
        r,
        d,
    )


def _error(sampled: np.ndarray, draws: np.ndarray) -> float:
    """Standard error of the mean of sampled futures, from the means of antithetic pairs; NaN with fewer than two pairs."""
    whole = pd.Series(sampled).groupby((draws + 1) // 2)
    means = whole.mean()[whole.size() == 2]
    return float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else float("nan")


def ordinary_change(counts: np.ndarray) -> float:
    """SD of the change of an observed yearly figure from one year to the next, from counts f8[futures, years].

    Deviations are from the mean change over futures of each pair of years, so a fall that every future shares
    (regression to the mean in places picked for a high year) is not taken for chance; with one future, from the mean
    over years. NaN with fewer than two changes.
    """
    change = np.diff(counts, axis=1)
    if change.shape[0] > 1 and change.shape[1]:
        return float(np.sqrt(change.var(axis=0, ddof=1).mean()))
    return float(change.std(ddof=1)) if change.size > 1 else float("nan")


def headline(folder: Path, reference: str) -> dict[str, pd.DataFrame]:
    """The few rows of a run folder that `compare` reads: whole area, people, and the reference's neighbourhoods."""
    whole = [("place", "==", "all"), ("age", "==", "all")]
    return {
        "outcomes": tables.read(folder, "outcomes", where=whole),
        "neighbourhoods": tables.read(
            folder,
            "outcomes",
            where=[
                ("scenario", "==", reference),
                ("outcome", "==", "emergency_admissions"),
                ("months", ">", 1),
                ("people", "==", "all"),
                ("place", "!=", "all"),
            ],
        ),
        **{name: tables.read(folder, name) for name in ("costs", "funded", "runs")},
    }


def _periods(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Rows from month 0 on for everyone (monthly) and for kinds of people (yearly), with `year` from 1."""
    rows = outcomes[(outcomes["month"] >= 0) & outcomes["outcome"].isin(SHOWN)]
    everyone = rows[(rows["people"] == "all") & (rows["quintile"] == 0) & (rows["months"] == 1)]
    kinds = rows[rows["people"] != "all"]
    if (kinds["quintile"] == 0).any():
        kinds = kinds[kinds["quintile"] == 0]
    both = pd.concat([everyone, kinds]).astype(dict.fromkeys(("scenario", "people", "of", "outcome"), str))
    return both.assign(year=both["month"] // 12 + 1, present=both["residents"] * both["months"])


def _levels(rows: pd.DataFrame, kinds: Mapping[str, str], by: Sequence[str]) -> pd.DataFrame:
    """Per scenario, future, people and outcome: a count a year, or a mean over resident-months, in column `level`."""
    key = ["scenario", *PAIRS, "people", "of", "outcome", *by]
    sums = (
        rows.groupby(key, observed=True)
        .agg(
            value=("value", "sum"),
            present=("present", "sum"),
            first=("month", "min"),
            last=("month", "max"),
            width=("months", "max"),
        )
        .reset_index()
    )
    years = (sums["last"] - sums["first"] + sums["width"]) / 12
    count = sums["outcome"].map(kinds).to_numpy() == "count"
    with np.errstate(divide="ignore", invalid="ignore"):
        sums["level"] = np.where(count, sums["value"] / years, sums["value"] / sums["present"])
    return sums[[*key, "level"]]


def _differences(levels: pd.DataFrame, reference: str, by: Sequence[str]) -> pd.DataFrame:
    """Paired differences to the reference of the same future, same people; columns `level` (reference) and `change`."""
    key = [*PAIRS, "people", "of", "outcome", *by]
    base = levels[levels["scenario"] == reference].drop(columns="scenario")
    pairs = levels[levels["scenario"] != reference].merge(base, on=key, suffixes=("_with", ""))
    pairs = pairs[(pairs["of"] == "") | (pairs["of"] == pairs["scenario"])]
    return pairs.assign(change=pairs["level_with"] - pairs["level"])


def compare(found: Mapping[str, pd.DataFrame], *, reference: str, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Paired differences, scenario minus reference, over the whole period (year 0) and in each year.

    `found` is what `headline` reads; `kinds` gives each outcome's kind (`count mean share`). Counts are a year, means
    in their unit, shares as shares. Columns: scenario, outcome, people (`all`, `participants`, ...), year, level (mean
    of the reference), value, chance_low, chance_high, all_low, all_high, parameters_low, parameters_high, sd_chance,
    sd_all, error, replicates, draws, noise. `noise` is true where the widest interval known covers 0: this many futures
    do not tell the change from none.
    """
    rows, out = _periods(found["outcomes"]), []
    for by in ((), ("year",)):
        pairs = _differences(_levels(rows, kinds, by), reference, by)
        out += _summaries(pairs, by, value="change", level="level")
    return _frame(out)


def levels(found: Mapping[str, pd.DataFrame], *, kinds: Mapping[str, str]) -> pd.DataFrame:
    """What each scenario comes to, in the columns of `compare` (`value` is the level itself, `noise` says nothing)."""
    rows, out = _periods(found["outcomes"]), []
    for by in ((), ("year",)):
        held = _levels(rows, kinds, by)
        out += _summaries(held[(held["of"] == "") | (held["of"] == held["scenario"])], by, value="level", level="level")
    return _frame(out)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.sort_values(["scenario", "outcome", "people", "year"], ignore_index=True) if rows else frame


def _summaries(rows: pd.DataFrame, by: Sequence[str], *, value: str, level: str) -> list[dict[str, Any]]:
    """One row for each scenario, outcome, kind of people (and year): the spread of `value` over futures."""
    out = []
    for found, group in rows.dropna(subset=[value]).groupby(["scenario", "outcome", "people", *by], observed=True):
        key = list(cast("tuple[Any, ...]", found))
        said = {"scenario": key[0], "outcome": key[1], "people": key[2], "year": int(key[3]) if by else 0}
        over_futures = spread(group[value].to_numpy(float), group["draw"].to_numpy())
        out.append({**said, "level": float(group[level].mean()), **_row(over_futures)})
    return out


def _row(s: Spread) -> dict[str, float | int | bool]:
    ends = {
        f"{name}_{end}": s.value + sign * getattr(s, name)
        for name in ("chance", "all", "parameters")
        for end, sign in (("low", -1), ("high", 1))
    }
    widest = np.nanmax([s.chance, s.all]) if not (np.isnan(s.chance) and np.isnan(s.all)) else float("inf")
    return {
        "value": s.value,
        **ends,
        "sd_chance": s.sd_chance,
        "sd_all": s.sd_all,
        "error": s.error,
        "replicates": s.replicates,
        "draws": s.draws,
        "noise": bool(abs(s.value) <= widest),
    }


def _yearly(rows: pd.DataFrame) -> np.ndarray:
    """Yearly totals f8[futures, years] of rows with draw, replicate, month, months, value (whole years only)."""
    rows = rows.assign(year=rows["month"] // 12)
    wide = rows.groupby([*PAIRS, "year"], observed=True).agg(value=("value", "sum"), months=("months", "sum"))
    whole = pd.DataFrame(wide["value"].unstack("year")).dropna(axis=1)
    return whole.to_numpy(float)


def ordinary(found: Mapping[str, pd.DataFrame], *, reference: str) -> pd.DataFrame:
    """Ordinary year-to-year change of observed emergency admissions where nothing is done.

    Rows: scenario "" (the whole area) and each scenario (the places it funds in that future). Columns: scenario, places
    (mean number), level (admissions a year), sd (of the change from one year to the next, `ordinary_change`).
    """
    outcomes = found["outcomes"]
    area = outcomes[
        (outcomes["scenario"] == reference)
        & (outcomes["outcome"] == "emergency_admissions")
        & (outcomes["quintile"] == 0)
        & (outcomes["people"] == "all")
        & (outcomes["months"] == 1)
    ]
    totals = _yearly(area)
    places = found["neighbourhoods"]
    out = [
        {
            "scenario": "",
            "places": float(places["place"].nunique()),
            "level": float(totals.mean()),
            "sd": ordinary_change(totals),
        }
    ]
    funded = found["funded"][found["funded"]["sites"] > 0]
    for scenario, group in funded.groupby("scenario", observed=True):
        chosen = group[[*PAIRS, "place"]].astype({"place": str}).drop_duplicates()
        rows = places.astype({"place": str}).merge(chosen, on=[*PAIRS, "place"])
        if len(rows):
            counts = _yearly(rows)
            number = chosen.groupby(PAIRS).size().mean()
            out.append(
                {
                    "scenario": str(scenario),
                    "places": float(number),
                    "level": float(counts.mean()),
                    "sd": ordinary_change(counts),
                }
            )
    return pd.DataFrame(out)


def money(costs: pd.DataFrame, months: int) -> pd.DataFrame:
    """Pounds a year (2024/25 prices), mean over futures: index scenario, columns payers, `voluntary` and `unspent`.

    Voluntary hours are valued, not paid; unspent money is what found no place to be spent. The total over the period is
    divided by its years (`months` / 12).
    """
    plain = costs.astype(dict.fromkeys(("scenario", "payer", "kind"), str))
    plain["column"] = np.where(
        plain["kind"] == "unspent",
        "unspent",
        np.where(
            (plain["kind"] == "voluntary_hours") | (plain["payer"] == "voluntary_hours"), "voluntary", plain["payer"]
        ),
    )
    futures = costs[PAIRS].drop_duplicates().shape[0]
    wide = plain.groupby(["scenario", "column"])["pounds"].sum().unstack("column", fill_value=0)
    return wide / max(futures, 1) / (months / 12)


def reached(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Residents ever reached by any programme by the last month, each counted once.

    Index scenario; columns mean, low, high (lowest and highest future).
    """
    rows = outcomes[(outcomes["outcome"] == "reached") & (outcomes["people"] == "all") & (outcomes["quintile"] == 0)]
    last = rows[(rows["months"] == 1) & (rows["month"] == rows["month"].max())]
    sums = last.groupby("scenario", observed=True)["value"]
    return pd.DataFrame({"mean": sums.mean(), "low": sums.min(), "high": sums.max()})
