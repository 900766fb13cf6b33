"""Which option to choose: cost-effectiveness plane, frontier, and in how many futures each is the best at each price."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np

from nbhdsim import comparison
from nbhdsim.comparison import FEW
from nbhdsim.report import words
from nbhdsim.report.html import drawing, said
from nbhdsim.report.html.blocks import Block, Group, Picture, Table
from nbhdsim.report.html.changes import SOURCE
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

ADMISSIONS = "admissions_avoided"
MOST = 4
"""Options that one figure shows: the most series that can be told apart."""


def blocks(run: Run) -> list[Block]:
    """Figures and the frontier of a choice between options; nothing where no option's admissions are modelled."""
    worth = run.worth
    plane = worth.plane[worth.plane["effect"] == ADMISSIONS]
    if plane.empty:
        return []
    drawn: list[Block] = [_plane(run, plane)]
    curves = worth.curves[worth.curves["effect"] == ADMISSIONS]
    if len(curves) and run.futures[1] + run.futures[0] > 1:
        drawn.append(_curves(run, curves))
    return [Group("Which option to choose", [frontier(run, worth), *drawn])]


def frontier(run: Run, worth: Any) -> Table:
    """Options in order of cost, those that another beats, and pounds for each more admission avoided along the frontier."""
    rows = []
    for row in worth.frontier[worth.frontier["effect"] == ADMISSIONS].to_dict("records"):
        known = math.isfinite(row["cost"]) if isinstance(row["cost"], float) else False
        icer = (
            said.bare(row["icer"])
            if known and isinstance(row["icer"], float) and math.isfinite(row["icer"])
            else f"none: {row['why'] or 'not known'}"
        )
        rows.append(
            [
                run.label.get(row["option"], row["option"]),
                f"{row['cost']:,.0f}" if known else "not modelled",
                words.show(row["gain"], 0, sign=False) if known else "not modelled",
                row["status"] or "not modelled",
                icer.partition(" (")[0],
                run.label.get(row["against"], row["against"]) if row["against"] else "-",
            ]
        )
    return Table(
        "Options in order of cost: is any beaten outright?",
        ["Option", "Cost, present value", "Admissions avoided", "Standing", "Pounds for each more admission avoided", "Against"],
        rows,
        "'Dominated': another costs no more and avoids no fewer. 'Extendedly dominated': a mix of two others does. Means "
        "over futures, without "
        "their ranges.",
    )


def _shown(plane: Any, name: str) -> Any:
    """The futures of an option that values are from."""
    return plane[(plane["scenario"] == name) & comparison.shown(plane["draw"].to_numpy())]


def _plane_drawn(run: Run, plane: Any, names: Sequence[str]) -> Any:
    """The figure of `_plane`."""
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        ax = drawing.axes(figure, left=1.7, right=4.2, top=0.6, bottom=0.8)
        for i, name in enumerate(names):
            mine = _shown(plane, name)
            drawing.dots(ax, mine["gain"], mine["cost"] / 1e6, i=i)
            drawing.mark(figure, i, run.label[name])
        drawing.pages.room(ax, [0.0, *plane["gain"]], "x", share=0.1)
        drawing.pages.room(ax, [0.0, *(plane["cost"] / 1e6)], "y", share=0.12)
        ax.axvline(0, color=drawing.INK, linewidth=1.2)
        ax.axhline(0, color=drawing.INK, linewidth=1.2)
        k, ends = float(plane["k"].iloc[0]), np.array(ax.get_xlim())
        ax.plot(ends, ends * k / 1e6, color=drawing.INK, linestyle=drawing.DASHES[1], linewidth=2, scaley=False, scalex=False)
        drawing.ticks(ax, "x")
        drawing.ticks(ax, "y")
        ax.set_xlabel("emergency admissions avoided")
        drawing.above(ax, "cost, million pounds")
        drawing.aside(figure, len(names), f"Dashed: {said.bare(k)} pounds an admission. Below and right of it, worth its cost.")
    return figure


