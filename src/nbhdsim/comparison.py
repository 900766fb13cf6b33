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
LEAST_REPLICATES, LEAST_DRAWS = 5, 8
"""Futures that a range of chance, and one of all, needs: with fewer it is mostly the luck of those few."""
LEAST_FREEDOM = 10
"""Degrees of freedom that an SD of ordinary change needs: with 10 its own error is about a fifth."""
SHOWN = ("emergency_admissions", "expected_admissions", "bed_days", "ae_attendances", "child_referrals", "families_referred",
         "life_satisfaction", "low_life_satisfaction", "lonely", "connected", "control", "in_control", "help_seeking", "confident",
         "child_wellbeing", "strain", "volunteers", "volunteer_hours", "screened_breast", "screened_cervical", "screened_bowel")
PAIRS = ["draw", "replicate"]
POSSIBLE = {"count": (0.0, np.inf), "share": (0.0, 1.0)}
"""What a level of a kind of outcome can be; ranges stop there."""
NOT_MODELLED = "not modelled (no evidence put in)"
COLUMNS: Mapping[str, str] = {
    "scenario": "name of the scenario",
    "outcome": "name of the outcome",
    "people": "`all`; or `participants` (ever reached), `contacts` (tied to one), `others`: the same people in both scenarios",
    "year": "0: the whole period; 1, 2, ..: that year",
    "level": "the first scenario's mean, in the futures that `value` is from",
    "value": "mean change against the first scenario, over the futures with sampled numbers (those with central numbers where "
             "nothing is sampled); in `levels.csv` the scenario's own mean. Counts are a year, shares from 0 to 1",
    "central": "the same over the futures with central numbers",
    "chance_low": f"lower end of the 90% range of chance alone, around `central`; blank below {LEAST_REPLICATES} futures with "
                  "central numbers",
    "chance_high": "its upper end",
    "all_low": "lower end of the 90% range of chance and uncertain evidence, around `value`; blank below "
               f"{LEAST_DRAWS} futures with sampled numbers",
    "all_high": "its upper end",
    "parameters_low": "lower end of the range that uncertain evidence alone would give, around `value`",
    "parameters_high": "its upper end",
    "sd_chance": "SD over the futures with central numbers",
    "sd_all": "SD over the futures with sampled numbers, never below `sd_chance`",
    "error": "standard error of `value`, from pairs of opposite draws; blank below two pairs",
    "replicates": "futures with central numbers",
    "draws": "futures with sampled numbers",
    "sign_unknown": "true where so few futures leave the sign of the mean open: `value` is within 2 `error` of 0, or the error "
                    "is not known",
    "covers_zero": "true where the 90% range (of all, else of chance) covers 0, or there is none: the evidence does not show the "
                   "direction",
    "grade": "lowest grade of the stated effects that reach the outcome",
    "why": f"why there is no value: {NOT_MODELLED}, where no effect that the programmes state can reach the outcome",
}
"""Columns of `comparison.csv` and `levels.csv`, and what they mean."""
ORDINARY: Mapping[str, str] = {
    "scenario": "whose funded places; blank for the whole area",
    "places": "how many neighbourhoods, the mean over futures",
    "level": "emergency admissions a year there from month 0 on, nothing done",
    "sd": "SD of the change of the count from one year to the next, what all futures share (the trend) left out",
}
"""Columns of `ordinary.csv`, all from the futures with central numbers, and what they mean."""


Figure = Any
"""A float, or an array of them."""


class Spread(NamedTuple):
    """Mean of one quantity over futures with 90% half-widths (NaN = too few futures to say).

    value: mean over the futures with sampled numbers (over those with central ones where nothing is sampled); central: over
    those with central ones. chance, all, parameters: half-widths of 90% prediction intervals for one more future,
    t(0.95, n - 1) x SD x sqrt(1 + 1/n), from R >= 5 futures at draw 0 and D >= 8 at draws 1..D. Chance is centred on
    `central`, the others on `value`. More is uncertain in `all` than in chance: neither its SD nor its width is ever below.
    `parameters` takes its SD from sqrt(SD_all^2 - SD_chance^2) and the degrees of freedom of `all`. error: standard error of
    `value`, so that value +- error says how well the simulation knows its own mean. The t law is exact for normal futures, an
    approximation for skewed ones.
    """

    value: Figure
    central: Figure
    chance: Figure
    all: Figure
    parameters: Figure
    sd_chance: Figure
    sd_all: Figure
    error: Figure
    replicates: int
    draws: int


