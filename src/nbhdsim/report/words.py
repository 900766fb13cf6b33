"""Numbers and sentences that claim no more than the simulation knows.

A range comes before its middle; no decimals beyond the width of the interval; no sentence counts futures below 100;
nothing is called saved, and what no evidence was put in for is never called unchanged.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbhdsim.comparison import FEW, LEAST_DRAWS, LEAST_REPLICATES


class Measure(NamedTuple):
    """How one outcome is shown: label with the ages it is about, unit, factor from the table's value to the unit, what less
    and more of it are called, and the finest rounding step worth showing.
    """

    label: str
    unit: str
    factor: float
    fewer: str = "lower"
    more: str = "higher"
    finest: float = 0.0


MEASURES: Mapping[str, Measure] = {
    "emergency_admissions": Measure("Emergency admissions", "a year", 1, "fewer", "more", 0.1),
    "bed_days": Measure("Bed days", "a year", 1, "fewer", "more", 0.1),
    "ae_attendances": Measure("A&E attendances", "a year", 1, "fewer", "more", 0.1),
    "child_referrals": Measure("Child social care referrals, under 18", "a year", 1, "fewer", "more", 0.1),
    "families_referred": Measure("Families referred to child social care, under 18", "a year", 1, "fewer", "more", 0.1),
    "life_satisfaction": Measure("Life satisfaction, 16+", "points of 10", 1, finest=0.0001),
    "low_life_satisfaction": Measure("Life satisfaction of 0 to 4, 16+", "percentage points", 100, finest=0.001),
    "lonely": Measure("Often or always lonely, 16+", "percentage points", 100, finest=0.001),
    "connected": Measure("Not lonely even some of the time, 16+", "percentage points", 100, finest=0.001),
    "control": Measure("Sense of control, 16+", "SD", 1, finest=0.0001),
    "in_control": Measure("In control (top 27% of England), 16+", "percentage points", 100, finest=0.001),
    "help_seeking": Measure("Seek help in time, 16+", "percentage points", 100, finest=0.001),
    "confident": Measure("Confident of looking after their health, 16+", "percentage points", 100, finest=0.001),
    "child_wellbeing": Measure("Child wellbeing, 10 to 15", "points of 10", 1, finest=0.0001),
    "strain": Measure("Strain of taking part, 16+", "0 to 1", 1, finest=0.00001),
    "volunteers": Measure("Volunteers at a time, 16+", "residents", 1, "fewer", "more", 0.1),
    "volunteer_hours": Measure("Hours of volunteers, 16+", "a year", 1, "fewer", "more", 0.1),
    "screened_breast": Measure("Women screened for breast cancer, 53 to 70", "percentage points", 100, finest=0.001),
    "screened_cervical": Measure("Women screened for cervical cancer, 25 to 64", "percentage points", 100, finest=0.001),
    "screened_bowel": Measure("Screened for bowel cancer, 60 to 74", "percentage points", 100, finest=0.001),
}
INVENTED = "Residents are invented; areas use published totals."
GRADES = {"A": "trials or routine statistics", "B": "comparison groups", "C": "uncontrolled", "D": "judged"}
"""What the grades of evidence mean."""
ALL_GRADES = ", ".join(f"{letter} {meaning}" for letter, meaning in GRADES.items())
FEW_FUTURES = "too few futures"
WHOM = {"group": "those who come", "open_access": "those who come", "setting": "those taking part", "care_team": "case-managed",
        "outreach": "those reached", "power": "those involved", "adjust": "all it is for"}
"""Whom `reached` counts, by delivery kind."""


def grade(letter: str) -> str:
    """`grade D: judged`."""
    return f"grade {letter}: {GRADES[letter]}"


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


def plain(value: float) -> str:
    """A number as a source would print it: `40,000`, `0.15`, `14,312.5`."""
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def span(value: float, low: float, high: float) -> str:
    """`9 (6 to 18)`; `4` for an exact number; `2 to 14` where there is no one value."""
    if math.isnan(value):
        return f"{plain(low)} to {plain(high)}"
    return plain(value) + (f" ({plain(low)} to {plain(high)})" if low < high else "")


def many(n: float, thing: str) -> str:
    """`1 place`, `14 places`."""
    return f"{n:,.0f} {thing}{'' if round(n) == 1 else 's'}"


def modelled(row: Mapping[str, Any]) -> bool:
    """Whether a comparison row has a value at all."""
    return not row.get("why")


def alone(row: Mapping[str, Any]) -> bool:
    """Whether a row is of one future only."""
    return row["replicates"] + row["draws"] == 1


def nothing(row: Mapping[str, Any]) -> bool:
    """Whether a row is 0 in every future: too few events to say anything, not a finding of no effect."""
    told = [row[name] for name in ("value", "chance_low", "chance_high", "all_low", "all_high")]
    return all(x == 0 for x in told if math.isfinite(x))


def width_of(row: Mapping[str, Any]) -> float:
    """Half-width of the widest 90% interval a comparison row has; NaN if it has none."""
    widths = [(row[f"{kind}_high"] - row[f"{kind}_low"]) / 2 for kind in ("chance", "all")]
    known = [w for w in widths if math.isfinite(w)]
    return max(known) if known else math.nan


def _step(row: Mapping[str, Any]) -> float:
    """The step of a row's numbers: two figures of its widest range; without one, four of its mean."""
    m, width = MEASURES[row["outcome"]], width_of(row)
    return step_of(width if math.isfinite(width) else abs(row["value"]) / 100, m.finest / m.factor) * m.factor