def _plane(run: Run, plane: Any) -> Picture:
    names = [name for name in run.names if name in set(plane["scenario"])][:MOST]
    figure, k = _plane_drawn(run, plane, names), float(plane["k"].iloc[0])
    middles = [(name, float((mine := _shown(plane, name))["gain"].mean()), float(mine["cost"].mean()) / 1e6) for name in names]
    below = {name: float((g["cost"] <= g["gain"] * k).mean()) for name in names if len(g := _shown(plane, name))}
    worth_it = [run.label[name] for name, share in below.items() if share > 0.5]
    title = (
        f"At {said.bare(k)} pounds an admission, most futures of {said.listed(worth_it)} are worth their cost"
        if worth_it
        else "On admissions alone, no option is worth its cost in most futures"
    )
    told = Told(
        title,
        f"Cost against emergency admissions avoided over {run.years}, {run.area}; each mark is one simulated future, "
        f"present values.",
        f"{SOURCE} The dashed line is the marginal cost of an admission at central values.",
        "; ".join(
            f"{run.label[n]}: mean {gain:,.0f} admissions avoided for {said.pounds(cost * 1e6)}" for n, gain, cost in middles
        ),
    )
    table = Table(
        "Mean cost and admissions avoided, and where futures lie",
        ["Option", "Admissions avoided", "Cost, pounds", "Quadrants, by number of futures"],
        [[run.label[n], words.show(gain, 0, sign=False), f"{cost * 1e6:,.0f}", _where(plane, n)] for n, gain, cost in middles],
    )
    return drawing.picture("plane", figure, told, table=table)


def _where(plane: Any, name: str) -> str:
    return "; ".join(f"{n} {where}" for where, n in _shown(plane, name)["where"].value_counts().items())


def _curves_drawn(run: Run, curves: Any, shown: Sequence[str]) -> Any:
    """The figure of `_curves`."""
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        ax = drawing.axes(figure, left=1.7, right=4.2, top=0.6, bottom=0.8)
        for i, name in enumerate(shown):
            mine = curves[curves["option"] == name]
            ax.plot(mine["k"], 100 * mine["best"], markevery=max(len(mine) // 6, 1), **drawing.look(i))
            drawing.entry(figure, i, run.label[name])
        best = curves[curves["frontier"]]
        ax.plot(best["k"], 100 * best["best"], linestyle="none", marker="s", markersize=5, color=drawing.INK)
        ax.set_ylim(-3, 103)
        drawing.ticks(ax, "x")
        drawing.ticks(ax, "y")
        ax.set_xlabel("pounds that an admission avoided is taken to be worth")
        drawing.above(ax, "% of futures in which it is best")
        drawing.aside(figure, len(shown), "Small squares: the option of the highest expected value")
    return figure


def _curves(run: Run, curves: Any) -> Picture:
    options = set(curves["option"])
    shown = [run.reference.name, *(n for n in run.names if n in options)][: MOST + 1]
    n, figure = run.futures[1] or run.futures[0], _curves_drawn(run, curves, shown)
    last = curves[curves["k"] == curves["k"].max()].sort_values("expected").iloc[-1]
    first = curves[curves["k"] == curves["k"].min()].sort_values("expected").iloc[-1]
    label = run.label.get(last["option"], last["option"])
    title = (
        f"Which option is best depends on what an admission is worth: from '{run.label.get(first['option'])}' to '{label}'"
        if first["option"] != last["option"]
        else f"'{label}' has the highest mean net value for any worth of an admission up to {said.pounds(float(last['k']))}"
    )
    few = (
        f" With {n} futures each one moves a line by {100 / n:.0f} points: read no share from it." if sum(run.futures) < FEW else ""
    )
    told = Told(
        title,
        f"Share of {n} simulated futures in which each option has the highest net benefit, {run.area}, over {run.years}.",
        SOURCE + few,
        f"At {said.bare(float(last['k']))} pounds an admission the highest expected value is that of {label}.{few}",
    )
    at = sorted(curves["k"].unique())[:: max(len(curves["k"].unique()) // 5, 1)]
    wide = curves.pivot_table(index="option", columns="k", values="best")
    table = Table(
        "Share of futures in which each option is best, by pounds an admission is worth",
        ["Option", *(f"{k:,.0f}" for k in at)],
        [[run.label[name], *(f"{wide.loc[name, k]:.0%}" for k in at)] for name in shown],
        few.strip(),
    )
    return drawing.picture("acceptability", figure, told, table=table)