def shown(draws: np.ndarray) -> np.ndarray:
    """Which futures a value is from: those with sampled numbers, or all where nothing is sampled."""
    return np.asarray((draws > 0) | (draws.max(initial=0) == 0))


def lucky(draws: np.ndarray) -> np.ndarray:
    """Which futures the range of chance is around: those with central numbers, or all where there is none."""
    return np.asarray((draws == 0) | ~(draws == 0).any())


def t90(n: int) -> float:
    """Factor from an SD over n futures to the 90% prediction half-width for the next one; NaN below 2."""
    return float(stdtrit(n - 1, 0.95)) * float(np.sqrt(1 + 1 / n)) if n > 1 else float("nan")


def spread(values: np.ndarray, draws: np.ndarray) -> Spread:
    """Mean and spreads of values f8[n] of the futures with draw number `draws` i8[n] (0 = central values).

    Values f8[n, ..] of many quantities in the same futures give a Spread of arrays [..].
    """
    each = np.moveaxis(values, 0, -1)               # futures side by side in memory: the same bits alone and among others
    luck, sampled = (np.ascontiguousarray(each[..., some]) for some in (draws == 0, draws > 0))
    r, d = luck.shape[-1], sampled.shape[-1]
    none = np.full(values.shape[1:], np.nan)
    sd_chance = luck.std(axis=-1, ddof=1) if r > 1 else none
    sd_all = np.fmax(sampled.std(axis=-1, ddof=1), sd_chance) if d > 1 else none
    central = luck.mean(axis=-1) if r else none
    chance = t90(r) * sd_chance if r >= LEAST_REPLICATES else none
    enough = d >= LEAST_DRAWS
    both = np.fmax(t90(d) * sd_all, chance) if enough else none
    own = t90(d) * np.sqrt(sd_all**2 - sd_chance**2) if enough and r >= LEAST_REPLICATES else none
    error = _error(sampled, draws[draws > 0]) if d else sd_chance / np.sqrt(max(r, 1))
    value = sampled.mean(axis=-1) if d else central
    found = [value, central, chance, both, own, sd_chance, sd_all, error]
    return Spread._make([*(found if none.ndim else map(float, found)), r, d])


