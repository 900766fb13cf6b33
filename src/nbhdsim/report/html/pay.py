"""What you pay: money a year by payer, then by payer and year."""

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd

from nbhdsim import comparison
from nbhdsim.report import programmes, text
from nbhdsim.report.html import drawing, said
from nbhdsim.report.html.blocks import Block, Items, Picture, Say, Section, Table
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

HATCHES = ("", "//", "..", "xx")
NOT_PAID = ("saved", "voluntary", "unspent")
MOST_PANELS, MOST_PAYERS = 4, 4
PRICES = "Pounds are real, in 2024/25 prices, and not discounted. Each figure is the mean over the simulated futures."


def section(run: Run) -> Section | None:
    """What each scenario costs, by payer and year; None where the tables cannot be read."""
    if run.answer is None:
        return None
    money, names = run.answer["money"], run.names or [run.reference.name]
    paid = {name: spent(money, name) for name in names}
    if not any(paid.values()):
        return Section(
            "pay", "What you pay", [Say("No scenario of this run costs anything, so nothing is said of value for money.")]
        )
    heads = [run.label[name] for name in names]
    rows = [[label.strip(), *cells] for label, cells in text.costs(money, names)]
    blocks: list[Block] = [Say(_headline(run, paid)), Table("Pounds a year, by who pays", ["Payer", *heads], rows, PRICES)]
    whom = _whom(programmes.lines(run.answer["reached"], _scenarios(run)))
    if whom:
        blocks.append(Table("People reached, and pounds for each", ["Programme", *heads], whom, "Mean over the simulated futures."))
    years = run.reference.months // 12
    held = by_year(run.answer["found"]["costs"], years) if years else pd.DataFrame()
    shown = [name for name in names if paid[name]]
    if len(held):
        blocks += [
            picture(run, held, shown[i : i + MOST_PANELS], number=i // MOST_PANELS) for i in range(0, len(shown), MOST_PANELS)
        ]
    free = [run.label[name] for name in names if not paid[name]]
    if free:
        blocks.append(Items([f"{label} costs nothing, so no cost of an admission avoided is worked out for it." for label in free]))
    return Section("pay", "What you pay", blocks)


def _scenarios(run: Run) -> Sequence[object]:
    return run.others or run.scenarios


def _whom(lines: Sequence[tuple[str, Sequence[str]]]) -> list[list[str]]:
    """Rows of programmes; what stands below a programme names it, so that every row can be read by itself."""
    rows, owner = [], ""
    for label, cells in lines:
        if label.startswith("    "):
            label = f"{owner}: {label.strip()}"
        else:
            owner = label.strip().partition(" (")[0].replace("_", " ")
        rows.append([label.strip().replace("_", " "), *cells])
    return rows


def spent(money: Any, name: str) -> float:
    """Pounds a year that somebody pays for a scenario, 0 for one that pays nothing."""
    columns = [column for column in money.columns if column not in NOT_PAID]
    return float(money.loc[name, columns].sum()) if name in money.index else 0.0


def _headline(run: Run, paid: dict[str, float]) -> str:
    some = {name: value for name, value in paid.items() if value}
    unspent = run.answer["money"].get("unspent") if run.answer else None
    idle = [
        f"{run.label[name]} {said.bare(float(unspent[name]))}"
        for name in some
        if unspent is not None and unspent.get(name, 0.0) >= 1
    ]
    told = (
        f"{said.cap(said.listed([run.label[n] for n in some]))} cost{'s' if len(some) == 1 else ''} "
        f"{said.pound_range(list(some.values()))} a year."
    )
    return told + (f" Besides, some money finds nothing to buy: {', '.join(idle)} pounds a year." if idle else "")


def by_year(costs: pd.DataFrame, years: int) -> pd.DataFrame:
    """Pounds by scenario, year and column of `comparison.money`, mean over futures, in whole years."""
    futures = costs[comparison.PAIRS].drop_duplicates().shape[0]
    held = []
    for year in range(1, years + 1):
        rows = costs[costs["year"] == year]
        if len(rows):
            own = max(rows[comparison.PAIRS].drop_duplicates().shape[0], 1)
            held.append((comparison.money(rows, 12) * own / max(futures, 1)).assign(year=year).set_index("year", append=True))
    return pd.concat(held).fillna(0.0) if held else pd.DataFrame()


def picture(run: Run, held: pd.DataFrame, names: Sequence[str], *, number: int) -> Picture:
    """Stacked bars by payer for each year, a panel for each scenario, on one scale."""
    columns: list[Any] = [c for c in held.columns if c not in NOT_PAID and held[c].clip(lower=0).sum() > 0]
    columns = sorted(columns, key=lambda c: -held[c].sum())
    top, rest = columns[: MOST_PAYERS - (len(columns) > MOST_PAYERS)], columns[MOST_PAYERS - (len(columns) > MOST_PAYERS) :]
    series = {text.PAYERS.get(c, c): held[c] for c in top} | ({"Other payers": held[rest].sum(axis=1)} if rest else {})
    wide = pd.DataFrame(series).clip(lower=0) if series else pd.DataFrame(index=held.index)
    years = sorted(held.index.get_level_values("year").unique())
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        most = float(wide.to_numpy().sum(axis=1).max())
        unit, word = (1e6, "million pounds") if most >= 1e6 else (1e3, "thousand pounds")
        for i, (ax, name) in enumerate(zip(drawing.panels(figure, len(names), top=1.25), names, strict=True)):
            own = wide.loc[name].reindex(years).fillna(0.0)
            under = pd.Series(0.0, index=own.index)
            for j, column in enumerate(own):
                ax.bar(
                    range(len(years)),
                    own[column] / unit,
                    0.7,
                    bottom=under / unit,
                    color=drawing.SERIES[j],
                    hatch=HATCHES[j],
                    edgecolor=drawing.WHITE,
                    linewidth=1,
                )
                under = under + own[column]
            ax.set_xticks(range(len(years)), [str(y) for y in years])
            ax.set_xlabel("year")
            ax.set_title(textwrap.fill(run.label[name], 22 if len(names) > 2 else 40), pad=12)
            ax.set_ylim(0, max(most / unit * 1.15, 1e-9))
            drawing.ticks(ax, "y", 4)
            ax.tick_params(axis="x", length=0)
            if i:
                ax.tick_params(axis="y", labelleft=False)
        _key(figure, list(wide.columns))
    paid = {name: float(wide.loc[name].to_numpy().sum(axis=1).mean()) for name in names}
    told = Told(
        f"{'The options cost' if len(paid) > 1 else run.label[names[0]] + ' costs'} {said.pound_range(list(paid.values()))} a year",
        f"{word.capitalize()} by payer and year, {run.area}, {run.period}; mean over simulated futures.",
        SOURCE,
        "; ".join(f"{run.label[n]}: {said.pounds(v)} a year on average" for n, v in paid.items()),
    )
    rows = [
        [f"{run.label[name]}, {column}", *(f"{wide[column].get((name, y), 0.0):,.0f}" for y in years)]
        for name in names
        for column in wide.columns
        if wide[column].get(name, pd.Series(0.0)).sum()
    ]
    rows += [
        [
            f"{run.label[name]}, all payers",
            *(f"{float(wide.loc[(name, y)].sum()) if (name, y) in wide.index else 0.0:,.0f}" for y in years),
        ]
        for name in names
    ]
    return drawing.picture(
        f"budget-{number + 1}" if number else "budget",
        figure,
        told,
        table=Table("Pounds by payer and year", ["Scenario and payer", *(f"Year {y}" for y in years)], rows),
    )


SOURCE = "Source: nbhdsim simulation, 2024/25 prices, not discounted. Voluntary hours and unspent money are left out."


def _key(figure: mpl.figure.Figure, names: Sequence[str]) -> None:
    """What the parts of a bar are, in their order."""
    high, x = figure.get_figheight(), 1.3
    for j, name in enumerate(names):
        y = 1 - (drawing.HEAD + 0.22) / high
        figure.add_artist(
            mpl.patches.Rectangle(
                (x / drawing.WIDTH, y - 0.013),
                0.022,
                0.028,
                facecolor=drawing.SERIES[j],
                hatch=HATCHES[j],
                edgecolor=drawing.WHITE,
                transform=figure.transFigure,
            )
        )
        figure.text((x + 0.4) / drawing.WIDTH, y, name, va="center")
        x += 0.75 + 0.135 * len(name)
