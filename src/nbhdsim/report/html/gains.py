"""Who gains: by taking part, by deprivation, by place; and who was never reached."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np

from nbhdsim import comparison
from nbhdsim.report import missed, words
from nbhdsim.report.html import drawing, fairness, said, tiles
from nbhdsim.report.html.blocks import Block, Group, Picture, Say, Section, Table
from nbhdsim.report.html.changes import HEADLINE, MOST_PANELS, SOURCE
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

PEOPLE = {
    "participants": "Those who take part",
    "contacts": "People they are tied to",
    "others": "Everyone else",
    "all": "All residents",
}
FIFTHS = ("1, most deprived", "2", "3", "4", "5, least deprived")
FEWEST = 100
"""Residents below which a subgroup is too small to speak of."""


def section(run: Run) -> Section | None:
    """Who gains of those compared; None where there is nothing to compare, or no table."""
    if run.answer is None or not run.others:
        return None
    blocks: list[Block] = [people(run)]
    blocks += fifths(run)
    blocks += tiles.maps(run)
    blocks += fairness.blocks(run)
    never = missed.lines(run.answer["never"], run.names)
    if never:
        rows = [[label.strip(), *cells] for label, cells in never]
        blocks.append(
            Group(
                "Who was never reached",
                [
                    Table(
                        "Share never reached, of the people that services are for",
                        ["Group", *(run.label[n] for n in run.names)],
                        rows,
                        "Shares of the sums over futures. A dash: no service is for them.",
                    )
                ],
            )
        )
    else:
        blocks.append(
            Say("Who was never reached is not known: the run has no table of it, or no programme is for anybody in particular.")
        )
    return Section("gain", "Who gains", blocks)


def people(run: Run) -> Table:
    """Change in emergency admissions of those who take part, of those tied to them, and of everyone else."""
    rows = [[label, *(said.cell(run.row(name, people=key)) for name in run.names)] for key, label in PEOPLE.items()]
    return Table(
        "Change in emergency admissions a year, by what people have to do with the programmes",
        ["Residents", *(run.label[n] for n in run.names)],
        rows,
        "The parts add up to the whole in each future, "
        "but ranges do not add up. The same person may be counted as taking part in one option and not in another.",
    )


def fifths(run: Run) -> list[Block]:
    """Change per 1,000 residents by fifth of deprivation, as bars and as a table; a sentence where it cannot be said."""
    cubes = run.cubes
    if cubes is None:
        return [Say("Results by deprivation cannot be read from this folder.", "warning")]
    shown = list(said.modelled(run))
    if not shown or HEADLINE not in cubes.outcomes:
        return []
    return [_fifths(run, shown[i : i + MOST_PANELS], i // MOST_PANELS) for i in range(0, len(shown), MOST_PANELS)]


def per_thousand(run: Run, name: str) -> list[tuple[comparison.Spread, float]]:
    """By fifth: spread over futures of the change in emergency admissions per 1,000 residents a year, and residents."""
    cubes = run.cubes
    cube = cubes.yearly.only("quintile").whole()
    k, a, b = cubes.outcomes.index(HEADLINE), cubes.number(run.reference.name), cubes.number(name)
    found = []
    for i in range(len(cube.groups)):
        heads = cube.present[a, :, 0, i, k] / 12
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.where(heads > 0, 1000 * (cube.value[b, :, 0, i, k] - cube.value[a, :, 0, i, k]) / heads, 0.0)
        found.append((comparison.spread(change, cubes.draws), float(heads.mean()) / (cube.months[0] / 12)))
    return found


def _told(s: comparison.Spread, heads: float) -> str:
    if heads < 1:
        return "nobody lives there"
    low, high = said.ends(s)
    small = f"; only {heads:,.0f} residents" if heads < FEWEST else ""
    if not math.isfinite(low):
        return f"{words.show(s.value, 0.01)} ({said.NO_RANGE}{small})"
    step = words.step_of((high - low) / 2, 0.001)
    return f"{words.show(low, step)} to {words.show(high, step)} (middle {words.show(s.value, step)}{small})"


def _fifths(run: Run, names: Sequence[str], number: int) -> Picture:
    held = {name: per_thousand(run, name) for name in names}
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        drawn = drawing.panels(figure, len(names), left=3.0)
        for i, (ax, (name, rows)) in enumerate(zip(drawn, held.items(), strict=True)):
            _bars(ax, rows)
            ax.set_title(textwrap.fill(run.label[name], 20 if len(names) > 2 else 36), pad=12)
            ax.set_yticks(range(5), FIFTHS if not i else [""] * 5)
            ax.tick_params(axis="y", length=0)
        ends = [x for rows in held.values() for s, _ in rows for x in (*said.ends(s), s.value, 0.0) if math.isfinite(x)]
        for ax in drawn:
            drawing.pages.room(ax, ends)
            drawing.ticks(ax, "x", 3)
            ax.set_xlabel("per 1,000 a year")
        figure.text(0.4 / drawing.WIDTH, 1 - (drawing.HEAD + 0.35) / 7.5, "Fifth of areas", va="center", fontweight="bold")
    told = Told(
        _title(run, held),
        f"Change in emergency admissions per 1,000 residents a year by fifth of deprivation, {run.area}, {run.period}; "
        "bar: mean; line: 90% range.",
        SOURCE,
        ". ".join(
            f"{run.label[n]}: " + "; ".join(f"fifth {FIFTHS[i]}: {_told(*row)}" for i, row in enumerate(rows))
            for n, rows in held.items()
        ),
    )
    table = Table(
        "Change in emergency admissions per 1,000 residents a year: 90% range, then the middle",
        ["Fifth of areas", "Residents", *(run.label[n] for n in names)],
        [[FIFTHS[i], f"{held[names[0]][i][1]:,.0f}", *(_told(*rows[i]) for rows in held.values())] for i in range(5)],
    )
    return drawing.picture(f"fifths-{number + 1}" if number else "fifths", figure, told, table=table)


def _bars(ax: Any, rows: Sequence[tuple[comparison.Spread, float]]) -> None:
    for y, (s, _) in enumerate(rows):
        ax.barh(y, s.value, 0.6, color=drawing.NAVY)
        low, high = said.ends(s)
        if math.isfinite(low):
            ax.plot([low, high], [y, y], color=drawing.ORANGE, linewidth=5, solid_capstyle="butt")
    ax.axvline(0, color=drawing.INK, linewidth=1.5)
    ax.set_ylim(4.6, -0.6)


def _title(run: Run, held: dict[str, list[tuple[comparison.Spread, float]]]) -> str:
    """Which fifth has the largest change, where a range leaves out 0; else that none is clear."""
    sure = [
        (abs(s.value), name, i, s.value)
        for name, rows in held.items()
        for i, (s, heads) in enumerate(rows)
        if heads >= FEWEST and math.isfinite(said.ends(s)[0]) and not said.ends(s)[0] <= 0 <= said.ends(s)[1]
    ]
    if not sure:
        return "No fifth of areas clearly gains or loses in emergency admissions"
    _, name, i, value = max(sure)
    where = (
        "the most deprived fifth",
        "the second most deprived fifth",
        "the middle fifth",
        "the second least deprived fifth",
        "the least deprived fifth",
    )[i]
    return f"{run.label[name]}: {where} has the largest {'fall' if value < 0 else 'rise'} in admissions per head"
