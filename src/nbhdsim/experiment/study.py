"""An experiment from its file to its folder: pilot, points, runs. What they say is worked out in `report.studies`."""
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from nbhdsim import documents, ledger, runfolder, tables
from nbhdsim import experiment as plain
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import asked, design, models, replicates
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.file import Experiment
from nbhdsim.experiment.points import Points
from nbhdsim.experiment.replicates import Pilot
from nbhdsim.runfolder import RunFolder
from nbhdsim.runner import Report, Result, Runner, extend
from nbhdsim.workers import Future, Task, Work, simulated, without_interrupts

REPLICATES = {"compare": 6, "sweep": 4, "uncertainty": 2, "discover": 1}
"""Replicates of each point where the file does not say: enough to tell chance from the rest. Others have 1 where the seed is a
factor, and MEANS where it is not. Points to discover a box in have a luck of their own each."""
MEANS = 8
MANY = 64
"""Futures from which on all cores are used, whatever the size of the area: they take longer than processes take to start."""


class How(NamedTuple):
    """How a study is carried out, none of which changes a result: where to, over how many processes, what to do with a folder
    that is there, who is told of progress, and a finished folder whose runs are taken over (see `extended`)."""

    out: Path = Path("runs")
    jobs: int | None = None
    argv: Sequence[str] = ()
    anew: bool = False
    retry_failed: bool = False
    progress: Callable[[Report], None] = lambda report: None
    begun: Path | None = None
    cluster: str | None = None


class Done(NamedTuple):
    """What became of a study: its folder and counts, its design, and what a pilot said of replicates, "" where there was none."""

    result: Result
    made: Design
    pilot: str


def resolved(study: Experiment) -> dict[str, Any]:
    """The experiment as plain values, complete, with its scenarios and a hash of all numbers, as `experiment.resolved` has it."""
    data = study.model.model_dump(by_alias=True, exclude_none=True, exclude={"set", "scenarios"})
    made = plain.resolved(study.scenarios, name=study.name, replicates=1, draws=0)
    return {**data, "name": study.name, "numbers": made["numbers"], "scenarios": made["scenarios"]}


def task(study: Experiment, made: Design) -> Task:
    """What is done in each future: all that `nbhdsim compare` does, or one point of the design."""
    if study.kind == "compare":
        return simulated
    everything = "default" in study.model.views
    return Points(study.files, made.columns, made.u, asked=None if everything else study.asked, sets=study.sets, seed=study.seed)


def planned(study: Experiment, count: int | None = None) -> Design:
    """The design of a study; count: replicates that a pilot found enough.

    Where each point has a luck of its own (compare, the seed as a factor, Morris) it is run once; replicates are those of draw 0.
    """
    given, method = study.model.replicates, study.model.method
    whole = given if isinstance(given, int) else count or replicates.first_count(given.most) if given is not None else None
    once = isinstance(method, models.Compare) or isinstance(method, models.Cross) and method.seed_factor
    usual = 1 if once and study.kind != "compare" else REPLICATES.get(study.kind, MEANS)
    return design.make(study, repeats=1 if once else whole or usual, central=whole or usual)


def extended(study: Experiment, out: Path) -> tuple[Experiment, Path]:
    """The study with twice the size of the largest that has ended in `out`, and that folder, whose runs are kept.

    Raises NbhdsimError where its points are not the first of a design of twice the size, and where none has ended.
    """
    method, kept = study.model.method, None
    size = "draws" if isinstance(method, models.Uncertainty) else "n"
    if not (isinstance(method, models.Sobol | models.Uncertainty) or getattr(method, "design", "") == "sobol_points"):
        raise NbhdsimError.of(f"--extend: a {study.kind} of twice the size has other points (sobol, uncertainty and a sweep of "
                              "sobol_points begin with those of the smaller)")
    while _ended(study, folder := _folder(study, out)):
        kept, count = folder, getattr(study.model.method, size)
        study = replace(study, model=study.model.model_copy(
            update={"method": study.model.method.model_copy(update={size: 2 * count})}))
    if kept is None:
        raise NbhdsimError.of(f"--extend: {folder} has not ended (run it without --extend first)")
    return study, kept


def _folder(study: Experiment, out: Path) -> Path:
    return out / f"{runfolder.slug(study.name)}-{runfolder.config_hash(resolved(study))[:8]}"


def _ended(study: Experiment, folder: Path) -> bool:
    """Is it a whole run of this experiment?"""
    if not (folder / "manifest.json").is_file():
        return False
    manifest = runfolder.read(folder)
    return bool(manifest["complete"]) and manifest["config_hash"] == runfolder.config_hash(resolved(study))


