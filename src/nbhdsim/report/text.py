"""The printed answer of `run` and `compare`: a table with intervals, then plain sentences that do not over-claim."""

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from nbhdsim.comparison import LEAST_DRAWS, LEAST_REPLICATES
from nbhdsim.report import areawide, missed, programmes, rests, words

PAYERS = {
    "icb": "NHS (integrated care board)",
    "council_public_health": "Council, public health",
    "adult_care": "Council, adult care",
    "children_services": "Council, children's services",
    "school": "Schools",
    "lottery_charity": "Lottery and charity",
    "voluntary": "Voluntary hours (valued, not paid)",
    "unspent": "Unspent (buys nothing more)",
    "saved": "Saved by cuts (not taken off the above)",
}
SHORT = {"points of 10": "(points of 10)", "percentage points": "(pp)", "SD": "(SD)", "a year": "a year", "0 to 1": "(0 to 1)",
         "residents": "(residents)"}
WIDTHS = {1: (48, 24), 2: (48, 24), 3: (40, 20)}
"""Columns of a screen for the labels and for each scenario, by the number of scenarios side by side: 100 at most in all."""
MOST = max(WIDTHS)
RANGE, CHANCE, CENTRAL = "  90% range", "  90% range, chance alone", "  with central numbers"
NOT_MODELLED = ("Not modelled: no effect that the scenario's programmes state can reach the outcome. That is no finding of no "
                "effect; nobody has put any evidence in.")
HEADLINE = "emergency_admissions"
Line = tuple[str, Sequence[str]]


def table(head: Sequence[str], lines: Iterable[Line]) -> str:
    """A plain table: a label column and one column a scenario, headings wrapped, cells aligned to the right; one for every three
    scenarios.

    A label too long for its column has a line to itself, above its cells.
    """
    lines = list(lines)
    return "\n\n".join(_table(head[i:i + MOST], [(label, cells[i:i + MOST]) for label, cells in lines])
                       for i in range(0, max(len(head), 1), MOST))


def _table(head: Sequence[str], lines: Sequence[Line]) -> str:
    label, column = WIDTHS[max(len(head), 1)]
    wrapped = [textwrap.wrap(name, column - 2) or [""] for name in head]
    depth = max((len(w) for w in wrapped), default=0)
    rows: list[Line] = [("", [w[i - depth + len(w)] if i >= depth - len(w) else "" for w in wrapped]) for i in range(depth)]
    rows += [("-" * (label - 1), ["-" * (column - 1)] * len(head)), *lines]
    return "\n".join(_row(said, cells, label=label, column=column) for said, cells in rows)


def _row(said: str, cells: Sequence[str], *, label: int, column: int) -> str:
    above = f"{said}\n" if len(said) > label and any(cells) else ""
    return above + (("" if above else said).ljust(label) + "".join(cell.rjust(column) for cell in cells)).rstrip()


def _found(frame: pd.DataFrame, *, outcome: str, people: str = "all", year: int = 0) -> dict[str, Any]:
    rows = frame[(frame["outcome"] == outcome) & (frame["people"] == people) & (frame["year"] == year)]
    return {row["scenario"]: row for row in rows.to_dict("records")}


def _cells(row: Mapping[str, Any] | None, kind: str, *, both: bool) -> list[str]:
    """The mean of one row and its range of `kind`, and (`both`) the same of the futures with central numbers; or why there is
    none."""
    if row is None:
        return ["-"]
    if not words.modelled(row):
        return [row["why"].partition(" (")[0]]
    if words.nothing(row):
        return ["no difference", "(too few events)"]
    more = [words.middle(row), words.interval(row, "chance")] if both else []
    return [words.central(row), words.interval(row, kind), *more]


def _rows(label: str, found: Mapping[str, Any], names: Sequence[str], *, both: bool = False) -> list[Line]:
    """Mean and range of one measure, each mean with the range that lies around it.

    The range is that of chance and uncertain evidence, of chance alone where nothing is sampled; both: that of chance alone with
    its mean too, where they differ, and that futures are too few for a range where they are. One future has no ranges.
    """
    rows = [row for row in found.values() if words.modelled(row)]
    sampled, known = any(row["draws"] for row in rows), any(math.isfinite(words.width_of(row)) for row in rows)
    ranged = (known or both) and not all(map(words.alone, rows))
    both &= sampled and any(math.isfinite(row["chance_low"]) for row in rows)
    labels = [label, RANGE if sampled or not known else CHANCE, *([CENTRAL, CHANCE] if both else [])] if ranged else [label]
    cells = [_cells(found.get(name), "all" if sampled else "chance", both=both) for name in names]
    return [(said, [cell[i] if i < len(cell) else "" for cell in cells]) for i, said in enumerate(labels)]


def costs(money: pd.DataFrame, names: Sequence[str]) -> list[Line]:
    """Pounds a year by payer, what was spent in all, what cuts save, voluntary hours and what found no taker."""

    def cells(column: str) -> list[str]:
        held = [float(money[column].get(n, 0.0)) if column in money else 0.0 for n in names]
        return [f"{x:,.0f}" if round(x) else "-" for x in held]

    paid = [c for c in money.columns if c not in ("saved", "voluntary", "unspent")]
    total = money[paid].sum(axis=1)
    lines: list[Line] = [("Spent a year, pounds of 2024/25", [f"{float(total.get(n, 0.0)):,.0f}" for n in names])]
    lines += [(f"  {label}", cells(column)) for column, label in PAYERS.items() if column in paid]
    saved = [(PAYERS["saved"], [cell.removeprefix("-") or "-" for cell in cells("saved")])] if "saved" in money else []
    return [*lines, *((f"  {PAYERS[c]}", cells(c)) for c in ("voluntary", "unspent")), *saved]