def interval(row: Mapping[str, Any], kind: str) -> str:
    """`-210 to -28`: one 90% interval of a comparison row in the unit of its measure, or `too few futures`."""
    low, high = (row[f"{kind}_{end}"] * MEASURES[row["outcome"]].factor for end in ("low", "high"))
    return f"{show(low, _step(row))} to {show(high, _step(row))}" if math.isfinite(low) else FEW_FUTURES


def central(row: Mapping[str, Any]) -> str:
    """The mean of a comparison row in the unit of its measure, rounded like its widest interval, or to its own error if that is
    coarser."""
    return rounded(row, row["value"], error=row["error"])


def middle(row: Mapping[str, Any]) -> str:
    """The mean of the futures with central numbers alone, around which the range of chance lies; rounded in the same way."""
    return rounded(row, row["central"], error=row["sd_chance"] / math.sqrt(max(row["replicates"], 1)))


def rounded(row: Mapping[str, Any], value: float, *, error: float = math.nan) -> str:
    """A value in the unit of a comparison row's measure: no digit below those of its widest interval, or the first of its standard
    error."""
    factor = MEASURES[row["outcome"]].factor
    first = 10.0 ** math.floor(math.log10(error * factor)) if math.isfinite(error) and error > 0 else 0.0
    return show(value * factor, max(_step(row), first))


def widest(row: Mapping[str, Any]) -> str:
    """The interval to quote: `all`, or `chance` where only that is known."""
    return "all" if math.isfinite(row["all_low"]) else "chance"


def _named(label: str) -> str:
    return label if label.startswith("A&E") else label[0].lower() + label[1:]


def _more(row: Mapping[str, Any], low: float, high: float) -> str:
    """`28 to 210 fewer emergency admissions a year`; low, high: how many (alike: no range)."""
    m = MEASURES[row["outcome"]]
    error = row["error"] if low == high else math.nan
    ends = [rounded(row, abs(x), error=error).removeprefix("+") for x in (low, high)]
    word, name = m.fewer if row["value"] < 0 else m.more, _named(m.label)
    none = [float(end.replace(",", "")) == 0 for end in ends]
    if all(none):
        return f"{'hardly any' if row['value'] else 'no'} change in {name}"
    size = ends[1] if low == high else f"up to {ends[1]}" if none[0] else " to ".join(ends)
    return f"{size} {word} {name} {m.unit}" if word in ("fewer", "more") else f"{name} {size} {m.unit} {word}"