def finished(study: Experiment, how: How) -> Done | None:
    """What became of a study that is complete already, in the same versions; None where it has to be run."""
    folder = _folder(study, how.out)
    if how.anew or not _ended(study, folder):
        return None
    manifest = runfolder.read(folder)
    if runfolder.differences(manifest, runfolder.versions()):
        return None
    return Done(Result(folder, **manifest["counts"]), planned(study, manifest.get("replicates")), manifest.get("pilot", ""))


def perform(study: Experiment, how: How) -> Done:
    """Carry out a study, unless it is complete already; its folder then holds tables, draws and ledger.

    Raises NbhdsimError for what cannot be, with nothing written, and as `Runner.carry_out`.
    """
    made, whole = planned(study), resolved(study)
    if (done := finished(study, how)) is not None:
        return done
    with without_interrupts():              # no folder without its manifest
        folder = runfolder.create(how.out, resolved=whole, resolved_text=documents.to_text(whole), texts=study.texts,
                                  seed=study.scenarios[0].seed, argv=how.argv, planned=len(made.futures()), anew=how.anew)
        if how.begun is not None and not folder.resumed:
            extend(folder, how.begun)
    pilot = ""
    if isinstance(study.model.replicates, models.ReplicatesModel):
        found = _piloted(study, folder, how)
        made, pilot = planned(study, found.replicates), found.sentence
        folder.save(replicates=found.replicates, pilot=pilot)

    def first() -> None:
        rows = plain.draws_table(study.scenarios, made.futures()) if study.kind == "compare" else draws(made)
        tables.write_parquet(tables.to_arrow("draws", rows), folder.path / "draws.parquet")
        ledger.write(folder.path / ledger.FILE, ledger.of(study.scenarios))

    def last() -> None:
        if study.kind == "compare":
            ledger.complete(folder.path)

    runner = Runner(folder, made.futures(), retry_failed=how.retry_failed)
    result = runner.carry_out(_work(study, made), jobs=jobs(study, how, made), cluster=how.cluster, progress=how.progress,
                              first=first, last=last)
    return Done(result, made, pilot)


def _work(study: Experiment, made: Design) -> Work:
    return Work(study.scenarios, task(study, made), study.model.limits.seconds_per_run)


def jobs(study: Experiment, how: How, made: Design) -> int:
    """Processes to use."""
    many = len(made.futures())
    if how.cluster is not None:
        return how.jobs or plain.cores()
    return min(plain.cores(), many) if how.jobs is None and many >= MANY else plain.processes(how.jobs, study.scenarios, many)


def _piloted(study: Experiment, folder: RunFolder, how: How) -> Pilot:
    """Run replicates of draw 0 into the folder's parts until the named answer is known well enough, or no more are allowed."""
    rule = study.model.replicates
    if not isinstance(rule, models.ReplicatesModel):
        raise ValueError("no pilot was asked for")
    made = planned(study)
    while True:
        count = made.central
        runner = Runner(folder, [Future(r, 0, r) for r in range(count)], retry_failed=how.retry_failed)
        try:
            runner.pilot(_work(study, made), jobs=jobs(study, how, made), cluster=how.cluster, progress=how.progress)
        except BaseException:
            if not folder.resumed and not runner.counts()["done"]:
                folder.discard()
            folder.close()
            raise
        frames = [pq.read_table(path).to_pandas() for path in runner.parts.of("outcomes")]
        found = replicates.named(_answers(pd.concat(frames), study), study.asked, of=rule.until.of, count=count) if frames else {}
        pilot = replicates.judged(found, rule.until.error, most=rule.most)
        if pilot.enough or count == rule.most:
            return pilot._replace(replicates=count)
        made = planned(study, replicates.next_count(count, rule.most))


def draws(made: Design) -> dict[str, Any]:
    """The table `draws`: u and value of each factor at each point; central values, without a u, in draw 0."""
    central = {f.address: f.central for f in made.columns if f.central is not None}
    row, column = np.nonzero(~np.isnan(made.u))
    u = made.u[row, column]
    value = [made.columns[c].number(x) for c, x in zip(column, u, strict=True)]
    names = np.array([f.address for f in made.columns], object)
    return {"draw": np.concatenate([np.zeros(len(central), np.int32), row.astype(np.int32) + 1]),
            "address": np.concatenate([np.array(list(central), object), names[column]]),
            "u": np.concatenate([np.full(len(central), np.nan), u]),
            "value": np.concatenate([np.array(list(central.values()), float), np.array(value, float)])}


def answers(folder: Path, study: Experiment) -> pd.DataFrame:
    """The answers of a finished folder (see `asked.answers`)."""
    return _answers(tables.read(folder, "outcomes"), study)


def _answers(outcomes: pd.DataFrame, study: Experiment) -> pd.DataFrame:
    return asked.answers(outcomes, study.asked, [s.name for s in study.scenarios])
