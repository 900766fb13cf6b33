"""The two pictures of a comparison, drawn from its tables alone, as SVG and PNG.

Same tables, same bytes: no dates, fixed ids. Text is real text in the SVG, with a title and a description for screen
readers. Colours are the government analysis palette (navy, orange), which keeps apart for colour-blind readers; the two
intervals also differ in thickness and are labelled where they are drawn.
"""

import io
import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nbhdsim.report import rests, words
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
    "text.parse_math": False,       # a $ in a name is a $
}
WIDTH, HEIGHT, DPI = 1920 / 144, 1080 / 144, 144
LEFT, RIGHT, ROWS = 0.265, 0.965, 3        # margins; scenarios that a picture of the usual height holds
SOURCE = f"Source: nbhdsim simulation. {words.INVENTED}"
BARS = {"chance": (-0.13, NAVY, 9, "chance alone"), "all": (0.11, ORANGE, 5, "chance and uncertain evidence")}
"""For each range: where its bar lies beside its row, colour, width, and what it is called."""


def _minus(text: str) -> str:
    """The text with a minus sign where a hyphen stands before a number."""
    return re.sub(r"(?<!\w)-(?=[\d.])", "\N{MINUS SIGN}", text)


def _number(step: float) -> FuncFormatter:
    return FuncFormatter(lambda x, _: _minus(words.show(x, step)) if x else "0")


def _said(row: Any) -> str:
    """Middle and widest 90% range of a row in words; a change too small to show is called that, not 0.000."""
    if not words.modelled(row):
        return row["why"]
    kind = words.widest(row)
    ends = [x for x in (row["value"], row[f"{kind}_low"], row[f"{kind}_high"]) if math.isfinite(x)]
    ranged = len(ends) > 1
    if words.nothing(row):
        return "no difference in " + ("any future" if ranged else "this future" if words.alone(row) else words.FEW_FUTURES)
    middle, span = words.central(row), words.interval(row, kind) if ranged else ""
    if set(middle + span) <= set("0. to"):
        finest = words.MEASURES[row["outcome"]].finest
        return f"within {words.show(finest, finest, sign=False)} either way"
    return _minus(middle + ("" if words.alone(row) else f"  ({span or words.FEW_FUTURES + ' for a range'})"))


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
        for kind, (dy, colour, width, _) in BARS.items():
            low, high = row[f"{kind}_low"] * factor, row[f"{kind}_high"] * factor
            if math.isfinite(low):
                ax.plot([low, high], [y + dy] * 2, color=colour, linewidth=width, solid_capstyle="butt")
        if words.modelled(row):
            ax.plot([row["value"] * factor], [y], "o", color="white", markeredgecolor=INK, markeredgewidth=2, markersize=10,
                    zorder=5)


def _finite(xs: Iterable[float]) -> list[float]:
    return [x for x in xs if math.isfinite(x)]


def _room(ax: Axes, rows: Sequence[Any], factor: float) -> None:
    """x limits around 0 and all bars with a margin, and tick labels as fine as their step."""
    ends = [0.0, *_finite(row[f"{k}_{e}"] * factor for row in rows for k in BARS for e in ("low", "high")),
            *_finite(row["value"] * factor for row in rows)]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = -1.0, 1.0
    margin = 0.07 * (high - low)
    ax.set_xlim(low - margin, high + margin)
    ticks = ax.get_xticks()
    ax.xaxis.set_major_formatter(_number(10.0 ** math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9)))


def _values(ax: Axes, rows: Sequence[Any], factor: float, *, size: float = 13.5) -> None:
    """The range and middle of each row in words, above its bars, inside the axes, on white so that no line crosses them."""
    low, high = ax.get_xlim()
    for y, row in enumerate(rows):
        x = min(max(row["value"] * factor, low), high) if words.modelled(row) else 0.0
        place = (x - low) / (high - low)
        align = "left" if place < 0.3 else "right" if place > 0.7 else "center"
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        up, where = (0.3, "bottom") if words.modelled(row) else (0, "center")
        ax.text(x, y - up, _said(row), ha=align, va=where, fontsize=size, bbox=ground, zorder=4)


