"""In plain words what is different between two scenarios, or between two run folders."""
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbhdsim import tables
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.report.words import MEASURES

TOP = ("name", "schema", "scenarios", "numbers")
SAME = 1e-12


def scenarios(one: Any, other: Any) -> list[str]:
    """What is different in the second scenario, one line each: keys of the file, then numbers; none where they are equal."""
    lines = [f"  {line}" for line in _mapping(dict(one.data), dict(other.data), "")]
    before, after = ({**s.quantities, **s.worth} for s in (one, other))
    return lines + _numbers(before, after, set(_overridden(one)) | set(_overridden(other)))


def _overridden(scenario: Any) -> Sequence[str]:
    return list((scenario.data.get("overrides") or {}).keys())


def _mapping(a: Any, b: Any, path: str) -> list[str]:
    """Differences of two values of files, by address."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        out = []
        for key in sorted({*a, *b}, key=str):
            if not path and key in TOP:
                continue
            below = f"{path}.{key}" if path else str(key)
            if key not in a:
                out.append(f"{below}: only the second has it: {_text(b[key])}")
            elif key not in b:
                out.append(f"{below}: only the first has it: {_text(a[key])}")
            else:
                out += _mapping(a[key], b[key], below)
        return out
    return [] if a == b else [f"{path}: {_text(a)} became {_text(b)}"]


def _text(value: Any) -> str:
    """A value on one line, as a file would have it, cut where it is long."""
    if isinstance(value, Mapping):
        said = "{" + ", ".join(f"{key}: {_text(x)}" for key, x in value.items()) + "}"
    elif isinstance(value, list | tuple):
        said = "[" + ", ".join(map(_text, value)) + "]"
    else:
        said = str(value).lower() if isinstance(value, bool) else str(value)
    return said if len(said) <= 160 else said[:157] + "..."


def _numbers(a: Mapping[str, Any], b: Mapping[str, Any], told: set[str]) -> list[str]:
    """Numbers that differ although neither file sets them: another catalogue."""
    out = []
    for address in sorted(set(a) & set(b) - told):
        x, y = a[address], b[address]
        if (x.value, x.low, x.high, x.law) != (y.value, y.low, y.high, y.law):
            out.append(f"  {address}: {x.value:g} ({x.low:g} to {x.high:g}) became {y.value:g} ({y.low:g} to {y.high:g}) {x.unit}")
    return out


def folders(one: Path, other: Path, resolved: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is different between two run folders: how they were run, what was asked, and what came out; none where they are equal.

    resolved: both `resolved.yaml`, read.
    """
    a, b = ((json.loads((folder / "manifest.json").read_text(encoding="utf-8"))) for folder in (one, other))
    with_, other_ = (m["dependencies"] | {name: m.get(name) for name in ("package", "git", "python")} for m in (a, b))
    lines = [f"  run with {name} {with_.get(name, 'absent')} and {other_.get(name, 'absent')}"
             for name in sorted({*with_, *other_}) if with_.get(name) != other_.get(name)]
    first, second = resolved
    lines += [f"  {line}" for line in _mapping({k: v for k, v in first.items() if k != "scenarios"},
                                               {k: v for k, v in second.items() if k != "scenarios"}, "")]
    if first.get("numbers") != second.get("numbers"):
        lines.append("  numbers of the scenarios or of the catalogue differ (see evidence.csv of both)")
    lines += _of_scenarios({s["name"]: s for s in first["scenarios"]}, {s["name"]: s for s in second["scenarios"]})
    same = a.get("tables") and a.get("tables") == b.get("tables")
    return [*lines, "  every table is the same to the byte"] if same else [*lines, *_results(one, other)]


def _of_scenarios(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    out = []
    for name in sorted({*a, *b}):
        if name not in a or name not in b:
            out.append(f"  scenario '{name}': only the {'second' if name not in a else 'first'} has it")
        else:
            out += [f"  scenario '{name}': {line}" for line in _mapping(a[name], b[name], "")]
    return out


def _results(one: Path, other: Path) -> list[str]:
    """Levels of each outcome in both, mean over the futures that both have, where they differ."""
    found = [_levels(folder) for folder in (one, other)]
    both = found[0].merge(found[1], on=["scenario", "draw", "replicate", "outcome"], suffixes=("_a", "_b"))
    if both.empty:
        return ["  no future, scenario and outcome is in both"]
    means = both.groupby(["scenario", "outcome"], sort=False)[["value_a", "value_b"]].mean().reset_index()
    futures = len(both[["draw", "replicate"]].drop_duplicates())
    apart = means[(means["value_a"] - means["value_b"]).abs() > SAME * means["value_a"].abs()]
    lines = [f"  {futures} futures are in both; in them {len(means) - len(apart)} of {len(means)} levels are the same"]
    for row in apart.to_dict("records"):
        measure = MEASURES.get(str(row["outcome"]))
        factor, label = (measure.factor, f"{measure.label}, {measure.unit}") if measure else (1.0, str(row["outcome"]))
        before, after = (float(row[name]) * factor for name in ("value_a", "value_b"))
        lines.append(f"  '{row['scenario']}': {label}: {before:,.4g} became {after:,.4g}")
    return lines


def _levels(folder: Path) -> pd.DataFrame:
    """Level of each outcome by scenario and future, for the whole area: counts a year, else the mean."""
    rows = tables.read(folder, "outcomes", where=[("place", "==", "all"), ("age", "==", "all"), ("people", "==", "all"),
                                                  ("quintile", "==", 0), ("month", ">=", 0)])
    rows = rows.astype(dict.fromkeys(("scenario", "outcome"), str)).assign(present=rows["residents"] * rows["months"])
    sums = rows.groupby(["scenario", "draw", "replicate", "outcome"])[["value", "present", "months"]].sum().reset_index()
    count = sums["outcome"].map({name: o.kind for name, o in OUTCOMES.items()}) == "count"
    with np.errstate(divide="ignore", invalid="ignore"):
        sums["value"] = np.where(count, sums["value"] * 12 / sums["months"], sums["value"] / sums["present"])
    return sums.drop(columns=["present", "months"])
