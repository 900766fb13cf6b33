"""What would change the answer: the numbers it hangs on, and what nobody has measured."""

from typing import Any

from nbhdsim import evidence, ledger
from nbhdsim.report import labels, rests, words
from nbhdsim.report.html.blocks import Block, Items, Link, Say, Section, Table, plain
from nbhdsim.report.html.run import Run

MOST = 10


def section(run: Run) -> Section | None:
    """What would change the answer; None where the run has neither tables nor a ledger."""
    if run.answer is None or run.evidence is None or not run.others:
        return None
    blocks: list[Block] = [
        Say("An answer changes when a number it hangs on turns out different. These are the numbers to look at first.")
    ]
    blocks += influence(run)
    blocks.append(effects(run))
    told = rests.overrides(run.scenarios) if all(s.file for s in run.scenarios) else ""
    if told:
        blocks.append(Say(told))
    assumed = int(run.evidence["basis"].eq("assumption").sum())
    blocks.append(
        Items(
            [
                f"{words.many(assumed, 'number')} of the model "
                f"{'is an assumption' if assumed == 1 else 'are assumptions'}: nobody has "
                "measured them, and the ledger marks each.",
                "Stance: "
                + ", ".join(sorted({s.stance or "not known" for s in run.scenarios}))
                + ". `controlled` takes effects from "
                "studies with comparison groups; `claimed` takes a headline as caused by the programme.",
                "What the programmes state decides what can change. A missing effect is not a finding of no effect.",
            ]
        )
    )
    return Section("switch", "What would change the answer", blocks)


def influence(run: Run) -> list[Block]:
    """The numbers that the headline of each scenario hangs on most, or why that is not told."""
    if not run.hanging:
        return [
            Say(
                f"Which number matters most is not told. That takes {ledger.LEAST_DRAWS} futures with sampled numbers, "
                f"and this run has "
                f"{run.futures[1]}."
            )
        ]
    found: list[Block] = []
    for hangs in run.hanging:
        told = sorted(((share, a) for a, share in hangs.shares.items() if share > hangs.noise), reverse=True)[:MOST]
        label = run.label.get(hangs.scenario, plain(hangs.scenario))
        if hangs.why or not told:
            found.append(Say(f"{label}: no number stands out from luck" + (f" ({hangs.why})." if hangs.why else ".")))
            continue
        found.append(
            Table(
                f"{label}: numbers its change in emergency admissions hangs on most",
                ["Number", "Share of the spread", "Grade"],
                [[labels.short(a), f"{share:.0%}", _grade(run, a)] for share, a in told],
            )
        )
    return found


def _grade(run: Run, address: str) -> str:
    grades = dict(zip(run.evidence["address"], run.evidence["grade"], strict=True)) if run.evidence is not None else {}
    return words.grade(grades[address]) if address in grades else "not known"


def effects(run: Run) -> Table:
    """The stated effects that can reach emergency admissions, with their ranges and grades."""
    frame: Any = run.evidence
    rows: list[list[str | Link]] = [
        [
            labels.short(row["address"]),
            f"{words.span(row['value'], row['low'], row['high'])} {row['unit']}",
            words.grade(row["grade"]),
            str(row["basis"]),
            Link(row["source_by"] or row["source_title"] or "no source", str(row["source_url"])),
        ]
        for row in frame.to_dict("records")
        if evidence.is_effect(row["address"])
    ]
    return Table(
        "Stated effects the answer rests on",
        ["Effect", "Value (5% to 95%)", "Grade", "Basis", "Source"],
        rows,
        f"Grades: {words.ALL_GRADES}.",
    )
