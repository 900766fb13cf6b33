"""Short names for pictures: of the numbers that an experiment varies, of what they are worth, and of what is asked.

An address becomes words by its parts alone, so that whoever reads `wellbeing hub: reach` finds `interventions.wellbeing_hub.reach`
in the tables.
"""
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nbhdsim.evidence import JUDGEMENT
from nbhdsim.experiment.asked import YEAR, Asked
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.file import Experiment
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.report.words import MEASURES, show, step_of
from nbhdsim.sensitivity import DUMMY, SEED

OWN = {SEED: "luck (the seed)", DUMMY: "dummy (read by nothing)", JUDGEMENT: "shared error of judgement"}
PARTS = {"spill over": "spill-over", "rr": "", "cost: running": "running cost", "cost: set up": "set-up cost", "ae": "A&E",
         "leave hazard": "leaving", "decay half life months": "half-life in months", "self care": "self-care"}
"""Words that stand in an address as no one says them."""


MINUS = "\N{MINUS SIGN}"
NOTHING = 1e-12
"""A number smaller than this is the rounding of a 0."""


def short(address: str) -> str:
    """An address in words: `wellbeing hub: reach`, `spill-over: strength`; names of groups as they are."""
    if address in OWN:
        return OWN[address]
    parts = address.removeprefix("scenario.").replace("_", " ").split(".")
    if len(parts) == 1:
        return address
    if parts[0] in ("baseline", "interventions", "economics"):
        parts = parts[1:]
    if len(parts) > 2 and parts[1] == "effects":
        parts = [parts[0], ", ".join([f"effect on {_effect(parts[2])}", *map(_when, parts[3:])])]
    text = ": ".join([parts[0], ", ".join(parts[1:])]) if len(parts) > 1 else parts[0]
    text = text.replace("cost, ", "cost: ")
    for old, new in PARTS.items():
        text = re.sub(rf"\b{old}\b", new, text)
    return text.strip()


def _effect(lever: str) -> str:
    return f"{lever.removesuffix(' rr')}s" if lever.endswith(" rr") and not lever.startswith("ae") else lever


def _when(part: str) -> str:
    found = re.fullmatch(r"at(\d+)", part)
    return f"month {found[1]}" if found else {"participant": "who takes part", "area": "whole area"}.get(part, part)


def shorts(addresses: Sequence[str]) -> dict[str, str]:
    """Each address in words; two that would have the same words keep their addresses."""
    found = {address: short(address) for address in addresses}
    words = list(found.values())
    return {address: text if words.count(text) == 1 else address for address, text in found.items()}


def digits(value: float, places: int = 3) -> str:
    """A number in three figures, never as a power of ten: `1,200`, `0.00042`, with a minus sign."""
    if not np.isfinite(value):
        return "not known"
    if abs(value) < NOTHING:
        return "0"
    if abs(value) >= 100:
        text = f"{float(f'{value:.{places}g}'):,.0f}"
    else:
        text = np.format_float_positional(float(f"{value:.{places}g}"), trim="-")
    return text.replace("-", MINUS)


def ranged(value: float, low: float, high: float, *, finest: float = 0.0) -> str:
    """`0.0087 (0.0056 to 0.0118)`: a value with its interval, to two figures of the half-width, no finer than a thousandth of it
    and than `finest`."""
    if not all(map(np.isfinite, (value, low, high))):
        return digits(value)
    step = max(step_of((high - low) / 2), 10.0 ** (np.floor(np.log10(abs(value))) - 2) if value else 0.0,
               10.0 ** np.floor(np.log10(finest)) if finest else 0.0)
    middle, *ends = (_rounded(x, step) for x in (value, low, high))
    return middle if ends[0] == ends[1] else f"{middle} ({ends[0]} to {ends[1]})"


def between(low: float, high: float) -> str:
    """`0.0012 to 0.0043`: two numbers, to two figures of half their difference; each by itself where one is not known."""
    if not np.isfinite([low, high]).all():
        return f"{digits(low)} to {digits(high)}"
    step = max(step_of(abs(high - low) / 2), 10.0 ** (np.floor(np.log10(max(abs(low), abs(high)))) - 2) if low or high else 0.0)
    return " to ".join(_rounded(x, step) for x in (low, high))


def _rounded(value: float, step: float) -> str:
    text = show(value, step, sign=False).replace("-", MINUS)
    return text if text.strip("0.") else "0"


def worth(factor: Factor, value: float) -> str:
    """What a factor is where its number is `value`, without its unit: the word of its list, or the number."""
    if not factor.ordered:
        word = factor.values[int(round(value))]
        return {True: "on", False: "off"}.get(word, str(word)) if isinstance(word, bool) else str(word)
    return digits(value)


def unit(factor: Factor) -> str:
    """The unit of a factor, "" where it has none."""
    return factor.law.unit if factor.law is not None and factor.address not in OWN else ""


class Question(NamedTuple):
    """What is asked in words: text (`life satisfaction, 16+`), unit (`points of 10`), the factor from a table's value to that
    unit, and against which scenario it is a difference, "" where it is a level."""

    text: str
    unit: str
    factor: float
    against: str

    def axis(self) -> str:
        """What stands at an axis of answers."""
        whose = "Change in " if self.against else ""
        text = f"{whose}{self.text} ({self.unit})" if self.unit else f"{whose}{self.text}"
        return text[0].upper() + text[1:]


def question(found: Experiment, label: str) -> Question:
    """The question of an experiment that has this label."""
    one = next(one for one in found.asked if one.label == label)
    against = found.scenarios[0].name if one.difference else ""
    if one.name in MEASURES:
        measure = MEASURES[one.name]
        name, unit_, factor = measure.label, measure.unit, measure.factor
        unit_ = "%" if unit_ == "percentage points" and not against else unit_
    else:
        outcome = OUTCOMES[one.name]
        name, factor = one.name.replace("_", " "), 100.0 if outcome.kind == "share" else 1.0
        unit_ = {"count": "a year", "share": "percentage points" if against else "%"}.get(outcome.kind, outcome.unit)
    rest = label.removeprefix(one.name).removesuffix(", level") if label.startswith(one.name) else ""
    text = label if not label.startswith(one.name) else (name if name.startswith("A&E") else name[0].lower() + name[1:]) + rest
    return Question(text, unit_, factor, against)


def period(one: Asked) -> str:
    """The months that a question is about: `years 1 to 3`, `months 0 to 17`."""
    if one.first % YEAR or one.end % YEAR:
        return f"months {one.first} to {one.end - 1}" if one.end - one.first > 1 else f"month {one.first}"
    first, last = one.first // YEAR + 1, one.end // YEAR
    return f"years {first} to {last}" if last > first else f"year {first}"


def place(found: Experiment, scenario: str, label: str, *, against: str) -> str:
    """Whose answer a picture shows: scenario, what it is compared with, area and months."""
    area: Any = found.scenarios[0].area
    one = next(one for one in found.asked if one.label == label)
    where = area.name or area.csv.rsplit("/", 1)[-1]
    where += f" of {area.residents:,} residents" if area.residents else ""
    whose = " ".join(filter(None, [f"'{scenario}'" if scenario else "", f"against '{against}'" if against else ""]))
    text = f"{whose}, {where}".removeprefix(", ") + f", {period(one)}"
    return text[0].upper() + text[1:]
