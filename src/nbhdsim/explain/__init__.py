"""Where a difference comes from: whose it is, by which channel it came, and what programmes do to one another.

Every difference to the first scenario is split three times, each time exactly:

- by people: participants, their contacts, contacts of contacts, everyone else (`people`);
- by channel: Shapley shares over direct, contacts and readiness, because rates do not add (`shares`);
- by programme: each alone, and what they do together beyond that; Shapley shares where they are few.

The worlds that this takes (channels muted, programmes left out) meet the same luck as the scenario itself (`future`), so that
few futures say much. `rebuilt` makes scenarios from a run folder, `resident` tells what happened to one resident.
"""
from collections.abc import Callable, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pandas as pd

from nbhdsim import comparison, tables, workers
from nbhdsim.errors import NbhdsimError
from nbhdsim.explain import future
from nbhdsim.explain.rebuilt import Case

TABLE = "explain"
COLUMNS: Mapping[str, str] = {
    "scenario": "name of the scenario",
    "draw": "0: central numbers; 1, 2, ..: sampled ones",
    "replicate": "luck",
    "outcome": "name of the outcome",
    "by": "what the difference is split by: `all` (not split), `people`, `channel`, `programme` (each alone, and `interaction`) or "
          "`share` (Shapley shares of programmes)",
    "part": "`participants contacts further others`; `direct contacts readiness`; the key of a programme, or `interaction`",
    "value": "the part's total over all months, of the whole area; parts add up to `all` in every future",
    "residents": "mean number of residents whom the outcome is about, in the circle (`people`) or the whole area",
}
"""Columns of the table, and what they mean."""
WORDS = ("scenario", "outcome", "people", "grade", "why")


def run(case: Case, *, jobs: int, progress: Callable[[int], None] = lambda done: None) -> pd.DataFrame:
    """The table `explain` (docs/interfaces.md section 9) of the futures of a case; `progress` is told how many are done.

    The rows depend neither on `jobs` (processes) nor on which future is done first. Raises NbhdsimError when a future fails.
    """
    done, frames = 0, list[pd.DataFrame]()
    progress(done)
    work = workers.Work(case.scenarios, future.rows)
    with closing(workers.results(work, case.futures, jobs=jobs)) as chunks:
        for chunk in chunks:
            for outcome in chunk.outcomes:
                if outcome.error:
                    raise NbhdsimError.of(f"future {outcome.future.run} failed: {outcome.error}")
            frames.append(pd.read_parquet(BytesIO(chunk.tables[TABLE])))
            done += len(chunk.outcomes)
            progress(done)
    texts = ["scenario", "outcome", "by", "part"]
    whole = pd.concat([frame.astype(dict.fromkeys(texts, str)) for frame in frames])
    return whole.sort_values(tables.keys(TABLE), ignore_index=True)


def write(table: pd.DataFrame, folder: Path) -> list[Path]:
    """`explain.parquet` and `csv/explain.csv` of a table of `run`; returns their paths."""
    parquet, csv = folder / f"{TABLE}.parquet", folder / "csv" / f"{TABLE}.csv"
    csv.parent.mkdir(parents=True, exist_ok=True)
    tables.write_parquet(tables.to_arrow(TABLE, {str(name): table[name].to_numpy() for name in table}), parquet)
    tables.write_frame(table, csv)
    return [parquet, csv]


def answer(folder: Path) -> pd.DataFrame | None:
    """What `compare` wrote of emergency admissions, whole area and period, in the columns of `comparison.csv`; None where it wrote
    none."""
    file = folder / "csv" / "comparison.csv"
    if not file.is_file():
        return None
    rows = tables.read_frame(file, na_values={name: [""] for name in comparison.COLUMNS if name not in WORDS})
    return rows[(rows["outcome"] == "emergency_admissions") & (rows["people"] == "all") & (rows["year"] == 0)]


def mean(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over futures of every part: columns scenario, outcome, by, part, value, residents."""
    return table.groupby(["scenario", "outcome", "by", "part"], sort=False, as_index=False)[["value", "residents"]].mean()
