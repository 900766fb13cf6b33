"""Uncertainties apart: structure, numbers and chance, as a nested analysis of variance of paired differences.

Every structure (combination of the switches) has the same draws of the numbers, and every draw the same luck in each structure.
Sums of squares of structures, of draws within structures and of replicates within both add up to the total exactly. They are no
shares of what is unknown: chance is in all of them, and numbers in that of structures. The unbiased variances beside them are what
the law of total variance speaks of: structures count as equally likely, and their variance is that of their own means.
"""
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nbhdsim.evidence import JUDGEMENT
from nbhdsim.experiment import clear, halves, values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.laid import Laid, kept, lay, numbers, structures, variances
from nbhdsim.experiment.read import NO_ORDER
from nbhdsim.experiment.values import lines

COLUMNS = {
    "label": "the question",
    "scenario": "name of the scenario",
    "source": "`structure`, `numbers` (what is drawn), `chance`, `total`; within numbers: `judgement` (the error that all judged "
              "effects share, by itself) and `other numbers` (and what judgement does together with them)",
    "within": "the row it is a part of, blank for the parts of the total",
    "freedom": "degrees of freedom",
    "squares": "sum of squares; parts add up to their whole",
    "estimate": "unbiased variance, which can come out below 0",
    "variance": "the estimate, 0 where it is below 0; parts add up to their whole",
    "sd": "its root",
    "share": "of the total variance",
    "error": "standard error of the share of judgement, NaN elsewhere",
}
STRUCTURES = {
    "label": "the question",
    "scenario": "name of the scenario",
    "structure": "the switches and their values; the first structure is the model as it is",
    "mean": "mean over the draws: what the headline would be",
    "error": "its standard error",
    "change": "mean change from the first structure, in the same futures",
    "change_error": "its standard error",
    "sd": "SD of one future: numbers and chance",
    "draws": "draws that it is from",
}


ROUNDING = 1e-12
"""A variance below 0 by less than this share of the total is a rounded 0."""


class Apart(NamedTuple):
    """Variances in COLUMNS, structures in STRUCTURES, and what to know of them in plain words."""

    parts: pd.DataFrame
    structures: pd.DataFrame
    notes: list[str]


def apart(answers: pd.DataFrame, made: Design, *, switches: Collection[str]) -> Apart:
    """Uncertainties of every question and scenario of an uncertainty run; `switches`: addresses of its structure.

    Raises NbhdsimError where the points are not the same draws in every structure.
    """
    names, rows, means, notes = structures(made, switches), list[dict[str, Any]](), list[dict[str, Any]](), list[str]()
    drawn = numbers(made, switches)
    if listed := [f.address for f in drawn if f.listed]:
        notes.append(f"{', '.join(listed)}: {NO_ORDER}")
    for one in values.found(answers, made):
        laid = lay(one, made, switches)
        if laid is None:
            notes.append(f"{one.name}: too few draws have a value in every structure ({one.missing or 'the design is too small'})")
            continue
        notes += [f"{one.name}: {one.missing}"] if one.missing else []
        key = {"label": one.label, "scenario": one.scenario}
        found = parts(laid, drawn)
        rows += [{**key, **row} for row in found]
        means += [{**key, **row} for row in _means(laid, names)]
        notes += [f"{one.name}: {note}" for note in _notes(laid, found)]
    return Apart(pd.DataFrame(rows, columns=list(COLUMNS)), pd.DataFrame(means, columns=list(STRUCTURES)), notes)


