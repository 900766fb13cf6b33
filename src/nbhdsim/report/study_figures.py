"""The pictures of an experiment, drawn from what it found, into `figures/` of its folder: SVG, PNG, and a description as text."""
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from nbhdsim.experiment import boxes, laid, models, read, shares, values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.file import Experiment
from nbhdsim.experiment.values import Answer
from nbhdsim.report import answer_figures, figures, index_figures, labels, pages, point_figures
from nbhdsim.report.answer_figures import About, Strip
from nbhdsim.report.index_figures import Shown
from nbhdsim.report.pages import Page

STRUCTURES = 4
"""Rows of a scenario in a picture of spread at most."""


def draw(folder: Path, found: Experiment, made: Design, *, answers: pd.DataFrame) -> list[Path]:
    """All pictures that a study has, from `answers` (as of `study.answers`) and the tables in `csv/`; returns their paths."""
    with mpl.rc_context(figures.STYLE):
        drawn = list(_drawn(folder, found, made, answers=answers))
    return pages.save(drawn, folder / "figures") if drawn else []


def _table(folder: Path, name: str) -> pd.DataFrame | None:
    """A table in `csv/`, None where the study has none of that name."""
    path = folder / "csv" / f"{name}.csv"
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"other": object}) if path.exists() else None


def _drawn(folder: Path, found: Experiment, made: Design, *, answers: pd.DataFrame) -> Iterator[Page]:
    order = [scenario.name for scenario in found.scenarios]
    every = sorted(values.found(answers, made), key=lambda one: order.index(one.scenario))
    some = [one for one in every if np.isfinite(one.points).any() or np.isfinite(one.central).any()]
    method = found.model.method
    indices = _table(folder, "indices")
    for one in some:
        rows = indices[indices["outcome"] == one.name] if indices is not None else pd.DataFrame()
        if len(rows) and rows["index"].isin(read.FOREMOST).any():
            yield from _of_indices(shown(found, one, rows))
    yield from _tornados(_table(folder, "shares"), found, made, answers=answers)
    if isinstance(method, models.Sweep) and method.n is None:
        for one in some:
            yield point_figures.swept(about(found, one), made, one.points)
    if isinstance(method, models.Compare | models.Uncertainty):
        yield from _spreads(found, made, some)
    if (parts := _table(folder, "anova")) is not None:
        yield from _apart(found, parts)
    if isinstance(method, models.Discover):
        yield from _box(found, made, answers)


def about(found: Experiment, one: Answer) -> About:
    """What stands around the pictures of one answer."""
    question = labels.question(found, one.label)
    return About(pages.slug(f"{one.label} {one.scenario}"), question,
                 labels.place(found, one.scenario, one.label, against=question.against))


def of_all(found: Experiment, label: str) -> About:
    """What stands around a picture of all scenarios."""
    question = labels.question(found, label)
    return About(pages.slug(label), question, labels.place(found, "", label, against=question.against))


def shown(found: Experiment, one: Answer, rows: pd.DataFrame) -> Shown:
    """The indices of one answer with the words around them."""
    around = about(found, one)
    steps = rows["index"].isin(["mu", "mu_star", "sigma"])         # in the unit of the answer
    rows = rows.assign(**{c: rows[c].where(~steps, rows[c] * around.question.factor) for c in ("value", "low", "high")})
    return Shown(rows, *around)


def _of_indices(one: Shown) -> Iterator[Page]:
    for function in (index_figures.morris, index_figures.pairs, index_figures.convergence):
        if (page := function(one)) is not None:
            yield page
    yield index_figures.bars(one)


def _tornados(table: pd.DataFrame | None, found: Experiment, made: Design, *, answers: pd.DataFrame) -> Iterator[Page]:
    """A tornado of each answer, where points move all numbers at once; table: `shares` of an uncertainty run."""
    method = found.model.method
    at_once = isinstance(method, models.Sobol | models.Given | models.Discover) or isinstance(method, models.Sweep) and method.n
    if table is None and not at_once:
        return
    switches = _switches(found)
    if table is None:
        answers, made = _apart_points(answers, made)
        table = shares.shares(answers, made, switches=())
    structures = len(laid.structures(made, switches))
    for one in values.found(answers, made):
        rows = table[(table["label"] == one.label) & (table["scenario"] == one.scenario)].to_dict("records")
        around, first = about(found, one), one.points[::structures]
        if structures > 1:
            around = around._replace(place=f"{around.place}; first structure")
        if rows and (page := answer_figures.tornado(around, rows, made.columns, middle=float(np.nanmean(first)))) is not None:
            yield page


def _switches(found: Experiment) -> list[str]:
    """Addresses of the switches of structure."""
    return list(getattr(found.model.method, "structure", {}))


def _apart_points(answers: pd.DataFrame, made: Design) -> tuple[pd.DataFrame, Design]:
    """The points that are drawn apart from each other: of a cross design (Sobol) the first and the last of each block."""
    if made.method is None or made.problem is None or not made.method.nested:
        return answers, made
    block = made.method.block(made.problem)
    kept = np.sort(np.r_[0:len(made.u):block, block - 1:len(made.u):block])
    draws = {0: 0} | {int(k) + 1: i + 1 for i, k in enumerate(kept)}
    rows = answers[answers["draw"].isin(draws)]
    own = made._replace(u=made.u[kept], levels=made.levels[kept], first=made.first[kept])
    return rows.assign(draw=rows["draw"].map(draws)), own


def strips(found: Experiment, made: Design, some: list[Answer]) -> list[Strip]:
    """The futures of answers to one question by scenario and structure (a draw stands in all of them, one after the other), those
    with central numbers apart. Titles are of the model as it is."""
    switches = _switches(found)
    names = laid.structures(made, switches) if switches else [""]
    for address in switches:
        names = [name.replace(address, labels.short(address)) for name in names]
    out = list[Strip]()
    for one in some:
        if not made.columns and one.central.size > 1:
            out.append(Strip(f"{one.scenario}, central numbers", one.central, told=not one.points.size))
        if one.points.size:
            out += [Strip(f"{one.scenario}, {name or 'sampled numbers'}", one.points[i::len(names)].ravel(), told=i == 0)
                    for i, name in enumerate(names[:STRUCTURES])]
    return out


def _spreads(found: Experiment, made: Design, some: list[Answer]) -> Iterator[Page]:
    """How the answers of all scenarios spread over futures."""
    for label in dict.fromkeys(one.label for one in some):
        if rows := strips(found, made, [one for one in some if one.label == label]):
            yield answer_figures.spread(of_all(found, label), rows)


def _apart(found: Experiment, parts: pd.DataFrame) -> Iterator[Page]:
    for label, rows in parts.groupby("label", sort=False):
        own = [(name, rows[rows["scenario"] == name].to_dict("records")) for name in (s.name for s in found.scenarios)]
        scenarios = {name: some for name, some in own if some}
        if (page := answer_figures.apart(of_all(found, str(label)), scenarios)) is not None:
            yield page


def _box(found: Experiment, made: Design, answers: pd.DataFrame) -> Iterator[Page]:
    method = found.model.method
    if isinstance(method, models.Discover):
        box = boxes.discovered(answers, made, method.when, asked=found.asked, scenarios=[s.name for s in found.scenarios])
        label = next(one.label for one in found.asked if method.when.outcome in (one.label, one.name))
        if (page := point_figures.box(of_all(found, label), box, made)) is not None:
            yield page
