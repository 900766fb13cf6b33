"""What an experiment found: its tables beside those of its runs, and the text to print."""
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbhdsim import tables
from nbhdsim.experiment import anova, boxes, models, noise, read, reversal, shares, study
from nbhdsim.experiment.file import Experiment
from nbhdsim.experiment.study import Done
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.report import labels, summary
from nbhdsim.report.words import MEASURES
from nbhdsim.sensitivity import DUMMY, SEED, Reading

MEANING = {"S1": "alone", "ST": "with all it acts with", "S2": "a pair beyond both alone", "mu_star": "how far a step moves it",
           "sigma": "how unevenly", "mu": "which way", "delta": "how far its whole spread moves",
           "pawn_median": "how far its distribution moves"}
"""What an index says, above its column."""
IN_UNITS = ("mu_star", "sigma", "mu")
OWN = {SEED: "seed (luck)", DUMMY: "dummy (read by nothing)"}
UNKNOWN = "-"
MOST_LINES, FEW_LINES = 30, 8
MANY = 12
"""Numbers of a table from which on those that did nothing at all are counted, not listed."""


def finish(found: Experiment, done: Done) -> str:
    """Write what a study found into its folder; returns the text to print."""
    folder = done.result.folder
    answers = study.answers(folder, found)
    write(folder, "answers", answers)
    names = [scenario.name for scenario in found.scenarios]
    gaps = noise.verdicts(answers, done.made, scenarios=names)
    write(folder, "gaps", gaps)
    parts = [done.pilot] if done.pilot else []
    if found.kind == "compare":
        parts.insert(0, summary.finish(folder, found.scenarios))
    if isinstance(found.model.method, models.Cross):
        reading = read.indices(answers, done.made, seed=found.model.method.seed)
        write_indices(folder, reading.table)
        parts += indices(reading, found)
    elif isinstance(found.model.method, models.Uncertainty):
        parts += apart(answers, found, done)
    elif isinstance(found.model.method, models.Discover):
        parts.append(boxed(answers, found, done))
    elif found.kind == "sweep":
        parts += swept(answers, found, done)
    parts.append(central(gaps))
    from nbhdsim.report import study_figures  # matplotlib takes half a second to import

    study_figures.draw(folder, found, done.made, answers=answers)
    return "\n\n".join(filter(None, parts))


