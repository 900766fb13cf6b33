"""What it is worth: value of each option by whose pocket, what is cash and what is not, and what is in no sum, and why."""

import math
from collections.abc import Sequence
from typing import Any

from nbhdsim.economics import constants
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.report import text, words
from nbhdsim.report.html import choice, pay, said, sure
from nbhdsim.report.html.blocks import Block, Group, Items, Link, More, Say, Section, Table
from nbhdsim.report.html.changes import HEADLINE
from nbhdsim.report.html.run import NARROW, WIDEST, Run

GAINERS = text.PAYERS | {
    "voluntary_hours": "Voluntary hours (valued, not paid)",
    "nhs_trust": "NHS trusts",
    "residents": "Residents",
    "all": "All of them",
}
WHOSE = {"nhs_social_care": "the NHS and social care", "public": "public bodies", "society": "society"}
PLAIN = (
    ("admissions_avoided", "Emergency admissions avoided"),
    ("bed_days_avoided", "Bed days freed"),
    ("wellbys", "WELLBYs (points of life satisfaction for a year)"),
)
TIERS = (
    ("cashable", "Cash that a finance director can take out"),
    ("fiscal", "Gains of public bodies: cash and capacity freed"),
    ("public_value", "The same, and what residents gain in wellbeing"),
    ("losses", "Losses of either, not taken off the gains above"),
)
PUBLIC = (
    ("benefit", "Gain of public bodies, losses taken off"),
    ("npv", "Net of public bodies: the same, less what they pay"),
)
"""What public bodies are left with, told beside gains and losses where the view is another."""
BOTH = (
    ("cost", "Costs"),
    ("benefit", "Benefits, losses taken off"),
    ("npv", "Net present value"),
    ("bcr", "Benefit for each pound of cost"),
    ("roi", "Net gain for each pound of cost"),
)
REPEATED = ("expected_admissions", "families_referred", "reached", "volunteers")
"""Outcomes that others tell of too, or that are no result."""
CAPACITY = "An admission avoided is capacity freed, not money released. Cash comes out only if a ward or post closes."


def section(run: Run) -> Section | None:
    """What the changes are worth; None where there is nothing to compare."""
    if run.answer is None or not run.others:
        return None
    worth, why = run.worth, run.unworth
    if worth is None:
        blocks: list[Block] = [Say(CAPACITY), Say(f"This run cannot be valued in money: {why}.", "warning"), cost_per(run)]
        return Section("worth", "What it is worth", blocks)
    blocks = [
        Say(CAPACITY),
        *map(Say, headline(run)),
        values(run, worth),
        unvalued(run, worth),
        prices(run, worth),
        Group(
            "Who pays and who gains",
            [
                Say("Every pound below is undiscounted. Capacity freed is a gain in kind: nobody can spend it."),
                *[who(run, worth, name) for name in run.names],
            ],
        ),
        *choice.blocks(run),
        More("Numbers and constants that values are made with", [numbers(worth), editions()]),
    ]
    return Section("worth", "What it is worth", blocks)


def found(worth: Any, name: str, measure: str, *, perspective: str = "", discounted: bool = True) -> Any:
    """A row of the values of a run, None where there is none."""
    rows = worth.value[
        (worth.value["scenario"] == name)
        & (worth.value["measure"] == measure)
        & (worth.value["perspective"] == perspective)
        & (worth.value["discounted"] == discounted)
    ]
    return rows.to_dict("records")[0] if len(rows) else None


def amount(row: Any) -> str:
    """`-9.9 to +1.2 million (middle -8.8 million)`: the 90% range and the middle of a value, or why there is none."""
    if row is None or not math.isfinite(row["value"]):
        return "none: " + (str(row["why"]).partition(" (")[0] if row is not None and row["why"] else "not known")
    low, high = (row["chance_low"], row["chance_high"]) if "nothing is sampled" in str(row["why"]) else (row["low"], row["high"])
    if not (math.isfinite(low) and math.isfinite(high)):
        why = "no upper end" if "no upper end" in str(row["why"]) else said.NO_RANGE
        return f"{figure(row['value'], 0)} ({why})"
    step = words.step_of((high - low) / 2)
    if low == high:
        return figure(row["value"], 0)
    return f"{figure(low, step)} to {figure(high, step)} (middle {figure(row['value'], step)})"


def figure(x: float, step: float) -> str:
    """A number rounded to a step (0: three figures), from a million on in millions."""
    if abs(x) < 1e6:
        return words.show(x, step)
    return f"{words.show(x / 1e6, step / 1e6)} million"


