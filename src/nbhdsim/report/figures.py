"""The two pictures of a comparison, drawn from its tables alone, as SVG and PNG.

Same tables, same bytes: no dates, fixed ids. Text is real text in the SVG, with a title and a description for screen
readers. Colours are the government analysis palette (navy, orange), which keeps apart for colour-blind readers; the two
intervals also differ in thickness and are labelled where they are drawn.
"""

import io
import math
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nbhdsim.report import words
from nbhdsim.tables import atomic

NAVY, ORANGE, GREY, INK = "#12436D", "#F46A25", "#BFBFBF", "#3D3D3D"
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "nbhdsim",
    "font.family": "DejaVu Sans",
    "font.size": 15,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "path.simplify": False,
}
WIDTH, HEIGHT, DPI = 1920 / 144, 1080 / 144, 144
LEFT, RIGHT = 0.265, 0.965
SOURCE = (
    f"Source: nbhdsim simulation. {words.INVENTED}\nBars: 90% range for one simulated future, same people and same "
    "luck as the comparison."
)


def _minus(text: str) -> str:
    """The text with a minus sign where a hyphen stands before a number."""
    return re.sub(r"(?<!\w)-(?=[\d.])", "\N{MINUS SIGN}", text)


def _number(step: float) -> FuncFormatter:
    return FuncFormatter(lambda x, _: _minus(words.show(x, step)) if x else "0")


def _said(row: Any) -> str:
    """Middle and widest 90% range of a row in words; a change too small to show is called that, not 0.000."""
    ends = [row["value"], *(row[f"{words.widest(row)}_{end}"] for end in ("low", "high"))]
    if all(x == 0 for x in ends):
        return "no change"
    middle, span = words.central(row), words.interval(row, words.widest(row))
    if set(middle + span) <= set("0. to"):
        measure = words.MEASURES[row["outcome"]]
        return f"within {words.show(measure.finest, measure.finest, sign=False)} either way"
    return _minus(f"{middle}  ({span})")


def _axis(ax: Axes, names: Sequence[str], *, label: str, labelled: bool = True) -> None:
    ax.axvline(0, color=INK, linewidth=1.2)
    ax.set_ylim(len(names) - 0.42, -0.72)
    ax.set_yticks(range(len(names)), [textwrap.fill(n, 24) for n in names] if labelled else [""] * len(names))
    ax.tick_params(axis="y", length=0, pad=10)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.set_xlabel(label)
    ax.grid(axis="x", color="#E4E4E4", linewidth=0.8)
    ax.set_axisbelow(True)


def _bars(ax: Axes, rows: Sequence[Any], factor: float) -> None:
    """For each row: thick navy bar = chance, thinner orange bar beneath = chance and parameters, a dot at the mean."""
    for y, row in enumerate(rows):
        for kind, dy, colour, width in (("chance", -0.13, NAVY, 9), ("all", 0.11, ORANGE, 5)):
            low, high = row[f"{kind}_low"] * factor, row[f"{kind}_high"] * factor
            if math.isfinite(low):
                ax.plot([low, high], [y + dy] * 2, color=colour, linewidth=width, solid_capstyle="butt")
        ax.plot(
            [row["value"] * factor],
            [y],
            "o",
            color="white",
            markeredgecolor=INK,
            markeredgewidth=2,
            markersize=10,
            zorder=5,
        )


def _room(ax: Axes, rows: Sequence[Any], factor: float) -> float:
    """x limits around 0 and all bars with a margin; returns the step its tick labels need."""
    ends = [row[f"{k}_{e}"] * factor for row in rows for k in ("chance", "all") for e in ("low", "high")]
    ends = [e for e in ends if math.isfinite(e)] + [row["value"] * factor for row in rows] + [0.0]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = -1.0, 1.0
    margin = 0.07 * (high - low)
    ax.set_xlim(low - margin, high + margin)
    ticks = ax.get_xticks()
    ax.xaxis.set_major_formatter(_number(10.0 ** math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9)))
    return high - low


def _values(ax: Axes, rows: Sequence[Any], factor: float, *, size: float = 13.5) -> None:
    """The range and middle of each row in words, above its bars, inside the axes, on white so that no line crosses them."""
    low, high = ax.get_xlim()
    for y, row in enumerate(rows):
        x = min(max(row["value"] * factor, low), high)
        place = (x - low) / (high - low)
        align = "left" if place < 0.3 else "right" if place > 0.7 else "center"
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(x, y - 0.3, _said(row), ha=align, va="bottom", fontsize=size, bbox=ground, zorder=4)


