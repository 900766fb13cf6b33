"""Where a change comes from: effects that are stated of a whole area, and all else, as a waterfall."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

from nbhdsim.report import areawide, words
from nbhdsim.report.html import drawing
from nbhdsim.report.html.blocks import Block, Group, Picture, Say, Table
from nbhdsim.report.html.changes import HEADLINE, SOURCE
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

MOST = 5
"""Causes that one waterfall shows apart."""


def blocks(run: Run) -> list[Block]:
    """The causes of each change in emergency admissions that can be told apart; nothing where none can."""
    parts = run.answer.get("parts", {}) if run.answer else {}
    told, drawn = [], {}
    for name in run.names:
        row = run.row(name)
        sentence = areawide.sentence(parts.get(name), row) if row is not None else ""
        if sentence:
            told.append(f"{run.label[name]}: {sentence[0].lower() + sentence[1:] if not sentence[0].isdigit() else sentence}")
            if parts.get(name):
                drawn[name] = steps(row, parts[name])
    pictures: list[Block] = [_picture(run, name, found, number=i) for i, (name, found) in enumerate(drawn.items())]
    return [Group("Where the change comes from", [*map(Say, told), *pictures])] if told else []


def steps(row: Any, parts: Sequence[areawide.Part]) -> list[tuple[str, float]]:
    """What each cause comes to a year: stated effects on whole areas, the largest first, then all else; they add up to the mean."""
    shown = [(f"Whole area: {part.key.replace('_', ' ')}", part.change) for part in parts[:MOST]]
    return [*shown, ("All else: people who take part, those near them, chance", row["value"] - sum(change for _, change in shown))]


def _figure(change: float, row: Any) -> str:
    """A cause to two figures of the whole, so that what is shown adds up."""
    return words.show(change, words.step_of(abs(row["value"])))


def _picture(run: Run, name: str, found: Sequence[tuple[str, float]], *, number: int) -> Picture:
    row, label = run.rows[name, HEADLINE, "all", 0], run.label[name]
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        ax = drawing.axes(figure, left=4.6, right=1.4, top=0.15, bottom=0.85)
        drawing.names(ax, [*(what for what, _ in found), "In all"], wide=30)
        at = 0.0
        for y, (_, change) in enumerate(found):
            ax.barh(
                y,
                change,
                0.62,
                left=at,
                color=drawing.TEAL if change < 0 else drawing.ORANGE,
                hatch="" if change < 0 else "//",
                edgecolor=drawing.WHITE,
            )
            ax.plot([at + change] * 2, [y - 0.31, y + 1.31], color=drawing.INK, linewidth=1.5)
            at += change
        ax.barh(len(found), at, 0.62, color=drawing.NAVY)
        ends = [0.0, at]
        for y, (_, change) in enumerate([*found, ("", at)]):
            start = sum(c for _, c in found[:y]) if y < len(found) else 0.0
            ends += [start, start + change]
            left = start + change < start
            ax.annotate(
                _figure(change, row).replace("-", "\N{MINUS SIGN}"),
                (min(start, start + change) if left else max(start, start + change), y),
                xytext=(-8 if left else 8, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center",
            )
        drawing.pages.room(ax, ends, share=0.16)
        ax.axvline(0, color=drawing.INK, linewidth=1.5)
        drawing.ticks(ax)
        ax.set_xlabel("change in emergency admissions a year, mean")
    largest = max(found, key=lambda step: abs(step[1]))
    share = largest[1] / at if at else 0.0
    title = (
        f"{label}: nearly all of the change is one effect stated of a whole area"
        if largest is found[0] and share > 0.9
        else f"{label}: where its change in emergency admissions comes from"
    )
    told = Told(
        title,
        f"Mean change in emergency admissions a year by cause, {run.area}, {run.period}; teal falls, hatched orange rises.",
        f"{SOURCE} A mean without its range: see the intervals above for how sure it is.",
        "; ".join(f"{what}: {_figure(change, row)}" for what, change in [*found, ("in all", at)]),
    )
    table = Table(
        "Mean change in emergency admissions a year by cause",
        ["Cause", "A year"],
        [[what, _figure(change, row)] for what, change in [*found, ("In all", at)]],
    )
    return drawing.picture(f"causes-{number + 1}", figure, told, table=table)
