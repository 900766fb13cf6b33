"""Pictures of chosen points: answers along a swept number, and the box of numbers in which something is so."""
import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nbhdsim.experiment import boxes
from nbhdsim.experiment.boxes import Found
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.report import labels, pages, words
from nbhdsim.report.answer_figures import About
from nbhdsim.report.figures import WIDTH
from nbhdsim.report.index_figures import what
from nbhdsim.report.pages import INK, NAVY, ORANGE, Page, Told

PANELS = 6
"""Panels side by side at most."""
LIGHT = "#6BACE6"
Values = NDArray[np.float64]


class Panel(NamedTuple):
    """One panel of lines: heading, factor along x, its values, the medians there, and lines [lines, values]."""

    heading: str
    factor: Factor
    x: list[float]
    median: Values
    lines: Values


def panels(made: Design, y: Values) -> list[Panel]:
    """Lines of the answer y [points, replicates] along swept numbers: a panel for each number that is moved by itself, or along the
    one with most values for each value of the next."""
    if np.isnan(made.u).any():
        moved = [np.flatnonzero(~np.isnan(made.u[:, i])) for i in range(len(made.columns))]
        return [_panel("", made.columns[i], made.u[rows, i], y=y[rows]) for i, rows in enumerate(moved)]
    order = sorted(range(len(made.columns)), key=lambda i: (not made.columns[i].ordered, -len(np.unique(made.u[:, i]))))
    along = made.columns[order[0]]
    if len(order) == 1 or len(np.unique(made.u[:, order[0]])) == len(made.u):           # one number, or a list
        return [_panel("", along, made.u[:, order[0]], y=y)]
    by, out = made.columns[order[1]], []
    for u in np.unique(made.u[:, order[1]]):
        rows = np.flatnonzero(made.u[:, order[1]] == u)
        heading = f"{labels.short(by.address)} {labels.worth(by, by.number(float(u)))}"
        out.append(_panel(heading, along, made.u[rows, order[0]], y=y[rows]))
    return out


def _panel(heading: str, factor: Factor, u: Values, *, y: Values) -> Panel:
    """Lines of each replicate (and of each combination of further numbers) over the values of a factor."""
    places = np.unique(u)
    rows = [np.flatnonzero(u == place) for place in places]
    each = min(len(r) for r in rows)
    lines = np.stack([y[r[:each]].ravel() for r in rows], 1)
    x = [factor.number(float(place)) for place in places]
    order = np.argsort(x, kind="stable")
    medians = np.array([np.median(some) if (some := line[np.isfinite(line)]).size else np.nan for line in lines.T])
    return Panel(heading, factor, [x[i] for i in order], medians[order], lines[:, order])


def swept(about: About, made: Design, y: Values) -> Page:
    """Answers along what is swept: thin lines for replicates, a thick one for their median."""
    every = panels(made, y * about.question.factor)
    some = every[:PANELS]
    told = Told(_moved(about, some), f"{about.place}.{_elsewhere(some) if len(some) > 1 else ''}",
                f"Thin lines: one replicate each ({words.many(some[0].lines.shape[0], 'line')} a panel). Thick line: their median."
                + (f" {len(every) - len(some)} more panels are left out: see csv/points.csv." if len(every) > len(some) else ""),
                "Lines of replicates with medians. " + "; ".join(_medians(p) for p in every) + f". {words.INVENTED}")
    figure = pages.begun(told)
    ends = [float(x) for p in some for x in p.lines[np.isfinite(p.lines)]] + [0.0] * bool(about.question.against)
    wide = (WIDTH - 1.5 - 0.5 - 0.35 * (len(some) - 1)) / len(some)
    for i, panel in enumerate(some):
        left = 1.5 + i * (wide + 0.35)
        ax = pages.axes(figure, left=left, right=WIDTH - left - wide, top=2.25 if panel.heading else 1.8, bottom=2.0)
        _lines(ax, panel, ends=ends, wide=wide)
        if about.question.against:
            ax.axhline(0, color=INK, linewidth=1.2)
        if i:
            ax.tick_params(axis="y", labelleft=False)
        else:
            ax.set_ylabel(about.question.axis().replace(" (", "\n("), fontsize=13.5)
    return Page(f"sweep-{about.name}", figure, told)


def _most(some: Sequence[Panel]) -> Panel:
    """The panel in which the answer moves most from end to end."""
    return max(some, key=lambda p: abs(float(np.nan_to_num(p.median[-1] - p.median[0]))))


def _moved(about: About, some: Sequence[Panel]) -> str:
    """What the answer does from one end of the swept number to the other, in the panel where it does most."""
    most = _most(some)
    x = [labels.worth(most.factor, value) for value in (most.x[0], most.x[-1])]
    goes, told = labels.between(float(most.median[0]), float(most.median[-1])), what(about.question)
    told = f"{told[0].upper()}{told[1:]}"
    low, _, high = goes.partition(" to ")
    if low == high:
        return f"{told} stays at {low} {about.question.unit}, whatever is varied"
    return f"{told} goes from {goes} {about.question.unit} as '{labels.short(most.factor.address)}' goes from {x[0]} to {x[1]}"


def _elsewhere(some: Sequence[Panel]) -> str:
    """Of which panel the title is, and where the lines of the others end."""
    most = _most(some)
    if not most.heading:
        return ""
    ends = [float(p.median[-1]) for p in some if p is not most]
    return f" The title is of {most.heading}; elsewhere the line ends at {labels.between(min(ends), max(ends))}."