def _heading(figure: Figure, title: str, subtitle: str) -> None:
    figure.text(
        0.03, 0.965, textwrap.fill(title, 74), fontsize=21, fontweight="bold", va="top", color=NAVY, linespacing=1.25
    )
    figure.text(0.03, 0.862, textwrap.fill(subtitle, 118), fontsize=15, va="top", linespacing=1.3)
    figure.text(0.03, 0.025, SOURCE, fontsize=13, va="bottom", linespacing=1.4)


def _key(figure: Figure, y: float, n: tuple[int, int]) -> None:
    """What the two bars are, drawn once above the first panel in the order of the bars."""
    for x, colour, width, text in (
        (LEFT, NAVY, 9, f"chance alone ({n[0]} futures)"),
        (LEFT + 0.27, ORANGE, 5, f"chance and uncertain evidence ({n[1]} futures)"),
    ):
        figure.add_artist(mpl.lines.Line2D([x, x + 0.03], [y, y], color=colour, linewidth=width, solid_capstyle="butt"))
        figure.text(x + 0.037, y, text, va="center", fontsize=14)


def _rows(comparison: pd.DataFrame, outcome: str, people: str, *, names: Sequence[str]) -> list[Any]:
    whole = comparison[
        (comparison["year"] == 0) & (comparison["outcome"] == outcome) & (comparison["people"] == people)
    ]
    found = {row["scenario"]: row for row in whole.to_dict("records")}
    return [found[name] for name in names if name in found]


def _title(rows: Sequence[Any]) -> str:
    """The message of the admissions picture: the range of the largest change that is more than noise."""
    clear = [row for row in rows if not row["noise"]]
    if not clear:
        return "No scenario clearly changes emergency admissions"
    best = max(clear, key=lambda row: abs(row["value"]))
    said = f"{best['scenario']}: {words.direction(best)}"
    return said[0].upper() + said[1:]


def admissions(
    comparison: pd.DataFrame, ordinary: pd.DataFrame, *, reference: str, names: Sequence[str]
) -> tuple[Figure, str]:
    """Change in emergency admissions a year by scenario, and the same changes beside ordinary year-to-year change.

    Returns the figure and its description in words.
    """
    rows = _rows(comparison, "emergency_admissions", "all", names=names)
    area = ordinary[ordinary["scenario"] == ""].iloc[0]
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
    _heading(
        figure,
        _title(rows),
        f"Change in emergency admissions a year against '{reference}', whole area, mean over the period.",
    )
    _key(figure, 0.775, (rows[0]["replicates"], rows[0]["draws"]))
    top = figure.add_axes((LEFT, 0.395, RIGHT - LEFT, 0.345))
    _axis(top, [row["scenario"] for row in rows], label="emergency admissions a year")
    _bars(top, rows, 1)
    _room(top, rows, 1)
    _values(top, rows, 1)
    low = figure.add_axes((LEFT, 0.19, RIGHT - LEFT, 0.085))
    band = 1.645 * float(area["sd"])
    _strip(low, rows, band)
    figure.text(
        0.03,
        0.2325,
        textwrap.fill("Same changes beside the ordinary change from one year to the next", 27),
        va="center",
        fontsize=13.5,
        linespacing=1.3,
    )
    text = "; ".join(
        f"{row['scenario']}: {words.central(row)} a year (90% range, chance alone {words.interval(row, 'chance')}; "
        f"chance and uncertain evidence {words.interval(row, 'all')})"
        for row in rows
    )
    ordinary_text = (
        (
            f"In 9 of 10 years the area's count changes by up to {words.show(band, words.step_of(band), sign=False)} "
            "without any programme."
        )
        if math.isfinite(band)
        else ""
    )
    return (
        figure,
        f"Change in emergency admissions a year against {reference}. {text}. {ordinary_text} {words.INVENTED}",
    )


def _strip(ax: Axes, rows: Sequence[Any], band: float) -> None:
    """A grey band of ordinary change (90%) with each scenario's mean as a tick, on one scale."""
    wide = max([band if math.isfinite(band) else 0.0, *(abs(row["value"]) for row in rows)]) or 1.0
    if math.isfinite(band):
        ax.axvspan(-band, band, color=GREY, linewidth=0)
        text = words.show(band, words.step_of(band), sign=False)
        ax.text(
            band * 0.98,
            0,
            f"9 of 10 years:\nwithin {text} either way",
            ha="right",
            va="center",
            fontsize=13,
            linespacing=1.3,
        )
    ax.axvline(0, color=INK, linewidth=1.2)
    for row in rows:
        ax.plot([row["value"]] * 2, [-0.8, 0.8], color=NAVY, linewidth=3, solid_capstyle="butt")
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.set_xlim(-1.08 * wide, 1.08 * wide)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(_number(1.0))


