"""What changes: emergency admissions first, against what happens anyway; then every measure that evidence reaches."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from scipy.special import stdtrit

from nbhdsim.report import text, words
from nbhdsim.report.html import drawing, said
from nbhdsim.report.html.blocks import Block, Group, Picture, Say, Section, Table
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

HEADLINE = "emergency_admissions"
BANDS = ((0.95, drawing.PALE), (0.8, drawing.GREY), (0.5, "#6BACE6"))
"""Shares of futures that a fan's bands hold, and their colours."""
MOST_PANELS = 4
SOURCE = "Source: nbhdsim simulation. Residents are invented; areas use published totals."


def section(run: Run) -> Section | None:
    """What each scenario changes; levels where there is nothing to compare with; None where the tables cannot be read."""
    if run.answer is None:
        return None
    if not run.others:
        return Section(
            "change",
            "What changes",
            [
                Say(
                    "This run has one scenario, so nothing can be said of what it changes. Compare it "
                    "with a scenario that does nothing: nbhdsim compare.",
                    "warning",
                ),
                levels(run),
            ],
        )
    blocks: list[Block] = []
    if run.reference.lines:
        blocks.append(
            Say(
                f"The others are compared with '{run.label[run.reference.name]}', which funds programmes itself. A change "
                "against doing nothing cannot be said.",
                "warning",
            )
        )
    blocks += [Say(said.admissions(run, name)) for name in run.names]
    if said.modelled(run):
        blocks.append(intervals(run))
        blocks += fans(run)
    blocks.append(Group("Every measure", [measures(run), *_not_modelled(run)]))
    return Section("change", "What changes", blocks)


def _where(run: Run) -> str:
    return f"{run.area}, {run.period}"


def measures(run: Run) -> Table:
    """Every measure that a scenario reaches: its 90% range, then its middle."""
    rows = []
    for outcome, m in words.MEASURES.items():
        held = [run.row(name, outcome) for name in run.names]
        if any(row is not None and words.modelled(row) for row in held):
            rows.append([f"{m.label}, {m.unit}", *(said.cell(row) for row in held)])
            own = [run.row(name, outcome, people="participants") for name in run.names]
            if outcome in ("life_satisfaction", "lonely") and any(row is not None for row in own):
                rows.append([f"{m.label}, {m.unit}: those who take part", *(said.cell(row) for row in own)])
    which = words.mean_of(*run.futures)
    return Table(
        f"Change against '{run.label[run.reference.name]}': 90% range, then the middle",
        ["Measure", *(run.label[n] for n in run.names)],
        rows,
        f"Whole period, {which}. A 90% range is for one more simulated future with the same people and luck in both.",
    )


def _not_modelled(run: Run) -> list[Block]:
    found = text.not_modelled(run.answer["comparison"]) if run.answer else ""
    return [Say(found)] if found else []


def levels(run: Run) -> Table:
    """What one scenario comes to."""
    frame: Any = run.answer["levels"]
    whole = {row["outcome"]: row for row in frame[(frame["people"] == "all") & (frame["year"] == 0)].to_dict("records")}
    rows = [
        [f"{m.label}, {m.unit}", said.cell(whole[outcome]).replace("+", "")]
        for outcome, m in words.MEASURES.items()
        if outcome in whole
    ]
    return Table("Levels: 90% range, then the middle", ["Measure", run.label[run.reference.name]], rows)


def intervals(run: Run) -> Picture:
    """Change in emergency admissions of each scenario, with the range of chance alone and of all."""
    rows = {name: row for name in run.names if (row := run.row(name)) is not None}
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet(high=max(7.5, 3.6 + 1.1 * len(rows)))
        ax = drawing.axes(figure, left=3.6, top=0.55, bottom=0.85)
        drawing.names(ax, [run.label[name] for name in rows], wide=21)
        ax.axvline(0, color=drawing.INK, linewidth=1.5)
        for y, row in enumerate(rows.values()):
            _bar(ax, y, row)
        ends = [row[end] for row in rows.values() for end in ("chance_low", "chance_high", "all_low", "all_high", "value")]
        drawing.pages.room(ax, [0.0, *ends], share=0.08)
        drawing.ticks(ax)
        ax.set_xlabel("change in emergency admissions a year")
        _key(figure, list(rows.values()))
    told = Told(
        _title(run, list(rows.values())),
        f"Change in emergency admissions a year against '{run.label[run.reference.name]}', {_where(run)}.",
        f"{SOURCE} {_bars_are(list(rows.values()))}",
        " ".join(said.admissions(run, name) for name in rows),
    )
    table = Table(
        "Change in emergency admissions a year",
        ["Scenario", "90% range: all", "90% range: chance alone", "Middle"],
        [
            [
                run.label[name],
                *(words.interval(row, kind) if words.modelled(row) else "not modelled" for kind in ("all", "chance")),
                words.central(row) if words.modelled(row) else "not modelled",
            ]
            for name, row in rows.items()
        ],
    )
    return drawing.picture("changes", figure, told, table=table)