def _shown(rows: Sequence[Any]) -> list[str]:
    """The ranges that some row has."""
    return [kind for kind in BARS if any(math.isfinite(row[f"{kind}_low"]) for row in rows)]


def _foot(rows: Sequence[Any]) -> str:
    """The source, and under what the dots and bars are."""
    if any(words.alone(row) for row in rows):
        return f"{SOURCE}\nDot: one simulated future, so there are no ranges."
    r, d = rows[0]["replicates"], rows[0]["draws"]
    dot, shown = f"Dot: mean with {'sampled' if d else 'central'} numbers.", _shown(rows)
    if not shown:
        return f"{SOURCE}\n{dot} Ranges: {words.FEW_FUTURES} ({words.many(r + d, 'future')})."
    thick, thin = ("thick ", "thin ") if len(shown) > 1 else ("", "")
    around = {"chance": f"{thick}around the {'mean with central numbers' if d else 'dot'}", "all": f"{thin}around the dot"}
    return f"{SOURCE}\n{dot} Bars: 90% range for one more future, {', '.join(around[kind] for kind in shown)}."


def _page(rows: int) -> Figure:
    """An empty picture, higher where there are more rows than it holds."""
    return Figure(figsize=(WIDTH, HEIGHT * max(1.0, rows / ROWS)), dpi=DPI)


def _heading(figure: Figure, title: str, subtitle: str, *, rows: Sequence[Any]) -> None:
    """Title, what is shown with the grade it rests on, and the foot."""
    held = {row["scenario"]: row["grade"] for row in rows if row["grade"]}
    figure.text(0.03, 0.965, textwrap.fill(title, 74), fontsize=21, fontweight="bold", va="top", color=NAVY, linespacing=1.25)
    said = [textwrap.shorten(text, 118, placeholder=" ..") for text in (subtitle, rests.on_figure(held) if held else "")]
    figure.text(0.03, 0.872, "\n".join(said), fontsize=15, va="top", linespacing=1.3)
    figure.text(0.03, 0.025, _foot(rows), fontsize=13, va="bottom", linespacing=1.4)


def _key(figure: Figure, y: float, rows: Sequence[Any]) -> None:
    """What the bars are, drawn once above the first panel in the order of the bars."""
    numbers = {"chance": rows[0]["replicates"], "all": rows[0]["draws"]} if rows else {}
    for i, kind in enumerate(_shown(rows)):
        x, (_, colour, width, text) = LEFT + 0.27 * i, BARS[kind]
        figure.add_artist(mpl.lines.Line2D([x, x + 0.03], [y, y], color=colour, linewidth=width, solid_capstyle="butt"))
        figure.text(x + 0.037, y, f"{text} ({words.many(numbers[kind], 'future')})", va="center", fontsize=14)


def _rows(comparison: pd.DataFrame, outcome: str, people: str, *, names: Sequence[str]) -> list[Any]:
    whole = comparison[(comparison["year"] == 0) & (comparison["outcome"] == outcome) & (comparison["people"] == people)]
    found = {row["scenario"]: row for row in whole.to_dict("records")}
    if not found:
        return []
    nobody = dict.fromkeys(comparison.columns, math.nan) | {"outcome": outcome, "people": people, "covers_zero": True, "grade": "",
                                                            "replicates": 0, "draws": 0, "why": "nobody takes part"}
    return [found.get(name, nobody | {"scenario": name}) for name in names]


def _clear(row: Any) -> bool:
    """Whether a row has a range that leaves out 0."""
    return words.modelled(row) and not row["covers_zero"]


def _firm(row: Any) -> bool:
    """Whether the range still leaves out 0 once it is rounded as it is shown."""
    return _clear(row) and not re.search(r"(?<![\d.])0\.?0*(?![\d.])", words.interval(row, words.widest(row)))


def _title(rows: Sequence[Any]) -> str:
    """The message of the admissions picture: the range of the largest change whose direction the evidence shows."""
    if any(words.alone(row) for row in rows):
        return "Change in emergency admissions in one simulated future"
    if not _shown(rows):
        return "Change in emergency admissions: too few futures to say how sure"
    clear = [row for row in rows if _clear(row)]
    if not clear:
        return "No scenario clearly changes emergency admissions"
    best = max(clear, key=lambda row: abs(row["value"]))
    said = f"{best['scenario']}: {words.direction(best)}"
    return said[0].upper() + said[1:]


