"""What an experiment asks of each run: which rows of `outcomes` are kept, and the one number each question comes to."""
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nbhdsim import tables
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
    texts = {name: column[1] for name, column in table.items() if isinstance(column, tuple)}
    codes = {name: np.broadcast_to(c[0] if name in texts else c, np.shape(table["month"])) for name, c in table.items()}
    begin, months, end = codes["month"], codes["months"], codes["month"] + codes["months"]
    taken = {length: np.zeros(begin.size, bool) for length in (1, YEAR)}
    for one in asked:
        taken[one.length] |= _rows(codes, one, texts) & (begin >= one.first) & (end <= one.end)
    yearly, whole = taken[YEAR] & (months == 1), taken[1] | taken[YEAR] & (months == YEAR)
    added = tables.in_years({name: column[yearly] for name, column in codes.items()})
    out = {name: np.concatenate([column[whole], added[name]]) for name, column in codes.items()}
    return out | {name: (out[name], words) for name, words in texts.items()}


def _rows(codes: Columns, one: Asked, texts: Mapping[str, Any]) -> Any:
    mask = codes["quintile"] == one.quintile
    for name, word in (("outcome", one.name), ("people", one.people), ("place", one.place), ("age", one.age)):
        mask = mask & np.isin(codes[name], np.flatnonzero(np.array(texts[name], object) == word))
    return mask


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