def _bar(ax: Any, y: int, row: Any) -> None:
    for kind, dy, colour, width in (("chance", -0.12, drawing.NAVY, 14), ("all", 0.12, drawing.ORANGE, 7)):
        low, high = row[f"{kind}_low"], row[f"{kind}_high"]
        if math.isfinite(low):
            ax.plot([low, high], [y + dy] * 2, color=colour, linewidth=width, solid_capstyle="butt")
    if words.modelled(row):
        ax.plot(
            [row["value"]], [y], "o", color=drawing.WHITE, markeredgecolor=drawing.INK, markeredgewidth=2.5, markersize=13, zorder=5
        )
    else:
        ax.text(0, y, " not modelled", va="center")


def _bars_are(rows: Sequence[Any]) -> str:
    if any(map(words.alone, rows)):
        return "Dot: one simulated future, so there are no ranges."
    r, d = rows[0]["replicates"], rows[0]["draws"]
    return (
        f"Dot: mean of the futures with {'sampled' if d else 'central'} numbers. Bars: 90% range for one more simulated future; "
        f"{words.many(r, 'future')} with central numbers, {d} with sampled ones."
    )


def _key(figure: mpl.figure.Figure, rows: Sequence[Any]) -> None:
    x = 3.6
    for kind, colour, width, what in (
        ("chance", drawing.NAVY, 14, "chance alone"),
        ("all", drawing.ORANGE, 7, "chance and uncertain evidence"),
    ):
        if any(math.isfinite(row[f"{kind}_low"]) for row in rows):
            y = 1 - (drawing.HEAD + 0.25) / figure.get_figheight()
            figure.add_artist(
                mpl.lines.Line2D(
                    [x / drawing.WIDTH, (x + 0.4) / drawing.WIDTH], [y, y], color=colour, linewidth=width, solid_capstyle="butt"
                )
            )
            figure.text((x + 0.5) / drawing.WIDTH, y, what, va="center")
            x += 2.6


def _title(run: Run, rows: Sequence[Any]) -> str:
    if any(map(words.alone, rows)):
        return "One simulated future cannot say how sure a change is"
    if all(math.isnan(words.width_of(row)) for row in rows if words.modelled(row)):
        return "Too few futures to say how sure any change in admissions is"
    sure = [row for row in rows if said.clear(row)]
    if not sure:
        return (
            "The evidence does not show that any option changes emergency admissions"
            if len(rows) > 1
            else (f"The evidence does not show which way {run.label[rows[0]['scenario']]} moves emergency admissions")
        )
    best = max(sure, key=lambda row: abs(row["value"]))
    return f"{run.label[best['scenario']]}: {words.direction(best)}"


