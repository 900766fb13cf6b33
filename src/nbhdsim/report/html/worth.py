"""What it is worth: pounds for each emergency admission avoided, and what is not valued, and why."""

import math

from nbhdsim.report import words
from nbhdsim.report.html import pay, said, sure
from nbhdsim.report.html.blocks import Block, Say, Section, Table
from nbhdsim.report.html.changes import HEADLINE
from nbhdsim.report.html.run import Run


def section(run: Run) -> Section | None:
    """What the changes are worth; None where there is nothing to compare."""
    if run.answer is None or not run.others:
        return None
    blocks: list[Block] = [
        Say("An admission avoided frees capacity. It releases no money unless a ward or a post closes."),
        cost_per(run),
    ]
    return Section("worth", "What it is worth", blocks)


def cost_per(run: Run) -> Table:
    """Pounds spent for each emergency admission avoided: the ratio of the means, and in how many futures none is avoided."""
    return Table(
        "Pounds for each emergency admission avoided (mean cost over mean admissions avoided)",
        ["Scenario", "Pounds for each", "Futures in which none is avoided"],
        [[run.label[n], *_cost_per(run, n)] for n in run.names],
        "Not discounted. A ratio is shown only where admissions fall on average; ratios are never averaged.",
    )


def _cost_per(run: Run, name: str) -> tuple[str, str]:
    row = run.row(name)
    paid = pay.spent(run.answer["money"], name) if run.answer else 0.0
    changes = sure.changes(run, name)
    none = "not known" if changes is None else f"{int((changes >= 0).sum())} of {len(changes)}"
    if row is None or not words.modelled(row):
        return f"none: {HEADLINE.replace('_', ' ')} are not modelled", "not modelled"
    if not paid:
        return "none: it costs nothing", none
    if not math.isfinite(row["value"]) or row["value"] >= 0:
        return "none: no admission is avoided on average", none
    if row["sign_unknown"]:
        return "none: too few futures to tell whether any is avoided on average", none
    return said.bare(paid / -row["value"]), none
