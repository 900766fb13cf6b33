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
LABEL, COLUMN = 47, 24
RANGES = {"chance": "  90% range, chance alone", "all": "  90% range, and uncertain evidence"}
NOT_MODELLED = ("Not modelled: no effect that the scenario's programmes state can reach the outcome. That is no finding of no "
                "effect; nobody has put any evidence in.")
Line = tuple[str, Sequence[str]]


def table(head: Sequence[str], lines: Iterable[Line]) -> str:
    """A plain table: a label column and one column a scenario, headings wrapped, cells aligned to the right.

    A label too long for its column has a line to itself, above its cells.
    """
    wrapped = [textwrap.wrap(name, COLUMN - 2) or [""] for name in head]
    depth = max((len(w) for w in wrapped), default=0)
    rows: list[Line] = [("", [w[i - depth + len(w)] if i >= depth - len(w) else "" for w in wrapped]) for i in range(depth)]
    rows += [("-" * (LABEL - 1), ["-" * (COLUMN - 1)] * len(head)), *lines]
    return "\n".join(_row(label, cells) for label, cells in rows)


def _row(label: str, cells: Sequence[str]) -> str:
    above = f"{label}\n" if len(label) > LABEL and any(cells) else ""
    return above + (("" if above else label).ljust(LABEL) + "".join(cell.rjust(COLUMN) for cell in cells)).rstrip()


def _found(frame: pd.DataFrame, *, outcome: str, people: str = "all", year: int = 0) -> dict[str, Any]:
    rows = frame[(frame["outcome"] == outcome) & (frame["people"] == people) & (frame["year"] == year)]
    return {row["scenario"]: row for row in rows.to_dict("records")}


def _cells(row: Mapping[str, Any] | None, kinds: Sequence[str]) -> list[str]:
    """The mean of one row and its ranges of `kinds`, or why there is none."""
    if row is None:
        return ["-"]
    if not words.modelled(row):
        first, _, rest = row["why"].partition(" (")
        return [first, f"({rest}"]
    if words.nothing(row):
        return ["no difference", "(too few events)"]
    return [words.central(row), *(words.interval(row, kind) for kind in kinds)]


def _three(label: str, found: Mapping[str, Any], names: Sequence[str]) -> list[Line]:
    """Mean, chance and all: up to three lines of one measure; one line for both ranges where no future allows any."""
    rows = [row for row in found.values() if words.modelled(row)]
    kinds = [k for k in RANGES if any(not words.alone(row) and (k == "chance" or row["draws"]) for row in rows)]
    if kinds and all(math.isnan(words.width_of(row)) for row in rows):
        labels, kinds = [label, "  90% range"], kinds[:1]
    else:
        labels = [label, *(RANGES[kind] for kind in kinds)]
    cells = [_cells(found.get(name), kinds) for name in names]
    depth = max(len(labels), *map(len, cells))
    labels += [""] * (depth - len(labels))
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
    """All measures of a comparison with their intervals, and which of them no scenario reaches; `last`: number of the last year."""
    lines: list[Line] = []
    nowhere: list[str] = []
    for outcome, m in words.MEASURES.items():
        whole = _found(comparison, outcome=outcome)
        if not any(map(words.modelled, whole.values())):
            nowhere += [m.label] if whole else []
            continue
        lines += _three(f"{m.label} {SHORT[m.unit]}", whole, names)
        if outcome == "emergency_admissions" and last > 1:
            lines += _three(f"In year {last} alone", _found(comparison, outcome=outcome, year=last), names)
        own = _found(comparison, outcome=outcome, people="participants")
        if outcome in ("life_satisfaction", "lonely") and own:
            lines += _three("  of those who take part", own, names)
    told = textwrap.wrap(f"Not modelled in any of them: {'; '.join(nowhere)}", 100) if nowhere else []
    return lines + [(line, ()) for line in told]


def ordinary_line(ordinary: pd.DataFrame) -> str:
    """What the observed count of the whole area does by itself."""
    sd = float(ordinary["sd"][ordinary["scenario"] == ""].iloc[0])
    if not math.isfinite(sd):
        return "Ordinary change from year to year: not known (too few years, or futures with central numbers)."
    return ("Without any programme, and apart from the trend, the yearly count of emergency admissions in the whole area changes "
            f"from one year to the next by about {words.show(sd, words.step_of(sd), sign=False)} (1 SD). That is what a dashboard "
            "shows whatever is funded.")


def paragraphs(texts: Iterable[str]) -> str:
    """Paragraphs wrapped to 110 columns with a blank line between them."""
    return "\n\n".join(textwrap.fill(text, 110, break_on_hyphens=False) for text in texts if text)


def _method(replicates: int, draws: int) -> str:
    """What the ranges are, where there may be any."""
    if replicates < LEAST_REPLICATES and draws < LEAST_DRAWS:
        return f"pp: percentage points. {words.INVENTED}"
    centred = ("; that of chance alone lies around the mean of the futures with central numbers, the other around the mean shown, "
               "of those with sampled numbers") if draws else ""
    return (f"A 90% range is for one more simulated future with the same people and luck in both scenarios (t law){centred}. "
            f"pp: percentage points. {words.INVENTED}")


def compared(answer: Mapping[str, Any], scenarios: Sequence[Any]) -> str:
    """The whole printed answer of `compare`; `answer` is what `summary.read` gives."""
    reference, names = scenarios[0].name, [s.name for s in scenarios[1:]]
    comparison, ordinary = answer["comparison"], answer["ordinary"]
    admissions = _found(comparison, outcome="emergency_admissions")
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
        f"{answer['title']}: '{reference}' has {base:,.0f} emergency admissions a year ({which})",
        table(names, lines),
        paragraphs([programmes.handful(answer["reached"], scenarios[1:]),
                    words.futures(*answer["futures"]), *said, ordinary_line(ordinary),
                    NOT_MODELLED if (comparison["why"] != "").any() else "",
                    rests.grades(scenarios), rests.overrides(scenarios), _method(*answer["futures"])]),
    ])


def alone(answer: Mapping[str, Any], scenarios: Sequence[Any]) -> str:
    """The whole printed answer of `run`: what the scenario comes to, not what it changes."""
    names = [s.name for s in scenarios]
    lines = [*costs(answer["money"], names), *programmes.lines(answer["reached"], scenarios),
             *missed.lines(answer["never"], names), ("", []),
             (f"Levels, {words.mean_of(*answer['futures'])}", [])]
    for outcome, m in words.MEASURES.items():
        unit = m.unit.replace("percentage points", "%").replace("points of 10", "0-10")
        lines += _three(f"{m.label} ({unit})", _found(answer["levels"], outcome=outcome), names)
    return "\n\n".join([
        answer["title"],
        re.sub(r"\+(?=\d)", "", table(names, lines)),
        paragraphs([programmes.handful(answer["reached"], scenarios),
                    words.futures(*answer["futures"]), rests.grades(scenarios), rests.overrides(scenarios),
                    "These are levels. For what a programme changes, compare it with a scenario without it: nbhdsim compare. "
                    + words.INVENTED]),
    ])
