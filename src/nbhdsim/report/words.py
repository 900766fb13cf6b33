"""Numbers and sentences that claim no more than the simulation knows.

A range comes before its middle; no decimals beyond the width of the interval; no sentence counts futures below 100;
nothing is called saved.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbhdsim.comparison import FEW


class Measure(NamedTuple):
    """How one outcome is shown: label, unit, factor from the table's value to the unit, what less and more of it are
    called, and the finest rounding step worth showing.
    """

    label: str
    unit: str
    factor: float
    fewer: str = "lower"
    more: str = "higher"
    finest: float = 0.0


MEASURES: Mapping[str, Measure] = {
    "emergency_admissions": Measure("Emergency admissions", "a year", 1, "fewer", "more", 1.0),
    "bed_days": Measure("Bed days", "a year", 1, "fewer", "more", 1.0),
    "ae_attendances": Measure("A&E attendances", "a year", 1, "fewer", "more", 1.0),
    "life_satisfaction": Measure("Life satisfaction, 16+", "points of 10", 1, finest=0.0001),
    "low_life_satisfaction": Measure("Low life satisfaction (0 to 4)", "percentage points", 100, finest=0.001),
    "lonely": Measure("Often or always lonely", "percentage points", 100, finest=0.001),
    "control": Measure("Sense of control", "SD", 1, finest=0.0001),
}
INVENTED = "Residents are invented; areas use published totals."


def step_of(width: float, finest: float = 0.0) -> float:
    """The step that leaves two figures of an interval's half-width, at least `finest`: 91 -> 1, 0.0123 -> 0.001."""
    if not math.isfinite(width) or width <= 0:
        return finest
    return max(finest, float(10.0 ** (math.floor(math.log10(width)) - 1)))


def show(value: float, step: float, *, sign: bool = True) -> str:
    """A number rounded to `step` (0 = three figures), with commas and, if asked, its sign: `-1,234`, `+0.05`."""
    if not math.isfinite(value):
        return "not known"
    if step <= 0:
        step = 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 1.0
    rounded = round(value / step) * step
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{abs(rounded):,.{places}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return ("-" if rounded < 0 else "+" if sign else "") + text


def width_of(row: Mapping[str, Any]) -> float:
    """Half-width of the widest 90% interval a comparison row has; NaN if it has none."""
    widths = [(row[f"{kind}_high"] - row[f"{kind}_low"]) / 2 for kind in ("chance", "all")]
    known = [w for w in widths if math.isfinite(w)]
    return max(known) if known else math.nan


def interval(row: Mapping[str, Any], kind: str) -> str:
    """`-210 to -28`: one 90% interval of a comparison row in the unit of its measure, or `not known`."""
    m = MEASURES[row["outcome"]]
    step = step_of(width_of(row) * m.factor, m.finest)
    low, high = (row[f"{kind}_{end}"] * m.factor for end in ("low", "high"))
    return f"{show(low, step)} to {show(high, step)}" if math.isfinite(low) and math.isfinite(high) else "not known"


def central(row: Mapping[str, Any]) -> str:
    """The mean of a comparison row in the unit of its measure, rounded like its widest interval."""
    m = MEASURES[row["outcome"]]
    return show(row["value"] * m.factor, step_of(width_of(row) * m.factor, m.finest))


def widest(row: Mapping[str, Any]) -> str:
    """The interval to quote: the wider of `chance` and `all` (with few futures either may be), or the one there is."""
    chance, both = (row[f"{kind}_high"] - row[f"{kind}_low"] for kind in ("chance", "all"))
    return "all" if not math.isfinite(chance) or both >= chance else "chance"


def direction(row: Mapping[str, Any]) -> str:
    """`28 to 210 fewer emergency admissions a year`, or that no change is clear."""
    measure = MEASURES[row["outcome"]]
    name = measure.label[0].lower() + measure.label[1:] if not measure.label.startswith("A&E") else measure.label
    kind = widest(row)
    if row["noise"]:
        return f"no clear change in {name}, 90% range {interval(row, kind)} {measure.unit}"
    step = step_of(width_of(row) * measure.factor, measure.finest)
    ends = sorted((abs(row[f"{kind}_low"]), abs(row[f"{kind}_high"])))
    low, high = (show(e * measure.factor, step, sign=False) for e in ends)
    word = measure.fewer if row["value"] < 0 else measure.more
    if word in ("fewer", "more"):
        return f"{low} to {high} {word} {name} {measure.unit}"
    return f"{name} {low} to {high} {measure.unit} {word}"


def sentence(name: str, admissions: Mapping[str, Any], change: Mapping[str, Any] | None) -> str:
    """One plain sentence about a scenario: its 90% range of emergency admissions, then what an observer would see.

    `change` is the row of `comparison.ordinary` for the places it funds, or None.
    """
    said = f"{name}: {direction(admissions)}"
    if not admissions["noise"]:
        said += f" in the simulated futures (90% range; middle {central(admissions)})"
    said += "."
    if change is None or not math.isfinite(change["sd"]):
        return said
    ordinary = show(change["sd"], step_of(change["sd"]), sign=False)
    seen = abs(admissions["value"]) > 2 * change["sd"]
    return said + (
        f" In the {change['places']:,.0f} places it funds the count changes by about {ordinary} from one year to "
        f"the next without any programme (1 SD), so one year's count alone would "
        f"{'probably' if seen else 'hardly'} show it."
    )


def futures(replicates: int, draws: int) -> str:
    """How many futures were simulated and what differs between them, with the warning that belongs to few."""
    total = replicates + draws
    said = (
        f"{total} simulated future{'s' if total != 1 else ''}: {replicates} with central values (they differ in chance only), "
        f"{draws} with sampled values (they differ in both)."
    )
    return said if total >= FEW else said + f" Too few to say in how many of them one option wins ({FEW} are needed)."