def admissions(comparison: pd.DataFrame, ordinary: pd.DataFrame, *, reference: str, names: Sequence[str]) -> tuple[Figure, str]:
    """Change in emergency admissions a year by scenario, and the same changes beside ordinary year-to-year change.

    Returns the figure and its description in words.
    """
    rows = _rows(comparison, "emergency_admissions", "all", names=names)
    band = 1.645 * float(ordinary["sd"][ordinary["scenario"] == ""].iloc[0])
    figure = _page(len(rows))
    subtitle = f"Change in emergency admissions a year against '{reference}', whole area, mean over the period."
    _heading(figure, _title(rows), subtitle, rows=rows)
    _key(figure, 0.768, rows)
    top = figure.add_axes((LEFT, 0.395, RIGHT - LEFT, 0.345))
    _axis(top, [row["scenario"] for row in rows], label="emergency admissions a year")
    _bars(top, rows, 1)
    _room(top, rows, 1)
    _values(top, rows, 1)
    beside = "Same changes beside the ordinary change from one year to the next, without the trend"
    if math.isfinite(band):
        _strip(figure.add_axes((LEFT, 0.19, RIGHT - LEFT, 0.085)), [row for row in rows if words.modelled(row)], band)
    else:
        beside = "Ordinary change from one year to the next: not known, too few futures with central numbers"
    beside = textwrap.fill(beside, 28 if math.isfinite(band) else 118)
    figure.text(0.03, 0.2325, beside, va="center", fontsize=13.5, linespacing=1.3)
    text = "; ".join(f"{row['scenario']}: {_told(row, 'a year')}" for row in rows)
    ordinary_text = (f"In 9 of 10 years the area's count changes by up to {words.show(band, words.step_of(band), sign=False)} "
                     "without any programme, the trend left out." if math.isfinite(band) else "")
    return figure, f"Change in emergency admissions a year against {reference}. {text}. {ordinary_text} {words.INVENTED}"


def _told(row: Any, unit: str) -> str:
    """A row for those who do not see the picture: its mean and its ranges."""
    if not words.modelled(row):
        return row["why"]
    said = f"{words.central(row)} {unit}"
    if words.alone(row):
        return said
    held = [f"{BARS[kind][3]} {words.interval(row, kind)}" for kind in _shown([row])]
    return f"{said} (90% range, {'; '.join(held)})" if held else f"{said} ({words.FEW_FUTURES} for a range)"


def _strip(ax: Axes, rows: Sequence[Any], band: float) -> None:
    """A grey band of ordinary change (90%) with each scenario's mean as a tick, on one scale."""
    wide = max(band, *(abs(row["value"]) for row in rows), 0.0) or 1.0
    ax.axvspan(-band, band, color=GREY, linewidth=0)
    text = f"9 of 10 years:\nwithin {words.show(band, words.step_of(band), sign=False)} either way"
    ax.text(band * 0.98, 0, text, ha="right", va="center", fontsize=13, linespacing=1.3)
    ax.axvline(0, color=INK, linewidth=1.2)
    for row in rows:
        ax.plot([row["value"]] * 2, [-0.8, 0.8], color=NAVY, linewidth=3, solid_capstyle="butt")
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.set_xlim(-1.08 * wide, 1.08 * wide)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(_number(1.0))


PANELS = (
    ("life_satisfaction", "all", "Everyone of 16+: life satisfaction", "points of 10"),
    ("life_satisfaction", "participants", "Taking part, 16+: life satisfaction", "points of 10"),
    ("lonely", "all", "Everyone of 16+: often or always lonely", "percentage points"),
    ("low_life_satisfaction", "all", "Everyone of 16+: life satisfaction 0 to 4", "percentage points"),
)
"""Outcome, people, heading and unit of the panels of the wellbeing picture."""
TOLD = 1.5
"""How much wider the axis of those who take part is than that of everyone where it is said."""


