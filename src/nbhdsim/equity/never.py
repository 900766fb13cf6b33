"""Who was never reached: of the people a programme is for, by fifth, age, digital exclusion and group."""

from pathlib import Path

import numpy as np
import pandas as pd

from nbhdsim import tables
from nbhdsim.comparison import PAIRS
from nbhdsim.equity.of_run import noted

NOT_COUNTED = "the run did not count whom a programme is for"
COLUMNS = {
    "scenario": "name of the scenario",
    "intervention": "key of the programme; blank for any, each resident counted once",
    "by": "`all`, `quintile`, `age`, `digital` or `group`",
    "group": "which quintile, age band, `excluded` or `not excluded`, or population group; `all`",
    "eligible": "people the programme was for who lived in its places while it ran, the mean over futures",
    "reached": "of them, those who ever took part",
    "never": "the others",
    "share": "`never` over `eligible`, of their sums over futures",
    "note": "a warning where there are fewer than 100 simulated people",
    "why": f"`{NOT_COUNTED}`, where that is so (a folder of an older version)",
}
"""Columns of `of_run`, and what they mean."""


def of_run(folder: Path) -> pd.DataFrame:
    """Rows in COLUMNS by scenario, programme and group, means over futures; NbhdsimError where the run has neither table.

    Without the table `reach` those ever reached come from the last month of `delivery`, and the rest is blank.
    """
    found = _counted(folder) if (folder / "reach.parquet").is_file() else _delivered(folder)
    return found.assign(note=noted(found["eligible"]))[list(COLUMNS)]


def _counted(folder: Path) -> pd.DataFrame:
    rows = tables.read(folder, "reach").rename(columns={"value": "group"})
    key, counts = ["scenario", "intervention", "by", "group"], ["eligible", "reached", "never"]
    futures = max(len(rows[PAIRS].drop_duplicates()), 1)
    rows = rows.astype(dict.fromkeys(key, str)).groupby(key)[counts].sum().reset_index()
    share = rows["never"] / rows["eligible"].where(rows["eligible"] > 0)
    return rows.assign(**{name: rows[name] / futures for name in counts}, share=share, why="")


def _delivered(folder: Path) -> pd.DataFrame:
    rows = tables.read(folder, "delivery", columns=["scenario", "intervention", "month", "reached", *PAIRS])
    futures = max(len(rows[PAIRS].drop_duplicates()), 1)
    last = rows[rows["month"] == rows["month"].max()].astype({"scenario": str, "intervention": str})
    found = last.groupby(["scenario", "intervention"])["reached"].sum().div(futures).reset_index()
    return found.assign(by="all", group="all", eligible=np.nan, never=np.nan, share=np.nan, why=NOT_COUNTED)