def _error(sampled: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Standard error of the mean of sampled futures f8[.., n]; NaN with fewer than two pairs.

    Draws 2k - 1 and 2k are antithetic: the variance of a pair's mean comes from the pairs, that of a draw without its
    opposite (an odd number of them, or one that failed) from all draws.
    """
    number, which, size = np.unique((draws + 1) // 2, return_inverse=True, return_counts=True)
    sums = np.zeros((*sampled.shape[:-1], len(number)))
    np.add.at(sums.T, which, sampled.T)
    means = np.ascontiguousarray(sums[..., size == 2]) / 2
    pairs, single = means.shape[-1], len(draws) - 2 * means.shape[-1]
    if pairs <= 1:
        return np.full(sampled.shape[:-1], np.nan)
    rest = single * sampled.var(axis=-1, ddof=1) if single else 0.0
    return np.sqrt(4 * pairs * means.var(axis=-1, ddof=1) + rest) / len(draws)


def ordinary_change(counts: np.ndarray) -> float:
    """SD of the change of an observed yearly figure from one year to the next, from counts f8[futures, years].

    Deviations are from the mean change over futures of each pair of years, so a change that every future shares (the trend;
    regression to the mean in places picked for a high year) is not taken for chance; with one future, from the mean
    over years. NaN below LEAST_FREEDOM degrees of freedom.
    """
    change = np.diff(counts, axis=1)
    futures, steps = change.shape
    if (futures - 1) * steps >= LEAST_FREEDOM:
        return float(np.sqrt(change.var(axis=0, ddof=1).mean()))
    return float(change.std(ddof=1)) if futures == 1 and steps > LEAST_FREEDOM else float("nan")


def headline(folder: Path, reference: str) -> dict[str, pd.DataFrame]:
    """The few rows of a run folder that `compare` reads: whole area, people, the reference's neighbourhoods, and who has been
    reached by the last month; `places`: places and members of each programme, added up over months, neighbourhoods and futures."""
    outcomes = tables.read(folder, "outcomes", where=[("place", "==", "all"), ("age", "==", "all")])
    near = [("scenario", "==", reference), ("outcome", "==", "emergency_admissions"), ("months", ">", 1), ("people", "==", "all"),
            ("place", "!=", "all")]
    last = [("month", "==", int(outcomes["month"].where(outcomes["months"] == 1).max()))]
    return {"outcomes": outcomes, "neighbourhoods": tables.read(folder, "outcomes", where=near),
            "delivery": _older(folder, "delivery", where=last), "places": _taken(folder),
            "funded": _older(folder, "funded"), "reach": _older(folder, "reach"),
            **{name: tables.read(folder, name) for name in ("costs", "runs")}}


def _older(folder: Path, table: str, **wanted: Any) -> pd.DataFrame:
    """A table, without rows where the folder is of a version that did not write it."""
    if (folder / f"{table}.parquet").is_file():
        return tables.read(folder, table, **wanted)
    return tables.SCHEMAS[table].empty_table().to_pandas()


def _taken(folder: Path) -> pd.DataFrame:
    """Places and members of each programme, added up over months, neighbourhoods and futures."""
    by, columns = ("scenario", "intervention"), ("places", "members")
    if (folder / "delivery.parquet").is_file():
        return tables.sums(folder, "delivery", by=by, columns=columns)
    return _older(folder, "delivery")[[*by, *columns]]


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
    sums = rows.groupby(key, observed=True).agg(
        value=("value", "sum"), present=("present", "sum"), first=("month", "min"), last=("month", "max"),
        width=("months", "max")).reset_index()
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


def compare(found: Mapping[str, pd.DataFrame], *, reference: str, kinds: Mapping[str, str],
            rests: Mapping[str, Mapping[str, str]] | None = None) -> pd.DataFrame:
    """Paired differences, scenario minus reference, over the whole period (year 0) and in each year, in COLUMNS.

    `found` is what `headline` reads; `kinds` gives each outcome's kind (`count mean share`); `rests` gives by scenario, for
    each outcome that its effects (or the reference's) can reach, the lowest grade of those effects. Any other outcome has no
    value; without `rests` all are taken as reached.
    """
    rows, out = _periods(found["outcomes"]), []
    for by in ((), ("year",)):
        pairs = _differences(_levels(rows, kinds, by), reference, by)
        out += _summaries(pairs, by, value="change", kinds=kinds)
    if rests is not None:
        for row in out:
            row |= _rested(row, rests[row["scenario"]].get(row["outcome"], ""))
    return _frame(out)


def _rested(row: Mapping[str, Any], grade: str) -> dict[str, Any]:
    """The grade of a row; without one, blanks for all that would look like a finding."""
    if grade:
        return {"grade": grade}
    kept = ("scenario", "outcome", "people", "year", "level", "replicates", "draws")
    return {**{name: None if name in ("sign_unknown", "covers_zero") else np.nan for name in row if name not in kept},
            "grade": "", "why": NOT_MODELLED}


def levels(found: Mapping[str, pd.DataFrame], *, kinds: Mapping[str, str]) -> pd.DataFrame:
    """What each scenario comes to, in COLUMNS (`value` is the level itself; the two flags say nothing)."""
    rows, out = _periods(found["outcomes"]), []
    for by in ((), ("year",)):
        held = _levels(rows, kinds, by)
        held = held[(held["of"] == "") | (held["of"] == held["scenario"])]
        out += _summaries(held.assign(itself=held["level"]), by, value="itself", kinds=kinds)
    return _frame(out)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["scenario", "outcome", "people", "year"], ignore_index=True)


def _summaries(rows: pd.DataFrame, by: Sequence[str], *, value: str, kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row for each scenario, outcome, kind of people (and year): the spread of `value` over futures."""
    rows = rows.dropna(subset=[value])
    groups = rows.groupby(["scenario", "outcome", "people", *by], observed=True)
    keys, futures = list(groups.size().index), rows.groupby(PAIRS)
    held = np.full((2, futures.ngroups, len(keys)), np.nan)
    held[:, futures.ngroup(), groups.ngroup()] = rows["level"], rows[value]
    draws = np.array([pair[0] for pair in futures.size().index], np.int64)
    there = ~np.isnan(held[1])
    sets, of = np.unique(there.T, axis=0, return_inverse=True)
    out: list[dict[str, Any]] = [{}] * len(keys)
    for number, some in enumerate(sets):            # groups of the same futures at once
        own = np.flatnonzero(of == number)
        found = _summary(held[:, some][:, :, own], draws[some], kinds=[kinds[keys[i][1]] for i in own], change=value == "change")
        for i, row in zip(own, found, strict=True):
            key = keys[i]
            out[i] = {"scenario": key[0], "outcome": key[1], "people": key[2], "year": int(key[3]) if by else 0, **row}
    return out


def _summary(held: np.ndarray, draws: np.ndarray, *, kinds: Sequence[str], change: bool) -> list[dict[str, Any]]:
    """Columns of the spread of each group of `held` f8[level and value, future, group]."""
    level, middle = (np.ascontiguousarray(held[0, some].T).mean(axis=-1) for some in (shown(draws), lucky(draws)))
    ends = np.array([POSSIBLE.get(kind, (-np.inf, np.inf)) for kind in kinds]).T
    possible = {"chance": ends - middle * change, "all": ends - level * change}
    columns = {"level": level, **ranged(spread(held[1], draws), possible)}
    rows = pd.DataFrame(columns).to_dict("records")
    return [{**{str(name): x for name, x in row.items()}, "grade": "", "why": ""} for row in rows]


def ranged(s: Spread, possible: Mapping[str, Any]) -> dict[str, Figure]:
    """Columns of a spread; ranges stop at what is `possible` (low, high) for futures with central numbers (`chance`), and for those
    with sampled ones (`all`)."""
    ends = {f"{name}_{end}": np.clip(middle + sign * getattr(s, name), *possible["chance" if name == "chance" else "all"])
            for name, middle in (("chance", s.central), ("all", s.value), ("parameters", s.value))
            for end, sign in (("low", -1), ("high", 1))}
    kind = "chance" if np.isnan(s.all).all() else "all"
    return {"value": s.value, "central": s.central, **ends, "sd_chance": s.sd_chance, "sd_all": s.sd_all, "error": s.error,
            "replicates": s.replicates, "draws": s.draws, "sign_unknown": ~(np.abs(s.value) > 2 * np.asarray(s.error)),
            "covers_zero": ~((ends[f"{kind}_low"] > 0) | (ends[f"{kind}_high"] < 0))}


def _yearly(rows: pd.DataFrame) -> pd.DataFrame:
    """Yearly totals, a row a future and a column a year, of rows with draw, replicate, month, months, value (whole years)."""
    rows = rows[["month", "months", "value", *PAIRS]].assign(year=rows["month"] // 12)
    months = rows.drop_duplicates([*PAIRS, "month"]).groupby("year")["months"].sum() / rows.groupby(PAIRS).ngroups
    rows = rows[rows["year"].isin(months.index[months == 12])]
    return rows.groupby([*PAIRS, "year"], observed=True)["value"].sum().unstack("year")


def ordinary(found: Mapping[str, pd.DataFrame], *, reference: str) -> pd.DataFrame:
    """Ordinary year-to-year change of observed emergency admissions where nothing is done, in the columns of ORDINARY.

    Rows: scenario "" (the whole area) and each scenario (the places it funds in that future). Futures with central numbers
    alone: sampled ones differ in their trend, which is no chance of a year.
    """
    outcomes, places, funded = (found[name][found[name]["draw"] == 0] for name in ("outcomes", "neighbourhoods", "funded"))
    area = outcomes[(outcomes["scenario"] == reference) & (outcomes["outcome"] == "emergency_admissions")
                    & (outcomes["quintile"] == 0) & (outcomes["people"] == "all") & (outcomes["months"] == 1)]
    out = [_ordinary("", float(places["place"].nunique()), area)]
    for scenario, group in funded[funded["sites"] > 0].groupby("scenario", observed=True):
        chosen = group[[*PAIRS, "place"]].astype({"place": str}).drop_duplicates()
        rows = places.astype({"place": str}).merge(chosen, on=[*PAIRS, "place"])
        if len(rows):
            out.append(_ordinary(str(scenario), float(chosen.groupby(PAIRS).size().mean()), rows))
    return pd.DataFrame(out, columns=list(ORDINARY))


def _ordinary(scenario: str, places: float, rows: pd.DataFrame) -> dict[str, Any]:
    counts = _yearly(rows)
    ahead = counts[[year for year in counts if cast(int, year) >= 0]].to_numpy(float)
    return {"scenario": scenario, "places": places, "level": float(ahead.mean()) if ahead.size else np.nan,
            "sd": ordinary_change(counts.to_numpy(float))}


def money(costs: pd.DataFrame, months: int) -> pd.DataFrame:
    """Pounds a year (2024/25 prices), mean over futures: index scenario, columns payers, `saved`, `voluntary` and `unspent`.

    Voluntary hours are valued, not paid; unspent money is what found no place to be spent; what cuts save is below 0, and in no
    payer's column. The total over the period is divided by its years (`months` / 12).
    """
    plain = costs.astype(dict.fromkeys(("scenario", "payer", "kind"), str))
    column = plain["payer"].mask(_hours(plain), "voluntary").mask(plain["pounds"] < 0, "saved")
    plain["column"] = column.mask(plain["kind"] == "unspent", "unspent")
    futures = costs[PAIRS].drop_duplicates().shape[0]
    wide = plain.groupby(["scenario", "column"])["pounds"].sum().unstack("column", fill_value=0)
    return wide / max(futures, 1) / (months / 12)


def _hours(costs: pd.DataFrame) -> "pd.Series[bool]":
    return (costs["kind"] == "voluntary_hours") | (costs["payer"] == "voluntary_hours")


def reached(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Residents reached by the last month, mean over futures: columns scenario, programme, mean, taken (share of its places, over
    all months) and pounds (paid for each of them; NaN where nobody is reached).

    programme "": by any programme of the scenario, each resident counted once; else by that one.
    """
    outcomes, key = found["outcomes"], ["scenario", "intervention"]
    delivery, costs, places = (found[name].astype(dict.fromkeys(key, str)) for name in ("delivery", "costs", "places"))
    rows = outcomes[(outcomes["outcome"] == "reached") & (outcomes["people"] == "all") & (outcomes["quintile"] == 0)
                    & (outcomes["months"] == 1)]
    last = rows[rows["month"] == rows["month"].max()].astype({"scenario": str})
    total = last.groupby("scenario")["value"].mean().rename("mean").reset_index().assign(programme="")
    people, paid = delivery.groupby(key)["reached"].sum(), costs[(costs["kind"] != "unspent") & ~_hours(costs)]
    own = pd.DataFrame({"mean": people / max(len(last[PAIRS].drop_duplicates()), 1),
                        "taken": places.groupby(key)["members"].sum() / places.groupby(key)["places"].sum(),
                        "pounds": paid.groupby(key)["pounds"].sum() / people.where(people > 0)})
    own = own[own["mean"].notna()].rename_axis(["scenario", "programme"]).reset_index()
    return pd.concat([total, own])[["scenario", "programme", "mean", "taken", "pounds"]]


def moving(funded: pd.DataFrame) -> list[str]:
    """Scenarios whose sites fall in other places from one future with central numbers to the next, in their order of names."""
    rows = funded[funded["draw"] == 0].astype(dict.fromkeys(("scenario", "intervention", "place"), str))
    found = []
    for scenario, group in rows.groupby("scenario"):
        wide = group.pivot_table(index=["intervention", "place"], columns=PAIRS, values="sites", fill_value=0.0)
        if (wide.nunique(axis=1) > 1).any():
            found.append(str(scenario))
    return found


def never_reached(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Of those any programme of a scenario is for, who was never reached: columns scenario, by, value, eligible, never (means
    over futures) and share (of their sums)."""
    rows = found["reach"].astype(dict.fromkeys(("scenario", "intervention", "by", "value"), str))
    key, futures = ["scenario", "by", "value"], max(len(rows[PAIRS].drop_duplicates()), 1)
    sums = rows[rows["intervention"] == ""].groupby(key)[["eligible", "never"]].sum().reset_index()
    share = sums["never"] / sums["eligible"]
    return sums.assign(eligible=sums["eligible"] / futures, never=sums["never"] / futures, share=share)
