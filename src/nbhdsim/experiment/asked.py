"""What an experiment asks of each run: which rows of `outcomes` are kept, and the one number each question comes to."""
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nbhdsim.experiment.models import PERIOD
from nbhdsim.outcomes import OUTCOMES

YEAR = 12
Columns = Mapping[str, Any]


class Asked(NamedTuple):
    """One question: outcome, level or difference from the first scenario, whose (people, place, quintile, age), from the month
    `first` to the month before `end`, and its name in tables."""

    label: str
    name: str
    difference: bool
    people: str
    place: str
    quintile: int
    age: str
    first: int
    end: int
    view: str

    @property
    def length(self) -> int:
        """Months of the periods of its rows: 12 where it is about whole years, else 1."""
        return 1 if self.first % YEAR or self.end % YEAR else YEAR

    def among(self, rows: Any) -> Any:
        """Which rows of an outcomes frame it is about (months apart)."""
        return ((rows["outcome"] == self.name) & (rows["people"] == self.people) & (rows["place"] == self.place)
                & (rows["quintile"] == self.quintile) & (rows["age"] == self.age))


def period(text: str | None, months: int) -> tuple[int, int]:
    """First month and the month after the last of `months 0-35`, `years 1-3`, `month 0`, `year 5`; None: all months."""
    if text is None:
        return 0, months
    found = PERIOD.fullmatch(text)
    a, b, c, d, month, year = (int(x) if x else 0 for x in found.groups()) if found else (0,) * 6
    if text.startswith("months"):
        return a, b + 1
    if text.startswith("years"):
        return YEAR * (c - 1), YEAR * d
    return (month, month + 1) if text.startswith("month") else (YEAR * (year - 1), YEAR * year)


def view(people: str, quintile: int, age: str, *, place: str, neighbourhoods: Sequence[str]) -> str:
    """The view that has such rows (see `views`), "" where none has."""
    if people != "all":
        return "people" if place == "all" and age == "all" else ""
    if place != "all":
        return "" if quintile or age != "all" else "neighbourhood" if place in neighbourhoods else "district"
    return "_".join(filter(None, ["quintile" if quintile else "", "age" if age != "all" else ""])) or "all"


def kept(table: Columns, asked: Sequence[Asked]) -> dict[str, Any]:
    """The rows of one future's `outcomes` columns (texts: numbers and words) that are asked for, years where it is about years."""
    texts = {name: np.array(table[name][1], object) for name in ("outcome", "people", "place", "age")}
    month, months = np.asarray(table["month"]), np.asarray(table["months"])
    taken: dict[int, Any] = {}
    for length in (1, YEAR):
        mask = np.zeros(month.size, bool)
        for one in asked:
            if one.length == length:
                mask |= _rows(table, one, texts) & (month >= one.first) & (month + months <= one.end)
        taken[length] = mask
    yearly = taken[YEAR] & (months == 1)
    whole = taken[1] | taken[YEAR] & (months == YEAR)
    blocks = [_picked(table, np.flatnonzero(whole))]
    if yearly.any():
        blocks.append(_by_year(table, np.flatnonzero(yearly)))
    if len(blocks) == 1:
        return blocks[0]
    return {name: _joined([block[name] for block in blocks]) for name in table}


def _rows(table: Columns, one: Asked, texts: Mapping[str, Any]) -> Any:
    mask = np.asarray(table["quintile"]) == one.quintile
    for name, word in (("outcome", one.name), ("people", one.people), ("place", one.place), ("age", one.age)):
        mask = mask & np.isin(table[name][0], np.flatnonzero(texts[name] == word))
    return mask


def _picked(table: Columns, rows: Any) -> dict[str, Any]:
    return {name: (np.asarray(c[0])[rows], c[1]) if isinstance(c, tuple) else c if np.ndim(c) == 0 else np.asarray(c)[rows]
            for name, c in table.items()}


def _by_year(table: Columns, rows: Any) -> dict[str, Any]:
    """Monthly rows added up to years: values added, residents as their mean."""
    some = _picked(table, rows)
    year = some["month"] // YEAR
    keys = [some[name][0] if isinstance(some[name], tuple) else some[name] for name in
            ("scenario", "place", "quintile", "age", "people", "of", "outcome")]
    order, group = np.unique(np.stack([*keys, year]), axis=1, return_inverse=True)
    first = np.zeros(order.shape[1], np.int64)
    first[group.ravel()[::-1]] = np.arange(group.size)[::-1]
    out = _picked(some, first)
    sums = {name: np.bincount(group.ravel(), some[name], order.shape[1]) for name in ("value", "residents")}
    return {**out, "month": order[-1] * YEAR, "months": np.full(order.shape[1], YEAR), "value": sums["value"],
            "residents": sums["residents"] / YEAR}


def _joined(parts: Sequence[Any]) -> Any:
    first = parts[0]
    if isinstance(first, tuple):
        return np.concatenate([part[0] for part in parts]), first[1]
    return first if np.ndim(first) == 0 else np.concatenate(parts)


def answers(outcomes: pd.DataFrame, asked: Sequence[Asked], scenarios: Sequence[str]) -> pd.DataFrame:
    """One number a question, scenario and future: columns label, scenario, draw, replicate, value.

    Counts are a year, shares and means from resident-months; differences are from the first scenario in the same future, of the
    same people, for each other scenario. Futures that failed are not in it.
    """
    key, blocks = ["scenario", "of", "draw", "replicate"], []
    outcomes = outcomes.astype(dict.fromkeys(("scenario", "of", "outcome", "people", "place", "age"), str))
    for one in asked:
        within = (outcomes["month"] >= one.first) & (outcomes["month"] + outcomes["months"] <= one.end)
        rows = outcomes[one.among(outcomes) & within]
        yearly = one.length == YEAR and (rows["months"] == YEAR).any()      # a table of everything may have months instead
        rows = rows[rows["months"] == (YEAR if yearly else 1)]
        sums = rows.assign(present=rows["residents"] * rows["months"]).groupby(key, observed=True)[["value", "present"]].sum()
        count = OUTCOMES[one.name].kind == "count"
        level = sums["value"] * YEAR / (one.end - one.first) if count else sums["value"] / sums["present"]
        blocks.append(_asked_for(level.rename("value").reset_index(), one, scenarios))
    return pd.concat(blocks, ignore_index=True)


def _asked_for(levels: pd.DataFrame, one: Asked, scenarios: Sequence[str]) -> pd.DataFrame:
    own = levels[(levels["of"] == "") | (levels["of"] == levels["scenario"])]
    if not one.difference:
        return own.assign(label=one.label)[["label", "scenario", "draw", "replicate", "value"]]
    base = levels[levels["scenario"] == scenarios[0]].drop(columns="scenario")
    pairs = own[own["scenario"] != scenarios[0]].merge(base, on=["of", "draw", "replicate"], suffixes=("", "_first"))
    return pairs.assign(label=one.label, value=pairs["value"] - pairs["value_first"])[
        ["label", "scenario", "draw", "replicate", "value"]]


