"""The printed answer of `run` and `compare`: a table with intervals, then plain sentences that do not over-claim."""

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from nbhdsim.report import words

PAYERS = {
    "icb": "NHS (integrated care board)",
    "council_public_health": "Council, public health",
    "adult_care": "Council, adult care",
    "children_services": "Council, children's services",
    "school": "Schools",
    "lottery_charity": "Lottery and charity",
    "voluntary": "Voluntary hours (valued, not paid)",
    "unspent": "Unspent (buys nothing more)",
}
SHORT = {"points of 10": "(points of 10)", "percentage points": "(pp)", "SD": "(SD)", "a year": "a year"}
LABEL, COLUMN = 40, 25
Line = tuple[str, Sequence[str]]


def table(head: Sequence[str], lines: Iterable[Line]) -> str:
    """A plain table: a label column and one column a scenario, headings wrapped, cells aligned to the right."""
    wrapped = [textwrap.wrap(name, COLUMN - 2) or [""] for name in head]
    depth = max((len(w) for w in wrapped), default=0)
    rows: list[Line] = [
        ("", [w[i - depth + len(w)] if i >= depth - len(w) else "" for w in wrapped]) for i in range(depth)
    ]
    rows += [("-" * (LABEL - 1), ["-" * (COLUMN - 1)] * len(head)), *lines]
    return "\n".join(
        (label.ljust(LABEL) + "".join(cell.rjust(COLUMN) for cell in cells)).rstrip() for label, cells in rows
    )


def _found(frame: pd.DataFrame, *, outcome: str, people: str = "all", year: int = 0) -> dict[str, Any]:
    rows = frame[(frame["outcome"] == outcome) & (frame["people"] == people) & (frame["year"] == year)]
    return {row["scenario"]: row for row in rows.to_dict("records")}


def _three(label: str, found: Mapping[str, Any], names: Sequence[str]) -> list[Line]:
    """Mean, chance and all: three lines of one measure."""
    cells = [found.get(name) for name in names]
    return [
        (label, [words.central(c) if c else "-" for c in cells]),
        ("  90% range, chance alone", [words.interval(c, "chance") if c else "-" for c in cells]),
        ("  90% range, and uncertain evidence", [words.interval(c, "all") if c else "-" for c in cells]),
    ]


def costs(money: pd.DataFrame, names: Sequence[str]) -> list[Line]:
    """Pounds a year by payer, what was spent in all, voluntary hours and what found no taker."""

    def cells(column: str) -> list[str]:
        held = [float(money[column].get(n, 0.0)) if column in money else 0.0 for n in names]
        return [f"{x:,.0f}" if round(x) else "-" for x in held]

    paid = [c for c in money.columns if c not in ("voluntary", "unspent")]
    total = money[paid].sum(axis=1)
    lines: list[Line] = [("Spent a year, pounds of 2024/25", [f"{float(total.get(n, 0.0)):,.0f}" for n in names])]
    lines += [(f"  {label}", cells(column)) for column, label in PAYERS.items() if column in paid]
    return [*lines, *((f"  {PAYERS[c]}", cells(c)) for c in ("voluntary", "unspent"))]


def changes(comparison: pd.DataFrame, names: Sequence[str], last: int) -> list[Line]:
    """All measures of a comparison with their intervals; `last` is the number of the last year."""
    lines: list[Line] = []
    for outcome, m in words.MEASURES.items():
        lines += _three(f"{m.label} {SHORT[m.unit]}", _found(comparison, outcome=outcome), names)
        if outcome == "emergency_admissions":
            lines += _three(f"In year {last} alone", _found(comparison, outcome=outcome, year=last), names)
        own = _found(comparison, outcome=outcome, people="participants")
        if outcome in ("life_satisfaction", "lonely") and own:
            lines += _three("  of those who take part", own, names)
    return lines


def ever_reached(reached: pd.DataFrame, names: Sequence[str]) -> Line:
    """People ever reached, mean over futures."""
    held = [float(reached["mean"].get(n, 0.0)) if len(reached) else 0.0 for n in names]
    return ("People ever reached", [f"{x:,.0f}" if x else "-" for x in held])


