"""Half a page in plain English, made from the numbers: the largest doubt, what is paid, what changes, for whom, how sure."""

import math

from nbhdsim import ledger
from nbhdsim.comparison import FEW
from nbhdsim.report import words
from nbhdsim.report.html import pay, said, sure, worth
from nbhdsim.report.html.blocks import Block, Items, Say, Section
from nbhdsim.report.html.run import NARROW, Run

WELLBEING = "life_satisfaction"


def section(run: Run) -> Section:
    """The summary; what can be said of a folder that cannot be read is what keeps it from being read."""
    if run.answer is None:
        return Section("summary", "Summary", [Say("This folder has no answer yet.", "lead"), Items(list(run.unsaid))])
    blocks: list[Block] = [Say(_question(run), "lead")]
    if run.unsaid:
        blocks.append(
            Say(
                "Read this first. " + " ".join(run.unsaid[:2]) + (" More is under Limits." if len(run.unsaid) > 2 else ""),
                "warning",
            )
        )
    if not run.others:
        return Section(
            "summary",
            "Summary",
            [*blocks, Say("One scenario was run, so nothing can be said of what it changes."), Say(_costs(run))],
        )
    blocks += [
        Say(doubt(run)),
        Say(_costs(run)),
        Items([said.admissions(run, name) for name in run.names]),
        Say(_wellbeing(run)),
        Say(_worth(run)),
        Say(" ".join(_sure(run))),
        Items(caveats(run)),
    ]
    return Section("summary", "Summary", [block for block in blocks if not isinstance(block, Say) or block.text])


def _question(run: Run) -> str:
    if not run.others:
        return f"What does '{run.label[run.reference.name]}' come to in {run.area} over {run.years}?"
    return f"What changes in {run.area} over {run.years} if this money is spent, against '{run.label[run.reference.name]}'?"


def doubt(run: Run) -> str:
    """The largest uncertainty that no range holds, said before any number."""
    letters = {name: row["grade"] for name in run.names if (row := run.row(name)) is not None and row["grade"]}
    judged = [run.label[name] for name, letter in letters.items() if letter == "D"]
    weak = [run.label[name] for name, letter in letters.items() if letter == "C"]
    if judged:
        whom = "every option" if len(judged) == len(run.names) > 1 else said.listed(judged)
        return (
            f"The largest doubt comes first, and no range below holds it. The effects of {whom} on emergency admissions "
            f"are judged, "
            "not measured here (grade D). If that judgement is wrong, so is the answer."
        )
    if weak:
        return (
            "The largest doubt comes first, and no range below holds it. "
            f"The effects of {said.listed(weak)} come from studies without a comparison group (grade C). They may be no "
            f"effects at all."
        )
    return (
        "The largest doubt comes first, and no range below holds it. The model itself may be wrong. It draws some causes "
        "and leaves "
        "others out."
    )


def _costs(run: Run) -> str:
    names = run.names or [run.reference.name]
    paid = {name: pay.spent(run.answer["money"], name) for name in names} if run.answer else {}
    some = {name: value for name, value in paid.items() if value}
    if not some:
        return "No option costs anything."
    first = pay.spent(run.answer["money"], run.reference.name) if run.names else 0.0
    against = f" They are set against '{run.label[run.reference.name]}', which costs {said.pounds(first)} a year." if first else ""
    if len(some) == 1:
        return f"You pay {said.pounds(next(iter(some.values())))} a year for {run.label[next(iter(some))]}.{against}"
    return f"You pay {said.pound_range(list(some.values()))} a year, depending on the option.{against}"


def _wellbeing(run: Run) -> str:
    """Life satisfaction of all residents, or of those who take part, where its direction is clear; else that it is not."""
    rows = {name: row for name in run.names if (row := run.row(name, WELLBEING)) is not None and words.modelled(row)}
    if not rows:
        return "Life satisfaction is not modelled for any option: no evidence was put in that could move it."
    told = []
    for whom, people in (("all residents of 16 and over", "all"), ("those who take part", "participants")):
        sure_of = {name: row for name in rows if (row := run.row(name, WELLBEING, people=people)) is not None and said.firm(row)}
        if sure_of:
            name = max(sure_of, key=lambda n: abs(sure_of[n]["value"]))
            ends = words.interval(sure_of[name], words.widest(sure_of[name]))
            told.append(f"Among {whom}, life satisfaction changes by {ends} points of 10 with {run.label[name]}.")
        else:
            told.append(f"Among {whom}, no option clearly changes life satisfaction.")
    return " ".join(told)


def _worth(run: Run) -> str:
    """What an admission avoided costs, for the option where that is least; or why that is not told."""
    worth_of = run.worth
    if worth_of is None:
        return ""
    whose = run.perspective or NARROW
    found = {
        name: row
        for name in run.names
        if (row := worth.found(worth_of, name, "cost_per_admission_avoided", perspective=whose)) is not None
        and math.isfinite(row["value"])
    }
    if not found:
        return "No cost of an admission avoided can be told for any option."
    name = min(found, key=lambda n: found[n]["value"])
    row = found[name]
    if math.isfinite(row["low"]) and math.isfinite(row["high"]):
        return (
            f"Each admission avoided costs {worth.WHOSE[whose]} {said.bare(row['low'])} to {said.bare(row['high'])} "
            f"pounds with {run.label[name]}, "
            f"with {said.bare(row['value'])} in the middle."
        )
    return (
        f"With {run.label[name]}, each admission avoided costs {worth.WHOSE[whose]} {said.pounds(row['value'])} in the mean, "
        "the least of all options. That has no upper end, for perhaps none is avoided."
    )


def _sure(run: Run) -> list[str]:
    total = sum(run.futures)
    held = [
        f"These ranges come from {words.many(total, 'simulated future')}, with the same people and the same luck in both worlds."
    ]
    if total < FEW:
        held.append(f"That is too few to say in how many of 10 an option wins: it takes {FEW}.")
        return held + _judged(run)
    return held + sure.tenths(run)[:2] + _judged(run)


def _judged(run: Run) -> list[str]:
    """What share of the headline is judged, in a short sentence."""
    found = {
        run.label.get(h.scenario, h.scenario): ledger.by_grade(h, run.evidence).get("D", 0.0)
        for h in run.hanging
        if not h.why and run.evidence is not None
    }
    if not found:
        return ["What share of the spread is judged cannot be told from so few."]
    return [
        "Of the spread in admissions, judged numbers (grade D) make "
        + said.listed([f"{share:.0%} for {name}" for name, share in found.items()])
        + "."
    ]


def caveats(run: Run) -> list[str]:
    """Three things to know before using any number."""
    nowhere = [
        m.label
        for outcome, m in words.MEASURES.items()
        if (held := [row for name in run.names if (row := run.row(name, outcome)) is not None])
        and not any(map(words.modelled, held))
    ]
    gone = (
        f"Not modelled for any option: {said.listed([_lower(x) for x in nowhere[:3]])}."
        if nowhere
        else "Every outcome shown is reached by some evidence."
    )
    more = f" Nor {'is one other' if len(nowhere) == 4 else f'are {len(nowhere) - 3} others'}." if len(nowhere) > 3 else ""
    return [
        "People in this model are invented. Areas use open published data.",
        "An admission avoided is capacity freed, not money released. Cash comes out only if a ward or post closes.",
        gone + more,
    ]


def _lower(label: str) -> str:
    return label if label.startswith("A&E") else label[0].lower() + label[1:]