def _medians(panel: Panel) -> str:
    said = ", ".join(f"{labels.digits(float(m))} at {labels.worth(panel.factor, x)}"
                     for x, m in zip(panel.x, panel.median, strict=True))
    return f"{panel.heading + ': ' if panel.heading else ''}{labels.short(panel.factor.address)} ({panel.factor.address}): {said}"


def _lines(ax: Axes, panel: Panel, *, ends: Sequence[float], wide: float) -> None:
    places = panel.x if panel.factor.ordered else [float(i) for i in range(len(panel.x))]
    for line in panel.lines:
        ax.plot(places, line, color=LIGHT, linewidth=1, marker="o", markersize=3)
    ax.plot(places, panel.median, color=NAVY, linewidth=3, marker="o", markersize=8)
    pages.room(ax, ends, "y")
    pages.room(ax, places, share=0.06 if panel.factor.ordered else 0.25)
    pages.ticks(ax, "y")
    shown = places if len(places) <= wide / 0.7 else [places[0], places[-1]]
    ax.set_xticks(shown, [labels.worth(panel.factor, panel.x[places.index(x)]) for x in shown], fontsize=12.5)
    name, unit = labels.short(panel.factor.address), labels.unit(panel.factor)
    ax.set_xlabel("\n".join(textwrap.wrap(f"{name} ({unit})" if unit else name, max(round(wide * 9), 14))), fontsize=13)
    ax.set_title("\n".join(textwrap.wrap(panel.heading, max(round(wide * 8), 14))), fontsize=13, fontweight="bold")
    ax.grid(axis="y", color=pages.PALE, linewidth=0.8)
    ax.spines["left"].set_visible(True)


def box(about: About, found: Found, made: Design) -> Page | None:
    """Runs by the two numbers that limit the box most, cases and others, and the box; None where there is no box."""
    if found.box is None:
        return None
    limits = found.limits.assign(width=found.limits["u_high"] - found.limits["u_low"]).sort_values("width", kind="stable")
    names = [f.address for f in made.columns]
    which = [names.index(a) for a in limits["address"]]
    which = [*which, *(i for i in range(len(names)) if i not in which)][:2]
    said = _named(found)
    told = Told(f"In the box {found.box.density:.0%} of runs are such cases, of all runs {found.case.mean():.0%}; it holds "
                f"{found.box.coverage:.0%} of the cases", f"{said}.",
                "Density and coverage are of the half of the runs that did not shape the box; all runs are drawn."
                + (f" {words.many(len(limits) - 2, 'more number')} limit it: see the sentence." if len(limits) > 2 else ""),
                f"Scatter with a box. {said}. {words.INVENTED}")
    figure = pages.begun(told)
    ax = pages.axes(figure, left=1.9, right=3.4, top=2.35, bottom=1.9)
    factors = [made.columns[i] for i in which]
    points = [np.array([f.number(float(u)) for u in found.u[:, i]]) for f, i in zip(factors, which, strict=True)]
    if len(points) == 1:
        points.append((np.arange(len(points[0])) * 0.6180339887) % 1)
    ax.plot(points[0][~found.case], points[1][~found.case], "o", color="white", markeredgecolor="#808080", markersize=6)
    ax.plot(points[0][found.case], points[1][found.case], "^", color=ORANGE, markeredgecolor=INK, markeredgewidth=0.5, markersize=8)
    for which_, some in zip("xy", points, strict=True):
        pages.room(ax, list(some), which_, share=0.04)
        pages.ticks(ax, which_)
    _rectangle(ax, limits, factors)
    _axes_of(ax, factors)
    for y, mark, colour, text in ((0.9, "^", ORANGE, "a case"), (0.78, "o", "white", "not a case")):
        ax.plot(1.05, y, mark, color=colour, markeredgecolor=INK, markersize=9, transform=ax.transAxes, clip_on=False)
        count = (found.case if mark == "^" else ~found.case).sum()
        ax.text(1.08, y, f"{text} ({count:,} runs)", transform=ax.transAxes, va="center", fontsize=13)
    return Page(f"box-{about.name}", figure, told)


def _named(found: Found) -> str:
    """The sentence of a box with the numbers called as at the axes."""
    said = found.sentence
    for address in sorted(found.limits["address"], key=len, reverse=True):
        said = said.replace(boxes.words(address), f"'{labels.short(address)}'")
    return said


def _rectangle(ax: Axes, limits: pd.DataFrame, factors: Sequence[Factor]) -> None:
    """The box within the axes; a side that is open goes to their end."""
    ends = []
    of = {row["address"]: row for row in limits.to_dict("records")}
    for factor, (low, high) in zip([*factors, None][:2], (ax.get_xlim(), ax.get_ylim()), strict=True):
        row = of.get(factor.address, {}) if factor is not None else {}
        a, b = (float(row.get(end, math.nan)) for end in ("low", "high"))
        inset = 0.006 * (high - low)
        ends.append((a if a == a else low + inset, b if b == b else high - inset))
    (left, right), (bottom, top) = ends
    ax.add_patch(Rectangle((left, bottom), right - left, top - bottom, facecolor="none", edgecolor=NAVY, linewidth=3, zorder=5))


def _axes_of(ax: Axes, factors: Sequence[Factor]) -> None:
    for factor, axis, wide in zip(factors, (ax.xaxis, ax.yaxis), (60, 30), strict=False):
        unit = labels.unit(factor)
        axis.set_label_text(textwrap.fill(labels.short(factor.address) + (f" ({unit})" if unit else ""), wide), fontsize=13.5)
    if len(factors) == 1:
        ax.set_yticks([])
    ax.spines["left"].set_visible(True)