def ordinary_line(ordinary: pd.DataFrame) -> str:
    """What the observed count does by itself, for the whole area and for the places each scenario funds."""
    said = []
    for row in ordinary.to_dict("records"):
        where = "the whole area" if not row["scenario"] else f"the {row['places']:,.0f} places of '{row['scenario']}'"
        if math.isfinite(row["sd"]):
            sd = words.show(row["sd"], words.step_of(row["sd"]), sign=False)
            said.append(f"{sd} in {where} (of {row['level']:,.0f})")
    if not said:
        return "Ordinary change from year to year: not known (too few years or futures)."
    return (
        "Without any programme the yearly count of emergency admissions changes from one year to the next by about "
        f"(1 SD): {'; '.join(said)}. That is what a dashboard shows whatever is funded."
    )


def grades(scenarios: Sequence[Any]) -> str:
    """The evidence grades of the stated effects, by intervention."""
    held = {
        line.kind.name: sorted({e.quantity.grade for e in line.kind.effects})
        for s in scenarios
        for line in s.lines.values()
    }
    if not held:
        return ""
    listed = "; ".join(f"{name} {', '.join(found) or 'none stated'}" for name, found in sorted(held.items()))
    return (
        "Evidence grades of the stated effects (A trials, B comparison groups, C uncontrolled, D judgement): "
        f"{listed}. Sources and ranges are in evidence.csv."
    )


def paragraphs(texts: Iterable[str]) -> str:
    """Paragraphs wrapped to 110 columns with a blank line between them."""
    return "\n\n".join(textwrap.fill(text, 110) for text in texts if text)


def compared(answer: Mapping[str, Any], scenarios: Sequence[Any]) -> str:
    """The whole printed answer of `compare`; `answer` is what `summary.read` gives."""
    reference, names = scenarios[0].name, [s.name for s in scenarios[1:]]
    comparison, ordinary = answer["comparison"], answer["ordinary"]
    admissions = _found(comparison, outcome="emergency_admissions")
    base = next(iter(admissions.values()))["level"] if admissions else math.nan
    last = scenarios[0].months // 12
    lines = [
        *costs(answer["money"], names),
        ever_reached(answer["reached"], names),
        ("", []),
        (f"Change against '{reference}', mean of {last} years", []),
        *changes(comparison, names, last),
    ]
    own = {row["scenario"]: row for row in ordinary.to_dict("records")}
    said = [words.sentence(n, admissions[n], own.get(n)) for n in names if n in admissions]
    return "\n\n".join(
        [
            f"{answer['title']}: '{reference}' has {base:,.0f} emergency admissions a year",
            table(names, lines),
            paragraphs(
                [
                    words.futures(*answer["futures"]),
                    *said,
                    ordinary_line(ordinary),
                    grades(scenarios),
                    "A 90% range is for one more simulated future with the same people and luck in both scenarios "
                    f"(t law); pp: percentage points. {words.INVENTED}",
                ]
            ),
        ]
    )


def alone(answer: Mapping[str, Any], scenarios: Sequence[Any]) -> str:
    """The whole printed answer of `run`: what the scenario comes to, not what it changes."""
    names = [s.name for s in scenarios]
    lines = [*costs(answer["money"], names), ever_reached(answer["reached"], names), ("", [])]
    for outcome, m in words.MEASURES.items():
        cells = _found(answer["levels"], outcome=outcome)
        unit = m.unit.replace("percentage points", "%").replace("points of 10", "0-10")
        lines += _three(f"{m.label} ({unit})", cells, names)
    return "\n\n".join(
        [
            answer["title"],
            re.sub(r"\+(?=\d)", "", table(names, lines)),
            paragraphs(
                [
                    words.futures(*answer["futures"]),
                    grades(scenarios),
                    "These are levels. For what a programme changes, compare it with a scenario without it: "
                    f"nbhdsim compare. {words.INVENTED}",
                ]
            ),
        ]
    )
