"""Golden tables: one small comparison of every kind, to the last digit.

`pytest tests/golden --golden` writes the files anew. Read the diff before committing it: each changed number is a
changed result, and belongs in the CHANGELOG under "Results".
"""
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbhdsim import population
from nbhdsim.simulation import simulate

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "law"))
from towns import LINES, scenario, world  # noqa: E402

FUTURES = ((0, 0), (3, 5))
TABLES = ("outcomes", "costs", "delivery", "funded", "reach")


def text_of(column):
    """A column as plain values: texts are (numbers, texts) or already values."""
    return np.asarray(column[1], object)[column[0]] if isinstance(column, tuple) else column


@cache
def tables() -> dict[str, pd.DataFrame]:
    """The tables of both futures; outcomes by year, whole town and quintiles; delivery added up by year."""
    town, pair = world(), [scenario("nothing", {}), scenario("all", LINES)]
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for draw, replicate in FUTURES:
        for name, columns in simulate(town, pair, draw=draw, replicate=replicate).items():
            frames[name].append(pd.DataFrame({c: text_of(column) for c, column in columns.items()}))
    out = {name: pd.concat(frames[name], ignore_index=True) for name in TABLES}
    o = out["outcomes"]
    o = o[(o["place"] == "all") & (o["age"] == "all") & (o["months"] == 1)].assign(year=lambda f: f["month"] // 12 + 1)
    key = ["scenario", "draw", "replicate", "year", "quintile", "outcome"]
    out["outcomes"] = o.groupby(key, as_index=False)[["value", "residents"]].sum()
    d = out["delivery"].assign(year=lambda f: f["month"] // 12 + 1)
    key = ["scenario", "draw", "replicate", "year", "place", "intervention"]
    out["delivery"] = d.groupby(key, as_index=False)[["members", "joined", "left", "contacts", "reached"]].sum()
    return {name: frame.sort_values(list(frame.columns)).reset_index(drop=True) for name, frame in out.items()}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_the_golden_ones(name, request):
    file = HERE / f"{name}.csv"
    text = tables()[name].to_csv(index=False, lineterminator="\n")
    if request.config.getoption("--golden"):
        file.write_text(text)
    assert text == file.read_text()


def test_the_outcomes_where_time_passes_are_the_golden_ones(request):
    """One future of the same town and programmes among people who age, are born, die and move."""
    pair = [replace(scenario(name, lines, months=24, history=12), ageing=True) for name, lines in (("nothing", {}), ("all", LINES))]
    columns = simulate(population.build(pair[0]), pair, draw=0, replicate=0, views=["all", "people"])["outcomes"]
    o = pd.DataFrame({c: text_of(column) for c, column in columns.items()}).assign(year=lambda f: f["month"] // 12 + 1)
    found = o.groupby(["scenario", "of", "people", "quintile", "year", "outcome"], as_index=False)[["value", "residents"]].sum()
    text, file = found.to_csv(index=False, lineterminator="\n"), HERE / "ageing.csv"
    if request.config.getoption("--golden"):
        file.write_text(text)
    assert text == file.read_text()