def write(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """A table as `csv/<name>.csv`."""
    (folder / "csv").mkdir(exist_ok=True)
    tables.write_frame(frame, folder / "csv" / f"{name}.csv")


def write_indices(folder: Path, frame: pd.DataFrame) -> None:
    """The table `indices`, as Parquet and as CSV."""
    write(folder, "indices", frame)
    columns = {name: frame[name].to_numpy() for name in read.COLUMNS}
    tables.write_parquet(tables.to_arrow("indices", columns), folder / "indices.parquet")


def indices(reading: Reading, found: Experiment) -> list[str]:
    """A table for each outcome, those that matter most first, then what to know before believing them; where there are many
    numbers, those that did nothing at all are counted."""
    frame, out = reading.table, []
    for outcome, rows in frame.groupby("outcome", sort=False):
        last = rows[(rows["n"] == rows["n"].max()) & (rows["other"].fillna("") == "")]
        kinds = [name for name in MEANING if (last["index"] == name).any()]
        main = next(name for name in read.FOREMOST if name in kinds)
        order = last[last["index"] == main].sort_values("value", ascending=False)["address"]
        cells = {(row["address"], row["index"]): _index(row) for row in last.to_dict("records")}
        still = set(last.loc[(last["index"] == main) & (last["value"] == 0), "address"]) - {DUMMY} if len(order) > MANY else set()
        body = [[OWN.get(a, a), *(cells.get((a, k), "") for k in kinds)] for a in map(str, order) if a not in still]
        label = next(one.label for one in found.asked if outcome == one.label or str(outcome).startswith(f"{one.label}: "))
        unit = _heading(found, label).removeprefix(label) if main in IN_UNITS else ""
        out.append(f"{outcome}{unit}: what moves it ({int(last['n'].iloc[0]):,} runs)\n"
                   + table(["", *(f"{k}, {MEANING[k]}" for k in kinds)], body)
                   + (f"\n  ({len(still)} more did nothing at all)" if still else ""))
        pairs = rows[(rows["n"] == rows["n"].max()) & (rows["index"] == "S2")].sort_values("value", ascending=False)
        if len(pairs):
            out.append("Pairs that act together (S2)\n" + table(["", "", "S2"], [
                [row["address"], row["other"], _index(row)] for row in pairs.head(10).to_dict("records")]))
    return [*out, "\n".join(f"- {note}" for note in reading.notes)]


def _index(row: Mapping[Hashable, Any]) -> str:
    share = row["index"] not in IN_UNITS
    said = read.shown(row["value"], row["low"], row["high"], share=share)
    return said if share or "e" not in said or said[0].isalpha() else _plain(labels.ranged(row["value"], row["low"], row["high"]))


def apart(answers: pd.DataFrame, found: Experiment, done: Done) -> list[str]:
    """Structure, numbers and chance apart, and the numbers that swing each answer most; all of them are in `csv/`."""
    switches = [f.address for f in found.factors if f.address in getattr(found.model.method, "structure", {})]
    each = anova.apart(answers, done.made, switches=switches)
    numbers = shares.shares(answers, done.made, switches=switches)
    for name, frame in (("anova", each.parts), ("structures", each.structures), ("shares", numbers)):
        write(done.result.folder, name, frame)
    write_indices(done.result.folder, shares.indices(numbers, seed=found.scenarios[0].seed))
    out = []
    for (label, scenario), rows in each.parts.groupby(["label", "scenario"], sort=False):         # type: ignore[misc]
        own = [frame[(frame["label"] == label) & (frame["scenario"] == scenario)] for frame in (each.structures, numbers)]
        heading = f"{_heading(found, str(label))}: {scenario}"
        if not rows["sd"].iloc[-1] > 0:
            out.append(f"{heading}\n  the same in every run ({_value(float(own[0]['mean'].iloc[0]))})")
            continue
        out.append(f"{heading}\n" + table(["what is not known", "SD", "share of variance"], [
            [("  " if row["within"] else "") + row["source"], _value(float(row["sd"])), _percent(row["share"])]
            for row in rows.to_dict("records")]))
        if len(own[0]) > 1:
            out.append(table(["structure", "mean (SE)", "change from the first (SE)"], [
                [row["structure"], _number(row["mean"], row["error"]), _number(row["change"], row["change_error"])]
                for row in own[0].to_dict("records")]))
        told = own[1][own[1]["clear"]].sort_values("share", ascending=False)
        if len(told):
            out.append(table(["number", "share by itself", "at its 5% point", "at its 95% point"], [
                [row["address"], read.shown(row["share"], row["low"], row["high"]), _value(row["at_low"]), _value(row["at_high"])]
                for row in told.head(FEW_LINES).to_dict("records")]))
        out.append(f"Not told apart from nothing: {len(own[1]) - len(told)} of {len(own[1])} numbers (csv/shares.csv)")
    return [*out, "\n".join(f"- {note}" for note in each.notes)]


def boxed(answers: pd.DataFrame, found: Experiment, done: Done) -> str:
    """The box in a sentence; its limits in `csv/box.csv`."""
    method = found.model.method
    if not isinstance(method, models.Discover):
        raise ValueError("the method is discover")
    box = boxes.discovered(answers, done.made, method.when, asked=found.asked, scenarios=[s.name for s in found.scenarios])
    write(done.result.folder, "box", box.limits)
    return box.sentence


def swept(answers: pd.DataFrame, found: Experiment, done: Done) -> list[str]:
    """Mean and standard error of each answer at each point; all of them are in `csv/points.csv`."""
    made = done.made
    rows = answers[answers["draw"] > 0].groupby(["label", "scenario", "draw"], sort=False)["value"].agg(["mean", "std", "count"])
    frame = rows.reset_index()
    frame["error"] = frame["std"] / np.sqrt(frame["count"])
    shown = [[f.value(x) if x == x else "" for f, x in zip(made.columns, u, strict=True)] for u in made.u]
    at = pd.DataFrame(shown, columns=[f.address for f in made.columns]).assign(draw=np.arange(1, len(made.u) + 1))
    whole = frame.merge(at, on="draw").drop(columns=["std"])
    write(done.result.folder, "points", whole)
    alone, out = bool(np.isnan(made.u).any()), []
    for (label, scenario), some in whole.groupby(["label", "scenario"], sort=False):      # type: ignore[misc]
        listed = some.head(MOST_LINES).to_dict("records")
        names = [f.address for f in made.columns]
        body = [[*(_one(row, names) if alone else (_value(row[name]) for name in names)), _number(row["mean"], row["error"])]
                for row in listed]
        more = f"\n({len(some) - MOST_LINES} more points in csv/points.csv)" if len(some) > MOST_LINES else ""
        more += f"\n({len(made.u) - len(some)} points without a run that worked)" if len(some) < len(made.u) else ""
        head = [*(("number", "value") if alone else names), "mean (SE)"]
        out.append(f"{_heading(found, str(label))}: {scenario}\n" + table(head, body) + more)
    if alone and (still := [f.address for f in made.columns if _still(whole, f.address)]):
        out.append(f"Changes nothing in these scenarios: {', '.join(still)}")
    flips = reversal.reversals(answers, made, scenarios=[s.name for s in found.scenarios])
    if len(flips):
        write(done.result.folder, "reversals", flips)
        title = "Where a ranking flips:" if "flips" in set(flips["verdict"]) else "No ranking flips at these values:"
        out.append("\n".join([title, *(f"- {line}" for line in reversal.said(flips))]))
    return out


def _one(row: Mapping[Hashable, Any], names: Sequence[str]) -> tuple[str, str]:
    """The number that is moved by itself at a point, and its value there."""
    name = next(name for name in names if row[name] != "")
    return name, _value(row[name])


def _still(points: pd.DataFrame, address: str) -> bool:
    """Is every answer the same at all values of a number that is moved by itself?"""
    rows = points[points[address] != ""]
    return len(rows) > 0 and bool((rows.groupby(["label", "scenario"])["mean"].nunique() == 1).all())


def _heading(found: Experiment, label: str) -> str:
    """A question in words: the outcome, its unit, and whether it is a difference."""
    one = next(one for one in found.asked if one.label == label)
    measure = MEASURES.get(one.name)
    outcome = OUTCOMES[one.name]
    unit = "a year" if outcome.kind == "count" else outcome.unit
    if measure is not None and measure.factor == 1:             # tables are not scaled
        unit = measure.unit
    against = f", against '{found.scenarios[0].name}'" if one.difference else ""
    return f"{label} ({unit}{against})"


def central(gaps: pd.DataFrame) -> str:
    """What differs at central values, and what of it is noise."""
    said = [f"- {row}" for row in gaps.loc[gaps["replicates"] != 1, "words"]]
    return "With central numbers (mean, 95% interval of chance):\n" + "\n".join(said) if said else ""


def table(head: Sequence[str], body: Sequence[Sequence[Any]]) -> str:
    """Columns side by side, the first to the left and the others to the right."""
    rows = [list(map(str, row)) for row in (head, *body)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join("  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(
        zip(row, widths, strict=True))).rstrip() for row in rows)


def _value(value: Any) -> str:
    return UNKNOWN if value != value else _plain(labels.digits(value)) if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    """With the minus sign of a keyboard, as tables have it."""
    return text.replace(labels.MINUS, "-")


def _percent(share: float) -> str:
    return f"{share:.0%}" if share == share else UNKNOWN


def _number(mean: float, error: float) -> str:
    return f"{_value(mean)} ({_plain(labels.digits(error, 2))})" if error == error else _value(mean)
