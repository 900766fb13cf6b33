"""The evidence ledger on a screen: how much there is of each grade, what the headline hangs on, then every number."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from nbhdsim import ledger
from nbhdsim.report import rests, words

BASES = ("read", "computed", "recalled", "judged", "assumption")
SEEN = ("read", "computed")
"""Bases of numbers that somebody has seen in a source."""
OWN, UNSEEN, NEITHER = "! ", "* ", "  "
LEGEND = (f"{OWN}set by the scenario without a source   {UNSEEN}recalled, judged or assumed: nobody has read it in a source. "
          "Ranges are 5 to 95% points, or the ends of laws that have ends.")
ADDRESS, VALUE, LEAST_SOURCE = 48, 40, 16


def text(title: str, frame: pd.DataFrame, *, hangs: Sequence[Any] = (), headed: bool = True,
         width: int = 120) -> str:
    """A ledger with its title and summary, in lines of at most `width` columns; hangs: what the headline of each scenario of a run
    hangs on (`ledger.hanging`); headed: whether there is a headline (the package has none)."""
    said = [_own(frame), *(headline(frame, hangs) if headed else ())]
    parts = [f"{title}: {words.many(len(frame), 'number')}", counts(frame), *_paragraphs(said, width)]
    return "\n\n".join([*parts, table(frame, width), *_paragraphs([LEGEND, f"Grades: {words.ALL_GRADES}."], width)])


def _paragraphs(said: Iterable[str], width: int) -> list[str]:
    return [textwrap.fill(line, width, break_on_hyphens=False) for line in said if line]


def counts(frame: pd.DataFrame) -> str:
    """How many numbers there are of each grade and basis."""
    lines = ["".join([" " * 34, *(name.rjust(12) for name in (*BASES, "in all"))])]
    for letter, meaning in words.GRADES.items():
        held = [int(((frame["grade"] == letter) & (frame["basis"] == basis)).sum()) for basis in BASES]
        lines.append(f"{letter} {meaning}".ljust(34) + "".join((f"{n:,}" if n else "-").rjust(12) for n in (*held, sum(held))))
    return "\n".join(lines)


def _own(frame: pd.DataFrame) -> str:
    n = int(ledger.by_scenario(frame).sum())
    return f"Assumed by the scenario, without a source: {words.many(n, 'number')}, listed first." if n else ""


def headline(frame: pd.DataFrame, hangs: Sequence[Any]) -> list[str]:
    """What the headline, emergency admissions, rests on: share of influence by grade where there were draws enough, else the
    grades of the stated effects that can reach it."""
    told = [_hangs(h, frame) for h in hangs if not h.why]
    missing = [f"{h.scenario}: influence is not told ({h.why})." for h in hangs if h.why]
    return [*told, *missing, *([] if told else _stated(frame))]


def _stated(frame: pd.DataFrame) -> list[str]:
    reaching = rests.effects_on(frame["address"], ledger.HEADLINE)
    rows = frame[frame["address"].isin(reaching)]
    if rows.empty:
        return ["No stated effect can reach emergency admissions: what changes of them is not modelled."]
    counted = {letter: int((rows["grade"] == letter).sum()) for letter in words.GRADES}
    many = ", ".join(f"{n} of {words.grade(letter)}" for letter, n in counted.items() if n)
    return [f"Emergency admissions rest on {words.many(len(rows), 'stated effect')}: {many}. How much each number matters takes a "
            f"run with {ledger.LEAST_DRAWS} futures with sampled numbers or more: nbhdsim evidence RUN."]


def _hangs(h: Any, frame: pd.DataFrame) -> str:
    shares = ledger.by_grade(h, frame)
    said = [f"{share:.0%} with numbers of {words.grade(letter)}" for letter, share in shares.items()]
    known = sum(shares.values())
    if math.isfinite(h.chance):
        said.append(f"{h.chance:.0%} with chance alone")
        known += h.chance
    said.append(f"{max(0.0, 1 - known):.0%} not told apart")
    return (f"{h.scenario}: of the variance of its emergency admissions over {h.futures} futures with sampled numbers, "
            f"{', '.join(said)}. Influence is a squared rank correlation less what luck alone would show; with so many futures a "
            f"single number below {h.noise:.0%} cannot be told from luck, and is given 0.")


def table(frame: pd.DataFrame, width: int) -> str:
    """One line a number: address, value with range and unit, grade, basis, influence where any is known, source, shortened to
    fit; an address too long for its column stands above its line."""
    swept = bool(frame["influence"].notna().any())
    value = min(VALUE, width - ADDRESS - 14 - 10 * swept - LEAST_SOURCE - 4)
    head = ["  address".ljust(ADDRESS), "value (low to high), unit".ljust(value), " grade".ljust(14)]
    source = width - sum(map(len, head)) - 10 * swept - 1
    lines = ["".join([*head, *(["influence "] if swept else []), " source"])]
    for row in frame.to_dict("records"):
        mark = OWN if row["assumed"] and row["source_title"] == ledger.OWN.title else NEITHER if row["basis"] in SEEN else UNSEEN
        cells = [clipped(f"{words.span(row['value'], row['low'], row['high'])} {row['unit']}", value - 1).ljust(value),
                 f" {row['grade']} {row['basis']}".ljust(14)]
        cells += [_influence(row["influence"])] if swept else []
        label = f"{mark}{row['address']}"
        above = f"{label}\n" if len(label) >= ADDRESS else ""
        line = (" " * ADDRESS if above else label.ljust(ADDRESS)) + "".join(cells) + " " + clipped(short(row), source)
        lines.append(above + line.rstrip())
    return "\n".join(lines)


def _influence(share: float) -> str:
    return ("" if math.isnan(share) else f"{share:.0%}").rjust(9) + " "


def short(row: Any) -> str:
    """Who says so, in a few words: `Health Foundation 2018`; `-` where nobody does."""
    if row["assumed"]:
        return "-"
    return f"{row['source_by'] or row['source_title']} {row['source_year'] or ''}".strip()


def clipped(said: str, width: int) -> str:
    """Text of at most `width` columns; what is cut off shows as dots."""
    return said if len(said) <= width else said[: max(width - 2, 0)].rstrip() + ".."
