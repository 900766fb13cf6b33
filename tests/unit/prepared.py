"""A finished run folder made of numbers, not of a simulation: a few seconds of a county in a few thousand rows."""
import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from nbhdsim import tables
from nbhdsim.residents import AGE_BANDS

OUTCOMES = ("emergency_admissions", "bed_days", "life_satisfaction", "low_life_satisfaction")
PLACES = pd.DataFrame({"name": ["a-001", "a-002", "a-003", "b-001", "b-002"], "district": ["a", "a", "a", "b", "b"],
                       "quintile": [1, 2, 3, 4, 5]})
ADULTS = np.array([0, 0.1, 1, 1, 1, 1, 1, 1])


def futures(replicates: int, draws: int) -> list[tuple[int, int]]:
    """Draw 0 with each replicate, then each draw with one of its own."""
    return [(0, r) for r in range(replicates)] + [(d, replicates + d - 1) for d in range(1, draws + 1)]


def cells(months: int, seed: int, *, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """value and residents [outcome, month, place, age] of one world; `gain` is the share of admissions avoided."""
    rng = np.random.default_rng(seed)
    people = np.random.default_rng(1).integers(50, 200, (len(PLACES), len(AGE_BANDS))).astype(float)
    adults = np.round(people * ADULTS)
    poor = (6 - PLACES["quintile"].to_numpy())[:, None] / 5
    admitted = rng.poisson(people * poor * 0.02, (months, *people.shape)) * (1 - gain)
    satisfied = adults * (7.5 - 0.4 * poor + gain) + rng.normal(0, 1, (months, *people.shape)) * (adults > 0)
    low = rng.binomial(adults.astype(int), 0.06, (months, *people.shape)) * (1 - gain)
    value = np.stack([admitted, admitted * 6, satisfied, low])
    present = np.stack([people, people, adults, adults])[:, None].repeat(months, 1)
    return value, present


def views(value: np.ndarray, present: np.ndarray, first: int) -> pd.DataFrame:
    """Rows of the views that a run keeps, for everyone, of cells [outcome, month, place, age] from month `first`."""
    outcome, month, place, age = np.indices(value.shape).reshape(4, -1)
    cell = pd.DataFrame({"outcome": np.array(OUTCOMES)[outcome], "month": month + first, "value": value.ravel(),
                         "residents": present.ravel(), "age": np.array(AGE_BANDS)[age],
                         "place": PLACES["name"].to_numpy()[place], "district": PLACES["district"].to_numpy()[place],
                         "quintile": PLACES["quintile"].to_numpy()[place]})
    key = ["outcome", "month"]
    shown = [((), {"place": "all", "quintile": 0, "age": "all"}), (("district",), {"quintile": 0, "age": "all"}),
             (("quintile",), {"place": "all", "age": "all"}), (("age",), {"place": "all", "quintile": 0}),
             (("quintile", "age"), {"place": "all"})]
    rows = [cell.groupby([*key, *by])[["value", "residents"]].sum().reset_index().rename(columns={"district": "place"})
            .assign(months=1, **rest) for by, rest in shown]
    year = cell.assign(month=cell["month"] // 12 * 12).groupby([*key, "place"])[["value", "residents"]].sum().reset_index()
    return pd.concat([*rows, year.assign(residents=year["residents"] / 12, months=12, quintile=0, age="all")])


def folder(path: Path, *, replicates: int = 5, draws: int = 8, months: int = 24, gains: dict[str, float] | None = None) -> Path:
    """A run folder with `outcomes.parquet` of `do nothing` and the scenarios of `gains`, 12 months of history."""
    path.mkdir(parents=True, exist_ok=True)
    pieces = []
    for scenario, gain in {"do nothing": 0.0, **({"plan": 0.1} if gains is None else gains)}.items():
        for draw, replicate in futures(replicates, draws):
            value, present = cells(12 + months, 100 + replicate, gain=gain * (1 + draw / 10))
            rows = views(value, present, -12)
            pieces.append(rows.assign(scenario=scenario, draw=draw, replicate=replicate, people="all", of=""))
    frame = pd.concat(pieces)
    table = tables.to_arrow("outcomes", {name: frame[name].to_numpy() for name in tables.SCHEMAS["outcomes"].names})
    tables.write_parquet(table, path / "outcomes.parquet")
    manifest = {"schema": 1, "config_hash": "0" * 64, "seed": 1, "started": "2026-01-02T03:04:05+00:00", "package": "0.1.0",
                "counts": {"planned": replicates + draws, "done": replicates + draws, "failed": 0}, "complete": True}
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def total(path: Path, **where: object) -> float:
    """Sum of `value` of the rows of `outcomes` where columns have these values, from month 0 on."""
    frame = pd.read_parquet(path / "outcomes.parquet").query("month >= 0 and people == 'all'")
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return float(frame["value"].sum())


GROUPS = list(product("12345", AGE_BANDS))
