"""The pictures of an experiment, drawn from what it found, into `figures/` of its folder: SVG, PNG, and a description as text."""
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from nbhdsim.experiment import read, values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.file import Experiment
from nbhdsim.experiment.values import Answer
from nbhdsim.report import figures, index_figures, labels, pages
from nbhdsim.report.index_figures import Shown
from nbhdsim.report.pages import Page


def draw(folder: Path, found: Experiment, made: Design, *, answers: pd.DataFrame) -> list[Path]:
    """All pictures that a study has, from `answers` (as of `study.answers`) and the tables in `csv/`; returns their paths."""
    with mpl.rc_context(figures.STYLE):
        drawn = list(_drawn(folder, found, values.found(answers, made)))
    return pages.save(drawn, folder / "figures") if drawn else []


def _table(folder: Path, name: str) -> pd.DataFrame | None:
    """A table in `csv/`, None where the study has none of that name."""
    path = folder / "csv" / f"{name}.csv"
    return pd.read_csv(path, keep_default_na=False, na_values=[""]) if path.exists() else None


def _drawn(folder: Path, found: Experiment, some: list[Answer]) -> Iterator[Page]:
    indices = _table(folder, "indices")
    for one in some:
        rows = indices[indices["outcome"] == one.name] if indices is not None else pd.DataFrame()
        if len(rows) and rows["index"].isin(read.FOREMOST).any():
            yield from _of_indices(shown(found, one, rows))


def shown(found: Experiment, one: Answer, rows: pd.DataFrame) -> Shown:
    """The indices of one answer with the words around them."""
    asked = labels.question(found, one.label)
    steps = rows["index"].isin(["mu", "mu_star", "sigma"])         # in the unit of the answer
    rows = rows.assign(**{c: rows[c].where(~steps, rows[c] * asked.factor) for c in ("value", "low", "high")})
    return Shown(rows, name(found, one), asked, labels.place(found, one.scenario, one.label, against=asked.against))


def name(found: Experiment, one: Answer) -> str:
    """Name of the files of an answer: the question, and the scenario."""
    return pages.slug(f"{one.label} {one.scenario}")


def _of_indices(one: Shown) -> Iterator[Page]:
    for function in (index_figures.morris, index_figures.pairs, index_figures.convergence):
        if (page := function(one)) is not None:
            yield page
    yield index_figures.bars(one)