def direction(row: Mapping[str, Any]) -> str:
    """`28 to 210 fewer emergency admissions a year`, or what keeps the row from saying so.

    A range that covers 0 (the evidence does not show the direction) and a mean whose sign so few futures leave open are told
    apart.
    """
    m, kind = MEASURES[row["outcome"]], widest(row)
    if not modelled(row):
        return f"{_named(m.label)}: {row['why']}"
    about = _more(row, row["value"], row["value"])
    if nothing(row):
        return f"no difference in {_named(m.label)} in {'this one future' if alone(row) else 'any future'}: too few events to say"
    if math.isnan(width_of(row)):
        few = many(row["draws"] or row["replicates"], "future")
        return f"{about} in this one future" if alone(row) else f"{about} in the mean of {few}, too few for a range"
    if row["covers_zero"]:
        span = f"90% range {interval(row, kind)} {m.unit}"
        if row["sign_unknown"]:
            return f"no clear change in {_named(m.label)}, {span}; these futures are too few to tell the sign of the mean"
        return f"{about} in the mean, but the evidence does not show the direction: {span}"
    return _more(row, *sorted((row[f"{kind}_low"], row[f"{kind}_high"]), key=abs))


def sentence(name: str, admissions: Mapping[str, Any], change: Mapping[str, Any] | None, *,
             part: str = "") -> str:
    """What is said of a scenario: its 90% range of emergency admissions, what of it is one stated effect (`part`, a sentence of
    its own), then what an observer would see.

    `change` is the row of `comparison.ordinary` for the places it funds, or None.
    """
    said = f"{name}: {direction(admissions)}"
    if admissions["covers_zero"] is not None and not admissions["covers_zero"]:
        said += f" in the simulated futures (90% range; middle {central(admissions)})"
    said += f". {part}" if part else "."
    if change is None or not math.isfinite(change["sd"]) or not modelled(admissions):
        return said
    ordinary = show(change["sd"], step_of(change["sd"]), sign=False)
    seen = abs(admissions["value"]) > 2 * change["sd"]
    return said + (f" In the {many(change['places'], 'place')} it funds the count changes by about {ordinary} from one year to "
                   "the next without any programme (1 SD, the trend left out), so one year's count alone would "
                   f"{'probably' if seen else 'hardly'} show it.")


def futures(replicates: int, draws: int) -> str:
    """How many futures were simulated and what differs between them, with the warning that belongs to few."""
    total = replicates + draws
    if total == 1:
        return "One simulated future: one way things may go, which cannot say how sure that is. The figures are of this one future."
    said = [f"{replicates} with central numbers" + (" (they differ in chance only)" if replicates > 1 else "")]
    said += [f"{draws} with sampled numbers" + (" (they differ in both)" if draws > 1 else "")] if draws else []
    text = f"{total} simulated futures: {', '.join(said)}."
    if not draws:
        text += " None has sampled numbers, so nothing is said about uncertain evidence."
    if replicates < LEAST_REPLICATES:
        text += f" A range of chance needs {LEAST_REPLICATES} with central numbers."
    if 0 < draws < LEAST_DRAWS:
        text += f" A range of uncertain evidence needs {LEAST_DRAWS} with sampled numbers."
    return text if total >= FEW else text + f" Too few to say in how many of them one option wins ({FEW} are needed)."


def mean_of(replicates: int, draws: int) -> str:
    """Which futures the printed means are of: `mean of 18 futures with sampled numbers`, `in this one future`."""
    if replicates + draws == 1:
        return "in this one future"
    return f"mean of {many(draws or replicates, 'future')} with {'sampled' if draws else 'central'} numbers"
