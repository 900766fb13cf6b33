"""An experiment from its file to its folder: pilot, points, runs, and what they say.

`compare` is a study too; it is carried out by the same runner with the plan of `nbhdsim compare`.
"""
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from nbhdsim import documents, experiment as plain
from nbhdsim import ledger, runfolder, tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import asked, design, models, replicates
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.file import Experiment
from nbhdsim.experiment.points import Points
from nbhdsim.runner import Report, Result, Runner
from nbhdsim.workers import Future, Work, without_interrupts


class How(NamedTuple):
    """How a study is carried out, none of which changes a result: where to, with how many processes, what to do with a folder
    that is there, and who is told of progress."""

    out: Path = Path("runs")
    jobs: int | None = None
    argv: Sequence[str] = ()
    anew: bool = False
    retry_failed: bool = False
    progress: Callable[[Report], None] = lambda report: None


def resolved(study: Experiment) -> dict[str, Any]:
    """The experiment as plain values, complete, with its scenarios and a hash of all numbers, as `experiment.resolved` has it."""
    data = study.model.model_dump(by_alias=True, exclude_none=True, exclude={"set", "scenarios"})
    made = plain.resolved(study.scenarios, name=study.name, replicates=1, draws=0)
    return {**data, "name": study.name, "numbers": made["numbers"], "scenarios": made["scenarios"]}


def points(study: Experiment, made: Design) -> Points:
    """The task of a design."""
    everything = "default" in study.model.views
    return Points(study.files, made.columns, made.u, asked=None if everything else study.asked, sets=study.sets, seed=study.seed)


def sizes(study: Experiment) -> tuple[int, int]:
    """Replicates of each point and of draw 0 that the file asks for; where a pilot decides, those it begins with."""
    given, method = study.model.replicates, study.model.method
    whole = given if isinstance(given, int) else replicates.FIRST if given is not None else None
    if isinstance(method, models.Cross) and (method.seed_factor or study.kind == "morris"):
        return 1, whole or 1
    usual = design.REPLICATES.get(study.kind, design.MEANS)
    return whole or usual, whole or usual


def perform(study: Experiment, how: How) -> tuple[Result, Design]:
    """Carry a study out (not a compare); its folder holds tables, draws and ledger, and what `analysed` makes of them.

    Raises NbhdsimError for what cannot be, with nothing written, and as `Runner.carry_out`.
    """
    repeats, central = sizes(study)
    made = design.make(study, repeats=repeats, central=central)
    whole = resolved(study)
    with without_interrupts():
        folder = runfolder.create(how.out, resolved=whole, resolved_text=documents.to_text(whole), texts=study.texts,
                                  seed=study.scenarios[0].seed, argv=how.argv, planned=len(made.futures()), anew=how.anew)
    if isinstance(study.model.replicates, models.ReplicatesModel):
        made = _piloted(study, made, folder, how)
    work = Work(study.scenarios, points(study, made), study.model.limits.seconds_per_run)

    def first() -> None:
        tables.write_parquet(tables.to_arrow("draws", draws(made)), folder.path / "draws.parquet")
        ledger.write(folder.path / ledger.FILE, ledger.of(study.scenarios))

    runner = Runner(folder, made.futures(), retry_failed=how.retry_failed)
    jobs = plain.processes(how.jobs, study.scenarios, len(made.futures()))
    return runner.carry_out(work, jobs=jobs, progress=how.progress, first=first), made


def draws(made: Design) -> dict[str, Any]:
    """The table `draws`: u and value of each factor at each point; central values, without a u, in draw 0."""
    central = [f for f in made.columns if f.central is not None]
    row, column = np.nonzero(~np.isnan(made.u)) if made.u.size else (np.zeros(0, int), np.zeros(0, int))
    u = made.u[row, column] if made.u.size else np.zeros(0)
    value = [made.columns[c].number(x) for c, x in zip(column, u, strict=True)]
    names = np.array([f.address for f in made.columns], object)
    return {"draw": np.concatenate([np.zeros(len(central), np.int32), row.astype(np.int32) + 1]),
            "address": np.concatenate([np.array([f.address for f in central], object), names[column]]),
            "u": np.concatenate([np.full(len(central), np.nan), u]),
            "value": np.concatenate([np.array([float(f.central) for f in central], float), np.array(value, float)])}


def answers(folder: Path, study: Experiment) -> pd.DataFrame:
    """The answers of a finished folder (see `asked.answers`)."""
    return asked.answers(tables.read(folder, "outcomes"), study.asked, [s.name for s in study.scenarios])