def headline(run: Run) -> list[str]:
    """The cost of an admission avoided of each option, in a sentence: the range first."""
    worth = run.worth
    whose, told = run.perspective or NARROW, []
    for name in run.names:
        row, none = (
            found(worth, name, m, perspective=p, discounted=d)
            for m, p, d in (("cost_per_admission_avoided", whose, True), ("none_avoided", "", False))
        )
        label = said.cap(run.label[name])
        if row is None or not math.isfinite(row["value"]):
            told.append(
                f"{label}: no cost of an admission avoided can be told "
                f"({str(row['why']).partition(' (')[0] if row else 'not known'})."
            )
            continue
        ends = (
            f"between {said.bare(row['low'])} and {said.bare(row['high'])} pounds, with {said.bare(row['value'])} in the middle"
            if math.isfinite(row["low"]) and math.isfinite(row["high"])
            else f"{said.bare(row['value'])} pounds in the mean, with no upper end: its range reaches down to no admission avoided"
        )
        avoided = (
            ""
            if none is None or not math.isfinite(none["value"])
            else (f" In {round(none['value'] * none['n'])} of {none['n']} simulated futures none is avoided.")
        )
        told.append(f"{label}: each emergency admission avoided costs {WHOSE[whose]} {ends}.{avoided}")
    return told


def values(run: Run, worth: Any) -> Table:
    """The headline values of each option."""
    whose = run.perspective or WIDEST
    rows = [
        [label, *(amount(found(worth, n, measure, discounted=measure == "wellbys")) for n in run.names)] for measure, label in PLAIN
    ]
    rows.append(
        [
            f"Pounds for each admission avoided, paid by {WHOSE[run.perspective or NARROW]}",
            *(
                amount(found(worth, n, "cost_per_admission_avoided", perspective=run.perspective or NARROW)).replace("+", "")
                for n in run.names
            ),
        ]
    )
    rows += [[label, *(amount(found(worth, n, measure)).replace("+", "") for n in run.names)] for measure, label in TIERS]
    if whose != NARROW:
        rows += [[label, *(amount(found(worth, n, measure, perspective=NARROW)) for n in run.names)] for measure, label in PUBLIC]
    rows += [
        [f"{label}, {WHOSE[whose]}", *(_signed(amount(found(worth, n, measure, perspective=whose)), measure) for n in run.names)]
        for measure, label in BOTH
    ]
    rows.append(
        [
            f"Year by whose end it has paid back on average, {WHOSE[whose]}",
            *(_year(found(worth, n, "payback_year", perspective=whose)) for n in run.names),
        ]
    )
    rows.append(
        ["Optimism bias, part of the costs", *(amount(found(worth, n, "optimism_bias")).replace("+", "") for n in run.names)]
    )
    return Table(
        f"What {run.years} are worth: 90% range, then the middle",
        ["Measure", *(run.label[n] for n in run.names)],
        rows,
        "Pounds are real, 2024/25, in present values; the first year is not discounted. Admissions are counted, never discounted. "
        "Ratios are ratios of means.",
    )


def _signed(told: str, measure: str) -> str:
    """A plus sign says something where a value may be a loss."""
    return told if measure in ("npv", "benefit", "roi") else told.replace("+", "")


def _year(row: Any) -> str:
    if row is None or not math.isfinite(row["value"]):
        return str(row["why"]) if row is not None else "not known"
    lost = str(row["why"]).partition("; ")[2]
    return f"year {row['value']:.0f}" + (f"; {lost}" if lost else "")


def unvalued(run: Run, worth: Any) -> Table:
    """What is in no sum of money, and why (standards GB-6)."""
    frame = worth.unvalued
    rows = []
    for outcome in (name for name in dict.fromkeys(frame["outcome"]) if name not in REPEATED):
        mine = {row["scenario"]: row for row in frame[frame["outcome"] == outcome].to_dict("records")}
        reasons = dict.fromkeys(str(mine[n]["reason"]).partition(" (")[0] for n in run.names if n in mine)
        reasons = {why: None for why in reasons if why != "not modelled"} or {"no evidence was put in": None}
        label = (
            words.MEASURES[outcome].label if outcome in words.MEASURES else OUTCOMES[outcome].name.replace("_", " ").capitalize()
        )
        rows.append([label, said.listed(list(reasons)) or "valued", *(_change(mine.get(n)) for n in run.names)])
    return Table(
        "In no sum of money, because",
        ["Outcome", "Why", *(run.label[n] for n in run.names)],
        rows,
        "Changes over the whole period. Shares and means are what one person has for a year, added up.",
    )