def parts(laid: Laid, drawn: Sequence[Factor]) -> list[dict[str, Any]]:
    """The rows of an analysis of variance, without label and scenario; drawn: the numbers, in the order of the columns of u."""
    y = laid.y
    count, draws, replicates = y.shape
    of_draws, of_structures = y.mean(2), y.mean((1, 2))
    estimates = variances(laid)
    whole = sum(map(kept, estimates))
    squares = (draws * replicates * float(((of_structures - y.mean()) ** 2).sum()),
               replicates * float(((of_draws - of_structures[:, None]) ** 2).sum()),
               float(((y - of_draws[:, :, None]) ** 2).sum()))
    freedom = count - 1, count * (draws - 1), count * draws * (replicates - 1)
    structure, all_numbers, chance = (
        _row(name, freedom[i], squares[i], estimate=estimates[i]) for i, name in enumerate(("structure", "numbers", "chance")))
    within = _judged(laid, drawn, all_numbers, whole=whole) if any(f.address == JUDGEMENT for f in drawn) else []
    total = _row("total", y.size - 1, float(((y - y.mean()) ** 2).sum()), estimate=whole)
    rows = [structure, all_numbers, *within, chance, total]
    return [{**row, "sd": row["variance"] ** 0.5, "share": row["variance"] / whole if whole > 0 else np.nan} for row in rows]


def _row(source: str, freedom: int, squares: float, *, estimate: float) -> dict[str, Any]:
    return {"source": source, "within": "", "freedom": freedom, "squares": squares, "estimate": estimate,
            "variance": kept(estimate) if estimate == estimate else np.nan, "error": np.nan}


def _judged(laid: Laid, drawn: Sequence[Factor], of: dict[str, Any], *, whole: float) -> list[dict[str, Any]]:
    """What the shared error of judgement explains of the numbers (row `of`) by itself, and the rest of them.

    Its sum of squares is that of the draws as they are; its variance is that of draws without what other numbers clearly do.
    """
    column, y = [f.address for f in drawn].index(JUDGEMENT), laid.y.mean(2).T
    scores = [halves.score(factor, laid.u[:, i]) for i, factor in enumerate(drawn)]
    columns = halves.powers(scores[column], laid.members)
    raw, one = halves.explained(columns, y, laid.pairs), list(clear.cleared(scores, y, laid.pairs))[column]
    found = clear.alone(columns, y, one, pairs=laid.pairs)
    estimate, squares = float(found.variance.mean()), laid.y.shape[2] * float(raw.squares.sum())
    own = _row("judgement", raw.freedom * len(laid.y), squares, estimate=estimate)
    own |= {"within": "numbers", "variance": min(own["variance"], of["variance"]),
            "error": halves.share_error(found, estimate, whole) if whole > 0 else np.nan}
    rest = _row("other numbers", of["freedom"] - own["freedom"], of["squares"] - squares, estimate=of["estimate"] - estimate)
    return [own, {**rest, "within": "numbers", "variance": of["variance"] - own["variance"]}]


def _means(laid: Laid, names: list[str]) -> list[dict[str, Any]]:
    """The structures' own means, and how far each is from the first."""
    y = laid.y.mean(2).T
    change = y - y[:, :1]
    error, change_error = (np.sqrt(halves.variance_of_mean(some, laid.pairs)) for some in (y, change))
    spread = laid.y.reshape(len(names), -1).std(1, ddof=1)
    return [{"structure": name, "mean": float(y[:, i].mean()), "error": float(error[i]), "change": float(change[:, i].mean()),
             "change_error": float(change_error[i]), "sd": float(spread[i]), "draws": len(y)} for i, name in enumerate(names)]


def _notes(laid: Laid, rows: list[dict[str, Any]]) -> list[str]:
    """What was left out, put to 0, or cannot be told apart."""
    out = []
    if laid.lost:
        out.append(f"{laid.lost} futures left out: a draw counts where it worked in every structure, with its opposite")
    out += [f"the variance of {row['source']} came out at {lines(row['estimate'])}: it is put to 0" for row in rows
            if row["estimate"] < -ROUNDING * rows[-1]["estimate"]]
    if laid.y.shape[2] == 1:
        out.append("one replicate of each draw: chance is that of the replicates with central values" if laid.chance == laid.chance
                   else "one replicate of each draw and of central values: chance is within numbers")
    return out