def changes(comparison: pd.DataFrame, names: Sequence[str], last: int) -> list[Line]:
    """The measures of a comparison that any scenario reaches, with their intervals; `last`: number of the last year."""
    lines: list[Line] = []
    for outcome, m in words.MEASURES.items():
        whole, head = _found(comparison, outcome=outcome), outcome == HEADLINE
        if not any(map(words.modelled, whole.values())):
            continue
        lines += _rows(f"{m.label} {SHORT[m.unit]}", whole, names, both=head)
        if head and last > 1:
            lines += _rows(f"In year {last} alone", _found(comparison, outcome=outcome, year=last), names)
        own = _found(comparison, outcome=outcome, people="participants")
        if outcome in ("life_satisfaction", "lonely") and own:
            lines += _rows("  of those who take part", own, names)
    return lines


def not_modelled(comparison: pd.DataFrame) -> str:
    """What "not modelled" means, where it is said, and the measures of which it holds in all scenarios; "" where in none."""
    if not (comparison["why"] != "").any():
        return ""
    whole = {m.label: _found(comparison, outcome=outcome) for outcome, m in words.MEASURES.items()}
    nowhere = [label for label, found in whole.items() if found and not any(map(words.modelled, found.values()))]
    return NOT_MODELLED + (f" In none of these scenarios: {'; '.join(nowhere)}." if nowhere else "")


def ordinary_line(ordinary: pd.DataFrame) -> str:
    """What the observed count of the whole area does by itself."""
    sd = float(ordinary["sd"][ordinary["scenario"] == ""].iloc[0])
    if not math.isfinite(sd):
        return "Ordinary change from year to year: not known (too few years, or futures with central numbers)."
    return ("Without any programme, and apart from the trend, the yearly count of emergency admissions in the whole area changes "
            f"from one year to the next by about {words.show(sd, words.step_of(sd), sign=False)} (1 SD). That is what a dashboard "
            "shows whatever is funded.")


def paragraphs(texts: Iterable[str]) -> str:
    """Paragraphs wrapped to 100 columns with a blank line between them."""
    return "\n\n".join(textwrap.fill(text, 100, break_on_hyphens=False) for text in texts if text)


def _method(replicates: int, draws: int, *, moving: Sequence[str]) -> str:
    """What the ranges are, where there may be any. moving: scenarios whose sites do not fall in the same places in every future."""
    if replicates < LEAST_REPLICATES and draws < LEAST_DRAWS:
        return f"pp: percentage points. {words.INVENTED}"
    said = "A 90% range is for one more simulated future with the same people and luck in both scenarios (t law)"
    said += ", around the mean above it: of futures with sampled numbers, or with central ones." if draws else "."
    said += (f" Chance is also where sites fall, which differs by future in {', '.join(moving)} (drawn at random, or chosen on "
             "counts).") if moving else ""
    return f"{said} pp: percentage points. {words.INVENTED}"


def compared(answer: Mapping[str, Any], scenarios: Sequence[Any]) -> str:
    """The whole printed answer of `compare`; `answer` is what `summary.read` gives."""
    reference, names = scenarios[0].name, [s.name for s in scenarios[1:]]
    comparison, ordinary = answer["comparison"], answer["ordinary"]
    admissions = _found(comparison, outcome=HEADLINE)
    base = next(iter(admissions.values()))["level"] if admissions else math.nan
    last, which = scenarios[0].months // 12, words.mean_of(*answer["futures"])
    years = f"mean of {last} years" if last > 1 else f"over {scenarios[0].months} months"
    years += ", in one future" if sum(answer["futures"]) == 1 else ""
    lines = [*costs(answer["money"], names), *programmes.lines(answer["reached"], scenarios[1:]),
             *missed.lines(answer["never"], names), ("", []),
             (f"Change against '{reference}', {years}", []), *changes(comparison, names, last)]
    own = {row["scenario"]: row for row in ordinary.to_dict("records")}
    said = [words.sentence(n, row, own.get(n), part=areawide.sentence(answer["parts"].get(n), row)) for n in names
            if (row := admissions.get(n)) is not None]
    return "\n\n".join([
        paragraphs([f"{answer['title']}: '{reference}' has {base:,.0f} emergency admissions a year ({which})"]),
        table(names, lines),
        paragraphs([programmes.handful(answer["reached"], scenarios[1:]),
                    words.futures(*answer["futures"]), *said, ordinary_line(ordinary),
                    not_modelled(comparison), rests.grades(scenarios), rests.overrides(scenarios),
                    _method(*answer["futures"], moving=answer["moving"])]),
    ])


def alone(answer: Mapping[str, Any], scenarios: Sequence[Any]) -> str:
    """The whole printed answer of `run`: what the scenario comes to, not what it changes."""
    names = [s.name for s in scenarios]
    lines = [*costs(answer["money"], names), *programmes.lines(answer["reached"], scenarios),
             *missed.lines(answer["never"], names), ("", []),
             (f"Levels, {words.mean_of(*answer['futures'])}", [])]
    for outcome, m in words.MEASURES.items():
        unit = m.unit.replace("percentage points", "%").replace("points of 10", "0-10")
        lines += _rows(f"{m.label} ({unit})", _found(answer["levels"], outcome=outcome), names, both=outcome == HEADLINE)
    return "\n\n".join([
        answer["title"],
        re.sub(r"\+(?=\d)", "", table(names, lines)),
        paragraphs([programmes.handful(answer["reached"], scenarios),
                    words.futures(*answer["futures"]), rests.grades(scenarios), rests.overrides(scenarios),
                    "These are levels. For what a programme changes, compare it with a scenario without it: nbhdsim compare. "
                    + words.INVENTED]),
    ])