def wellbeing(comparison: pd.DataFrame, *, reference: str, names: Sequence[str]) -> tuple[Figure, str]:
    """Life satisfaction of everyone and of those who take part, loneliness, low life satisfaction; and description."""
    panels = [_rows(comparison, outcome, people, names=names) for outcome, people, _, _ in PANELS]
    figure = _page(max(map(len, panels)))
    every = [row for rows in panels for row in rows]
    shown = [row for row in every if words.modelled(row)]
    title = ("Those who take part probably gain; spread over everyone, the change is small" if _gain(comparison, names)
             else "What happens to life satisfaction and loneliness")
    _heading(figure, title, f"Change against '{reference}', mean over the period; each panel has its own scale.", rows=every)
    _key(figure, 0.778, shown)
    said, span, wide = [], (RIGHT - LEFT - 0.04) / 2, list[float]()
    for i, ((outcome, people, heading, unit), rows) in enumerate(zip(PANELS, panels, strict=True)):
        ax = figure.add_axes((LEFT + (span + 0.04) * (i % 2), 0.51 - 0.335 * (i // 2), span, 0.195))
        ax.set_title(heading, loc="left", fontsize=14, fontweight="bold", pad=6)
        _panel(ax, rows, unit, factor=words.MEASURES[outcome].factor, labelled=i % 2 == 0)
        wide.append(float(np.ptp(ax.get_xlim())) if any(map(words.modelled, rows)) else math.nan)
        if outcome == "life_satisfaction" and people == "participants" and wide[1] > TOLD * wide[0]:
            ax.set_xlabel(f"points of 10 (an axis {words.show(wide[1] / wide[0], 1, sign=False)} times as wide)")
        said.append(f"{heading}: " + "; ".join(f"{row['scenario']} {_told(row, unit)}" for row in rows))
    return figure, f"Change in wellbeing against {reference}. {'. '.join(said)}. {words.INVENTED}"


def _panel(ax: Axes, rows: Sequence[Any], unit: str, *, factor: float, labelled: bool) -> None:
    """One panel: its bars with their words, an axis only where there is something on it."""
    if not rows:
        ax.set_axis_off()
        ax.text(0, 0.5, "no rows", transform=ax.transAxes)
        return
    _axis(ax, [row["scenario"] for row in rows], label=unit, labelled=labelled)
    ax.tick_params(axis="both", labelsize=12.5)
    ax.xaxis.label.set_fontsize(13)
    _bars(ax, rows, factor)
    _room(ax, rows, factor)
    _values(ax, rows, factor, size=12)
    if not any(map(words.modelled, rows)):
        ax.set_xticks([])
        ax.set_xlabel("")


def _gain(comparison: pd.DataFrame, names: Sequence[str]) -> bool:
    """Whether participants gain beyond doubt of direction, and ten times what everyone gains, in every scenario that says."""
    own = _rows(comparison, "life_satisfaction", "participants", names=names)
    everyone = {row["scenario"]: row["value"] for row in _rows(comparison, "life_satisfaction", "all", names=names)}
    own = [row for row in own if words.modelled(row)]
    return bool(own) and all(_firm(row) and row["value"] > max(0, 10 * abs(everyone.get(row["scenario"], 0))) for row in own)


def save(figure: Figure, folder: Path, name: str, *, title: str, description: str) -> list[Path]:
    """Write `<name>.svg` (role img, title, desc) and `<name>.png` (1920 x 1080); returns both paths."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        svg = io.StringIO()
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        paths = [folder / f"{name}.svg", folder / f"{name}.png"]
        with atomic(paths[0]) as temporary:
            temporary.write_text(_described(svg.getvalue(), name, title=title, description=description), encoding="utf-8")
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


def draw(folder: Path, comparison: pd.DataFrame, ordinary: pd.DataFrame, *, reference: str, names: Sequence[str]) -> list[Path]:
    """Both figures of a comparison into `folder`; `names` are the scenarios in the order to show. Returns the paths."""
    with mpl.rc_context(STYLE):
        one, one_text = admissions(comparison, ordinary, reference=reference, names=names)
        two, two_text = wellbeing(comparison, reference=reference, names=names)
    return [
        *save(one, folder, "admissions", title="Change in emergency admissions", description=one_text),
        *save(two, folder, "wellbeing", title="Change in life satisfaction and loneliness", description=two_text),
    ]