def fans(run: Run) -> list[Block]:
    """The path with nothing done and the paths of the scenarios, then the differences year by year; nothing for one year."""
    years = run.reference.months // 12
    level = _years(run.answer["levels"], run.reference.name, years) if run.answer else []
    if len(level) < 2:
        return []
    pictures: list[Block] = [paths(run, level)]
    shown = [name for name, row in said.modelled(run).items() if not words.nothing(row)]
    for i in range(0, len(shown), MOST_PANELS):
        pictures.append(differences(run, shown[i : i + MOST_PANELS], number=i // MOST_PANELS))
    return pictures


def _years(frame: pd.DataFrame, name: str, years: int) -> list[Any]:
    rows = frame[
        (frame["scenario"] == name)
        & (frame["outcome"] == HEADLINE)
        & (frame["people"] == "all")
        & (frame["year"] > 0)
        & (frame["year"] <= years)
    ]
    return rows.sort_values("year").to_dict("records")


def half(row: Any, share: float) -> float:
    """Half-width of the band that holds a share of futures, by the t law; NaN where there is no 90% range."""
    n, sd, known = (
        (row["draws"], row["sd_all"], row["all_low"]) if row["draws"] else (row["replicates"], row["sd_chance"], row["chance_low"])
    )
    return float(stdtrit(n - 1, 0.5 + share / 2) * sd * math.sqrt(1 + 1 / n)) if math.isfinite(known) and n > 1 else math.nan


def _fan(ax: Any, rows: Sequence[Any]) -> None:
    x = [row["year"] for row in rows]
    for share, colour in BANDS:
        widths = [half(row, share) for row in rows]
        if all(map(math.isfinite, widths)):
            low, high = ([row["value"] + sign * w for row, w in zip(rows, widths, strict=True)] for sign in (-1, 1))
            ax.fill_between(x, low, high, color=colour, linewidth=0)
    ax.set_xticks(x, [str(year) for year in x])
    ax.set_xlabel("year")


def _paths_drawn(held: Mapping[str, Sequence[Any]], level: Sequence[Any]) -> Any:
    """The figure of `paths`."""
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        ax = drawing.axes(figure, left=1.6, right=4.3, top=0.25, bottom=0.8)
        _fan(ax, level)
        for i, (label, rows) in enumerate(list(held.items())[:5]):
            ax.plot([row["year"] for row in rows], [row["value"] for row in rows], **drawing.look(i))
            drawing.entry(figure, i, label)
        ax.set_xlim(level[0]["year"] - 0.1, level[-1]["year"] + 0.1)
        drawing.ticks(ax, "y")
    return figure


def paths(run: Run, level: Sequence[Any]) -> Picture:
    """Emergency admissions by year with nothing done as a fan, and the mean of each scenario as a line."""
    lines = {name: _years(run.answer["levels"], name, len(level)) for name in run.names}
    held = {run.label[run.reference.name]: level} | {run.label[n]: rows for n, rows in lines.items() if len(rows) == len(level)}
    figure = _paths_drawn(held, level)
    inner = half(level[-1], 0.5)                                        # NaN where futures are too few: then nothing is close
    known = [row for name in lines if (row := run.row(name)) is not None and words.modelled(row)]
    small = math.isfinite(inner) and all(abs(row["value"]) < inner for row in known)
    title = (
        "Every option stays close to what happens anyway"
        if small and len(lines) > 1
        else f"{run.label[run.names[0]]} stays close to what happens anyway"
        if small
        else "Emergency admissions with and without the options"
    )
    told = Told(
        title,
        f"Emergency admissions a year, {_where(run)}; lines: means; {_bands(level)}.",
        SOURCE,
        "; ".join(
            f"{label}: {words.show(rows[0]['value'], 100, sign=False)} in year {rows[0]['year']}, "
            f"{words.show(rows[-1]['value'], 100, sign=False)} in year {rows[-1]['year']}"
            for label, rows in held.items()
        ),
    )
    table = Table(
        "Emergency admissions by year, mean",
        ["Scenario", *(f"Year {row['year']}" for row in level)],
        [[label, *(f"{row['value']:,.0f}" for row in rows)] for label, rows in held.items()]
        + [
            [
                f"{run.label[run.reference.name]}, {share:.0%} band, half-width",
                *(f"{half(row, share):,.0f}" if math.isfinite(half(row, share)) else said.NO_RANGE for row in level),
            ]
            for share, _ in BANDS
        ],
    )
    return drawing.picture("paths", figure, told, table=table)


def _bands(rows: Sequence[Any]) -> str:
    if not math.isfinite(half(rows[0], 0.5)):
        return "too few futures for bands"
    return "bands hold 50, 80 and 95% of simulated futures"


def _yearly_title(run: Run, held: Mapping[str, Sequence[Any]]) -> str:
    """Which options have a clear change in the last year; else that in no year any has, or that some has in some year."""
    sure = [run.label[name] for name, rows in held.items() if rows and said.clear(rows[-1])]
    if sure:
        return f"In the last year the direction of the change is clear: {said.listed(sure)}"
    if any(said.clear(row) for rows in held.values() for row in rows):
        return "The direction of the change is clear in some years, not in the last"
    if all(math.isnan(words.width_of(row)) for rows in held.values() for row in rows):
        return "The change in emergency admissions, year by year"
    return "In no year is the direction of the change in admissions clear"


def differences(run: Run, names: Sequence[str], *, number: int) -> Picture:
    """The change of each year as a fan around its mean, a panel for each scenario, on one scale."""
    years = run.reference.months // 12
    held = {name: _years(run.answer["comparison"], name, years) for name in names} if run.answer else {}
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        drawn = drawing.panels(figure, len(held), left=1.6)
        for i, (ax, (name, rows)) in enumerate(zip(drawn, held.items(), strict=True)):
            _fan(ax, rows)
            ax.axhline(0, color=drawing.INK, linewidth=1.2)
            ax.plot(
                [row["year"] for row in rows],
                [row["value"] for row in rows],
                color=drawing.NAVY,
                linewidth=3,
                marker="o",
                markersize=8,
            )
            ax.set_title(textwrap.fill(run.label[name], 22 if len(held) > 2 else 40), pad=12)
            if i:
                ax.sharey(drawn[0])
                ax.tick_params(axis="y", labelleft=False)
        drawing.ticks(drawn[0], "y")
        for ax in drawn[1:]:
            ax.grid(axis="y", color=drawing.PALE, linewidth=1)
    last = {name: rows[-1] for name, rows in held.items() if rows}
    title = _yearly_title(run, held)
    told = Told(
        title,
        f"Change in emergency admissions a year against '{run.label[run.reference.name]}', {_where(run)}; line: mean; "
        f"{_bands(next(iter(held.values())))}.",
        SOURCE,
        "; ".join(f"{run.label[n]}: {said.cell(row)} in year {row['year']}" for n, row in last.items()),
    )
    table = Table(
        "Change in emergency admissions by year: 90% range, then the middle",
        ["Scenario", *(f"Year {y}" for y in range(1, years + 1))],
        [[run.label[name], *(said.cell(row) for row in rows)] for name, rows in held.items()],
    )
    return drawing.picture(f"years-{number + 1}" if number else "years", figure, told, table=table)
