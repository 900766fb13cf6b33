"""Sentences and cells of the report: the range first, then its middle, and what keeps either from being said."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nbhdsim import comparison
from nbhdsim.report import words
from nbhdsim.report.html.run import Run

NO_RANGE = "too few futures for a range"


def cap(text: str) -> str:
    """The text with its first letter large, as a sentence begins."""
    return text[:1].upper() + text[1:]


def firm(row: Mapping[str, Any] | None) -> bool:
    """Whether the range of a row still leaves out 0 once it is rounded as it is shown."""
    return clear(row) and not re.search(r"(?<![\d.,])[-+]?0\.?0*(?![\d.])", words.interval(row or {}, words.widest(row or {})))


def pounds(x: float) -> str:
    """`2.12 million pounds`, `243,000 pounds`, to three figures."""
    return f"{bare(x)} pounds"


def bare(x: float) -> str:
    """Pounds in three figures: `2.12 million`, `243,000`."""
    if abs(x) >= 999_500:
        return f"{x / 1e6:,.2f} million"
    return words.show(x, 10.0 ** max(math.floor(math.log10(abs(x))) - 2, 0) if x else 1, sign=False)


def pound_range(values: Sequence[float]) -> str:
    """`1.86 to 2.12 million pounds`: the least and the most of some sums."""
    low, high = bare(min(values)), bare(max(values))
    if low == high:
        return f"{high} pounds"
    both = low.endswith("million") and high.endswith("million")
    return f"{low.removesuffix(' million') if both else low} to {high} pounds"


def cell(row: Mapping[str, Any] | None) -> str:
    """A change as a table shows it: `-490 to +130 (middle -180)`, or why there is none."""
    if row is None:
        return "-"
    if not words.modelled(row):
        return str(row["why"]).partition(" (")[0]
    if words.nothing(row):
        return "no difference (too few events to say)"
    if math.isnan(words.width_of(row)):
        return words.central(row) + (" (one future)" if words.alone(row) else f" ({NO_RANGE})")
    return f"{words.interval(row, words.widest(row))} (middle {words.central(row)})"


def admissions(run: Run, name: str) -> str:
    """One or two short sentences on the emergency admissions of a scenario: range, middle, and whether the direction is clear."""
    label, row = cap(run.label[name]), run.row(name)
    if row is None:
        return f"{label}: no change can be said."
    if not words.modelled(row):
        return f"{label}: emergency admissions are not modelled, for no evidence was put in that could move them."
    if words.nothing(row) or math.isnan(words.width_of(row)):
        return f"{label}: {words.direction(row)}."
    ends = words.interval(row, words.widest(row))
    said = f"{label}: emergency admissions change by {ends} a year, with {words.central(row)} in the middle."
    if not row["covers_zero"]:
        return said
    if row["sign_unknown"]:
        return f"{said} These futures are too few to tell even the sign of the mean."
    return f"{said} The evidence does not show the direction."


def clear(row: Mapping[str, Any] | None) -> bool:
    """Whether a row has a range that leaves out 0."""
    return row is not None and words.modelled(row) and row["covers_zero"] is not None and not row["covers_zero"]


def modelled(run: Run) -> dict[str, dict[str, Any]]:
    """By name the change in emergency admissions of the scenarios that evidence reaches."""
    return {name: row for name in run.names if (row := run.row(name)) is not None and words.modelled(row)}


def ends(s: comparison.Spread) -> tuple[float, float]:
    """The widest 90% range of a spread, NaN without one."""
    middle, half = (s.value, s.all) if math.isfinite(s.all) else (s.central, s.chance)
    return middle - half, middle + half


def of_tenths(share: float) -> str:
    """A share of simulated futures in words: `about 8 in 10`; the ends are never certain."""
    if share < 0.05:
        return "fewer than 1 in 20"
    if share > 0.95:
        return "more than 19 in 20"
    return f"about {min(max(round(share * 10), 1), 9)} in 10"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