def _change(row: Any) -> str:
    if row is None:
        return "in the sums"
    return "not modelled" if not math.isfinite(row["value"]) else amount({**row, "chance_low": math.nan, "chance_high": math.nan})


def who(run: Run, worth: Any, name: str) -> Table:
    """Who pays and who gains with one option over the whole period."""
    frame = worth.who[worth.who["scenario"] == name].to_dict("records")
    shown = [
        row
        for row in frame
        if any(abs(row[c]) >= 500 for c in ("cost", "cash", "capacity", "societal", "net") if math.isfinite(row[c]))
    ]
    rows = [
        [
            GAINERS.get(row["payer"], row["payer"]),
            *(_pounds(row[c]) for c in ("cost", "cash", "capacity", "societal", "net", "whole")),
        ]
        for row in shown
    ]
    return Table(
        f"{said.cap(run.label[name])}: thousand pounds over {run.years}, mean over futures",
        ["Who", "Pays", "Gains in cash", "Gains in capacity", "Gains in wellbeing", "Net", "To be left whole"],
        rows,
        f"Rows add up to the last one. 'To be left whole' is what it would have to be paid not to lose.{_fewer(run)}",
    )


def _fewer(run: Run) -> str:
    """That these means are of fewer futures than those of What you pay, where they are."""
    luck, sampled = run.futures
    told = f" Means of the {sampled} futures with sampled numbers; those under What you pay are of all {luck + sampled}."
    return told if luck and sampled else ""


def _pounds(x: float) -> str:
    return f"{x / 1000:,.0f}" if math.isfinite(x) and abs(x) >= 500 else "-"


def prices(run: Run, worth: Any) -> Say:
    """How much of the value hangs on judged prices, and the schedule money is discounted by."""
    schedule, health = (constants.constant(name) for name in ("standard_discounting", "health_discounting"))
    judged = int(worth.numbers["grade"].eq("D").sum())
    return Say(
        f"Money is discounted at {schedule.value[0]['rate']:.1%} and wellbeing at {health.value[0]['rate']:.1%} a year "
        f"({schedule.edition}; {schedule.status}). {judged} of the {len(worth.numbers)} numbers that values are made with "
        f"are judged or assumed."
    )


def numbers(worth: Any) -> Table:
    """Numbers of value, with what they were set to and by whom."""
    rows: list[Sequence[str | Link]] = [
        [
            str(row["address"]),
            words.span(row["value"], row["low"], row["high"]),
            str(row["unit"]),
            words.plain(row["used"]),
            row["grade"],
            str(row["basis"]),
            str(row["set"]) or "the catalogue",
            str(row["source"]) or "no source",
        ]
        for row in worth.numbers.to_dict("records")
    ]
    return Table(
        "Numbers of value",
        ["Address", "Value (5% to 95%)", "Unit", "As used, 2024/25", "Grade", "Basis", "Set by", "Source"],
        rows,
        "nbhdsim report RUN --set economics.x=value values the same run with another number.",
    )


def editions() -> Items:
    """The dated constants of policy."""
    return Items(
        [
            f"{name.replace('_', ' ').capitalize()}: {c.edition}; {c.status}."
            for name in ("standard_discounting", "health_discounting", "qaly_thresholds")
            if (c := constants.constant(name))
        ]
    )


def cost_per(run: Run) -> Table:
    """Pounds spent for each emergency admission avoided where the run cannot be valued: the ratio of the means."""
    return Table(
        "Pounds for each emergency admission avoided (mean cost over mean admissions avoided)",
        ["Scenario", "Pounds for each", "Futures in which none is avoided"],
        [[run.label[n], *_cost_per(run, n)] for n in run.names],
        "Not discounted. A ratio is shown only where admissions fall on average; ratios are never averaged.",
    )


def _cost_per(run: Run, name: str) -> tuple[str, str]:
    row, paid, moved = run.row(name), pay.spent(run.answer["money"], name), sure.changes(run, name)
    none = "not known" if moved is None else f"{int((moved >= 0).sum())} of {len(moved)}"
    if row is None or not words.modelled(row):
        return f"none: {HEADLINE.replace('_', ' ')} are not modelled", "not modelled"
    if not paid:
        return "none: it costs nothing", none
    if not math.isfinite(row["value"]) or row["value"] >= 0:
        return "none: no admission is avoided on average", none
    return said.bare(paid / -row["value"]), none