def wellbeing(comparison: pd.DataFrame, *, reference: str, names: Sequence[str]) -> tuple[Figure, str]:
    """Life satisfaction of everyone and of those who take part, loneliness, low life satisfaction; and description."""
    panels = [
        ("life_satisfaction", "all", "Everyone: life satisfaction", "points of 10"),
        ("life_satisfaction", "participants", "Taking part: life satisfaction", "points of 10"),
        ("lonely", "all", "Everyone: often or always lonely", "percentage points"),
        ("low_life_satisfaction", "all", "Everyone: life satisfaction 0 to 4", "percentage points"),
    ]
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
    everyone = _rows(comparison, "life_satisfaction", "all", names=names)
    _heading(
        figure,
        "Those who take part gain; spread over everyone, the change is small"
        if _gain(comparison, names)
        else "What happens to life satisfaction and loneliness",
        f"Change against '{reference}', mean over the funded period; each panel has its own scale.",
    )
    if everyone:
        _key(figure, 0.79, (everyone[0]["replicates"], everyone[0]["draws"]))
    said = []
    span = (RIGHT - LEFT - 0.04) / 2
    for i, (outcome, people, heading, unit) in enumerate(panels):
        rows = _rows(comparison, outcome, people, names=names)
        ax = figure.add_axes((LEFT + (span + 0.04) * (i % 2), 0.52 - 0.335 * (i // 2), span, 0.195))
        ax.set_title(heading, loc="left", fontsize=14, fontweight="bold", pad=6)
        if not rows:
            ax.set_axis_off()
            ax.text(0, 0.5, "no rows", transform=ax.transAxes)
            continue
        factor = words.MEASURES[outcome].factor
        _axis(ax, [row["scenario"] for row in rows], label=unit, labelled=i % 2 == 0)
        ax.tick_params(axis="x", labelsize=12.5)
        ax.tick_params(axis="y", labelsize=12.5)
        ax.xaxis.label.set_fontsize(13)
        _bars(ax, rows, factor)
        _room(ax, rows, factor)
        _values(ax, rows, factor, size=12)
        said.append(
            heading
            + ": "
            + "; ".join(
                f"{row['scenario']} {words.central(row)} {unit} ({words.interval(row, words.widest(row))})"
                for row in rows
            )
        )
    return figure, f"Change in wellbeing against {reference}, 90% ranges. {'. '.join(said)}. {words.INVENTED}"


def _gain(comparison: pd.DataFrame, names: Sequence[str]) -> bool:
    """Whether every scenario's participants gain by more than noise, and ten times what everyone gains."""
    own = _rows(comparison, "life_satisfaction", "participants", names=names)
    everyone = {row["scenario"]: row["value"] for row in _rows(comparison, "life_satisfaction", "all", names=names)}
    return bool(own) and all(
        row["value"] > 0 and not row["noise"] and row["value"] > 10 * abs(everyone.get(row["scenario"], 0))
        for row in own
    )


def save(figure: Figure, folder: Path, name: str, *, title: str, description: str) -> list[Path]:
    """Write `<name>.svg` (role img, title, desc) and `<name>.png` (1920 x 1080); returns both paths."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        svg = io.StringIO()
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        paths = [folder / f"{name}.svg", folder / f"{name}.png"]
        with atomic(paths[0]) as temporary:
            temporary.write_text(
                _described(svg.getvalue(), name, title=title, description=description), encoding="utf-8"
            )
        with atomic(paths[1]) as temporary, temporary.open("wb") as file:
            FigureCanvasAgg(figure).print_png(file, metadata={"Software": None}, pil_kwargs={"compress_level": 6})
    return paths


def _described(svg: str, name: str, *, title: str, description: str) -> str:
    """The SVG with role, title and description put right after its opening tag."""
    start = svg.index("<svg")
    end = svg.index(">", start)
    head = (
        f' role="img" aria-labelledby="{name}-title {name}-desc">\n <title id="{name}-title">{escape(title)}</title>\n'
        f' <desc id="{name}-desc">{escape(description)}</desc>'
    )
    return svg[:end] + head + svg[end + 1 :]


def draw(
    folder: Path, comparison: pd.DataFrame, ordinary: pd.DataFrame, *, reference: str, names: Sequence[str]
) -> list[Path]:
    """Both figures of a comparison into `folder`; `names` are the scenarios in the order to show. Returns the paths."""
    with mpl.rc_context(STYLE):
        one, one_text = admissions(comparison, ordinary, reference=reference, names=names)
        two, two_text = wellbeing(comparison, reference=reference, names=names)
    return [
        *save(one, folder, "admissions", title="Change in emergency admissions", description=one_text),
        *save(two, folder, "wellbeing", title="Change in life satisfaction and loneliness", description=two_text),
    ]
