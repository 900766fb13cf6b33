"""The evidence ledger on a screen: how much there is of each grade, what the headline hangs on, then every number."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
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
INDENT, GRADE, INFLUENCE = "    ", 14, 11


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
    """One row a number: address on a line of its own, then value with range and unit, grade, basis, influence where any is known,
    and source, in as many lines as they take."""
    swept = bool(frame["influence"].notna().any())
    value = (width - len(INDENT) - GRADE - INFLUENCE * swept) // 2
    sizes = (value, GRADE, *([INFLUENCE] if swept else []), value)
    names = ("value (low to high), unit", "grade", *(["influence"] if swept else []), "source")
    lines = ["  address", _side_by_side(names, sizes)]
    for row in frame.to_dict("records"):
        mark = OWN if row["assumed"] and row["source_title"] == ledger.OWN.title else NEITHER if row["basis"] in SEEN else UNSEEN
        told = f"{words.span(row['value'], row['low'], row['high'])} {row['unit']}"
        cells = (told, f"{row['grade']} {row['basis']}", *([_influence(row["influence"])] if swept else []), short(row))
        lines += [f"{mark}{row['address']}", _side_by_side(cells, sizes)]
    return "\n".join(lines)


def _side_by_side(cells: Sequence[str], sizes: Sequence[int]) -> str:
    """Cells of these widths beside one another, each in as many lines as it takes."""
    wrapped = [textwrap.wrap(cell, size - 1, break_on_hyphens=False) for cell, size in zip(cells, sizes, strict=True)]
    lines = zip_longest(*wrapped, fillvalue="")
    told = ("".join(cell.ljust(size) for cell, size in zip(line, sizes, strict=True)) for line in lines)
    return "\n".join(f"{INDENT}{line}".rstrip() for line in told)


def _influence(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.0%}"


def short(row: Any) -> str:
    """Who says so, in a few words: `Health Foundation 2018`; `-` where nobody does."""
    if row["assumed"]:
        return "-"
    return f"{row['source_by'] or row['source_title']} {row['source_year'] or ''}".strip()
