"""Fairness: gaps between fifths, net health by fifth, and the equity impact plane."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

from nbhdsim import comparison
from nbhdsim.economics import constants
from nbhdsim.equity import of_run as gaps_of
from nbhdsim.equity import plane as equity
from nbhdsim.report import words
from nbhdsim.report.html import drawing, said
from nbhdsim.report.html.blocks import Block, Group, More, Picture, Say, Table
from nbhdsim.report.html.changes import SOURCE
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

MEASURED = ("emergency_admissions", "life_satisfaction", "lonely")
CORNERS = (("win-win", 0.97, 0.95), ("lose-win", 0.97, 0.05), ("win-lose", 0.03, 0.95), ("lose-lose", 0.03, 0.05))
"""Quadrants of the plane (health, gap) and where their names stand."""
INDICES = {"SII": "Slope index", "RII": "Relative index", "concentration": "Concentration index", "Erreygers": "Erreygers index"}
MOST = 4


def blocks(run: Run) -> list[Block]:
    """Gaps between fifths and who bears the cost; what keeps them from being told, where something does."""
    if run.cubes is None:
        return []
    return [Group("Fairness between fifths", [*gaps(run), *net(run)])]


def gaps(run: Run) -> list[Block]:
    """Absolute and relative gaps together, before and with each option (standards EQ-1, EQ-2)."""
    found = run.held.gaps
    if found is None:
        return []
    found = found[found["outcome"].isin(MEASURED) & (found["ages"] == gaps_of.STANDARDISED) & found["value"].notna()]
    if found.empty:
        return [Say("Gaps between fifths cannot be measured: a fifth has no residents or no events, or no outcome is modelled.")]
    rows = [
        [
            f"{run.label[row['scenario']]}: {words.MEASURES[row['outcome']].label}, {INDICES[row['index']].lower()}",
            _level(row["base"]),
            _level(row["with"]),
            _change(row),
            row["reads"],
        ]
        for row in found.to_dict("records")
        if row["scenario"] in run.label
    ]
    return [
        Say(
            "Fifths are of areas, from 1 (most deprived) to 5. An absolute gap can narrow while the relative one widens, "
            "so both are shown."
        ),
        More(
            "Gaps between fifths: slope, relative and concentration indices",
            [
                Table(
                    "Gaps between fifths, each with the ages of the whole area",
                    ["Option and outcome", "Before", "With", "Change: 90% range, middle", "Reads"],
                    rows,
                    "Slope index: least deprived end less most deprived end of a line through the fifths, below 0 where "
                    "the most deprived have more. "
                    "Relative index: their ratio.",
                )
            ],
        ),
    ]


def _level(x: float) -> str:
    return words.show(x, 10.0 ** (math.floor(math.log10(abs(x))) - 2), sign=False) if math.isfinite(x) and x else "0"


def _change(row: Any) -> str:
    low, high = (row["all_low"], row["all_high"]) if math.isfinite(row["all_low"]) else (row["chance_low"], row["chance_high"])
    if not math.isfinite(low):
        return f"{_level(row['value'])} ({said.NO_RANGE})"
    step = words.step_of((high - low) / 2) or 1e-9
    return f"{words.show(low, step)} to {words.show(high, step)} (middle {words.show(row['value'], step)})"


def net(run: Run) -> list[Block]:
    """Net health by fifth with the equity impact plane (standards EQ-5), and welfare by aversion as an extra (EQ-6)."""
    found = run.held.plane
    if found is None or found.points.empty:
        return [
            Say(
                "Net health by fifth is not told: no option's effect on life satisfaction is modelled, or the run cannot be valued."
            )
        ]
    k = float(constants.constant("qaly_thresholds").value[0])
    rows = []
    for name in run.names:
        for row in found.net[found.net["scenario"] == name].to_dict("records"):
            fifth = "all" if row["quintile"] == 0 else f"fifth {row['quintile']}"
            told = (
                ["not modelled"] * 3
                if row["why"]
                else [words.show(row["benefit"], 0), words.show(row["displaced"], 0), _change(row)]
            )
            rows.append([f"{run.label[name]}, {fifth}", *told])
    table = Table(
        "Net health by fifth, QALY-equivalents over the whole period",
        ["Option and fifth", "Gained", "Displaced", "Net: 90% range, middle"],
        rows,
        f"Gains are life satisfaction at 7 points a QALY, so all of it is indicative. Money would buy a QALY elsewhere "
        f"for {k:,.0f} pounds, "
        "shared equally over the fifths. Admissions are not in it.",
    )
    return [
        _plane(run, found),
        More("Net health by fifth", [table]),
        More("An extra whose value is disputed: welfare by aversion to inequality", [_welfare(run, found), *_flips(run, found)]),
    ]


def _plane_drawn(run: Run, some: Any, names: Sequence[str]) -> Any:
    """The figure of `_plane`."""
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        ax = drawing.axes(figure, left=1.9, right=3.9, top=0.6, bottom=0.8)
        for i, name in enumerate(names):
            mine = some[some["scenario"] == name]
            drawing.dots(ax, mine["gap"], mine["total"], i=i)
            drawing.mark(figure, i, run.label[name])
        for axis, limits in (("gap", ax.set_xlim), ("total", ax.set_ylim)):
            most = max(abs(float(some[axis].min())), abs(float(some[axis].max())), 1e-9) * 1.25
            limits(-most, most)
        drawing.ticks(ax, "x", 4)
        drawing.ticks(ax, "y", 4)
        ax.axvline(0, color=drawing.INK, linewidth=1.5)
        ax.axhline(0, color=drawing.INK, linewidth=1.5)
        for corner, x, y in CORNERS:
            place: dict[str, Any] = {"ha": "right" if x > 0.5 else "left", "va": "top" if y > 0.5 else "bottom"}
            ax.text(x, y, equity.QUADRANTS[corner].replace(", ", ",\n"), transform=ax.transAxes, linespacing=1.15, **place)
        ax.set_xlabel("gap reduction (net health of fifth 1 less that of fifth 5)")
        drawing.above(ax, "net health of all")
    return figure


def _plane(run: Run, found: Any) -> Picture:
    points = found.points
    names = [name for name in run.names if name in set(points["scenario"])][:MOST]
    some = points[comparison.shown(points["draw"].to_numpy())]
    figure = _plane_drawn(run, some, names)
    counts = {name: some[some["scenario"] == name]["quadrant"].value_counts() for name in names}
    usual = {name: str(held.index[0]) for name, held in counts.items()}
    alike = set(usual.values())
    meaning = equity.QUADRANTS.get(next(iter(alike)), "no clear side") if len(alike) == 1 else ""
    title = (
        f"After what the money would have bought elsewhere: {meaning} in most futures"
        if meaning
        else "Options differ in net health and in the gap between fifths"
    )
    told = Told(
        title,
        f"Net health (QALY-equivalents over {run.years}) and gap between fifths, {run.area}; each mark is one simulated future.",
        f"{SOURCE} Indicative: wellbeing alone, 7 points a QALY.",
        "; ".join(
            f"{run.label[n]}: " + ", ".join(f"{k} futures {equity.QUADRANTS.get(str(q), str(q))}" for q, k in held.items())
            for n, held in counts.items()
        ),
    )
    rows = [
        [
            run.label[n],
            *(f"{int(held.get(q, 0))}" for q in (*equity.QUADRANTS, "level")),
            words.show(float(some[some["scenario"] == n]["total"].mean()), 0),
            words.show(float(some[some["scenario"] == n]["gap"].mean()), 0),
        ]
        for n, held in counts.items()
    ]
    table = Table(
        "Futures by quadrant, and means",
        ["Option", *(w.capitalize() for w in equity.QUADRANTS.values()), "On a line", "Net health, mean", "Gap reduction, mean"],
        rows,
    )
    return drawing.picture("equity", figure, told, table=table)


def _welfare(run: Run, found: Any) -> Table:
    frame = found.welfare
    names = [name for name in run.names if name in set(frame["scenario"])]
    rows = [
        [
            f"Aversion {aversion:g}",
            *(
                _change(row)
                for n in names
                for row in frame[(frame["scenario"] == n) & (frame["aversion"] == aversion)].to_dict("records")
            ),
        ]
        for aversion in equity.aversions()
    ]
    return Table(
        "Change in equally distributed life satisfaction, points: 90% range, middle",
        ["Aversion to inequality", *(run.label[n] for n in names)],
        rows,
    )


def _flips(run: Run, found: Any) -> list[Block]:
    told = [
        f"{run.label.get(row['one'], row['one'])} and {run.label.get(row['other'], row['other'])} change places at an "
        f"aversion of {row['aversion']:.2g}."
        for row in found.flips.to_dict("records")
        if math.isfinite(row["aversion"])
    ]
    return [Say(" ".join(told) if told else "No two options change places at any aversion up to 30.")]
