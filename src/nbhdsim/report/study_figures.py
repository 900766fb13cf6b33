"""The pictures of an experiment, drawn from what it found, into `figures/` of its folder: SVG, PNG, and a description as text."""
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from nbhdsim.experiment import values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.file import Experiment
from nbhdsim.experiment.values import Answer
from nbhdsim.report import figures, index_figures, labels, pages
from nbhdsim.report.index_figures import Shown
from nbhdsim.report.pages import Page


def draw(folder: Path, found: Experiment, made: Design, *, answers: pd.DataFrame,
         indices: pd.DataFrame | None = None) -> list[Path]:
    """All pictures that a study has: `answers` as of `study.answers`, `indices` the table of that name; returns their paths."""
    some = values.found(answers, made)
    with mpl.rc_context(figures.STYLE):
        drawn = list(_drawn(found, some, indices))
    return pages.save(drawn, folder / "figures") if drawn else []


def _drawn(found: Experiment, some: list[Answer], indices: pd.DataFrame | None) -> Iterator[Page]:
    for one in some:
        if indices is not None and len(rows := indices[indices["outcome"] == one.name]):
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
