"""A page for one picture of an experiment: heading above, source below, room between, in inches so that pages may grow.

Style and colours are those of `figures`.
"""
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nbhdsim.report import figures, labels
from nbhdsim.report.figures import DPI, GREY, HEIGHT, INK, NAVY, ORANGE, SOURCE, WIDTH

PALETTE = (NAVY, ORANGE, "#28A197", "#801650")
PALE = "#E4E4E4"
TOP, BOTTOM, LEFT, RIGHT = 2.0, 1.75, 4.5, 3.0          # inches around the axes
MARGIN = 0.4


class Told(NamedTuple):
    """What stands around a picture: title (what is seen), subtitle (measure, place, period), note (how to read it), and the
    description for those who do not see it."""

    title: str
    subtitle: str
    note: str
    description: str


class Page(NamedTuple):
    """A finished picture: name of its files, figure, and what is told of it."""

    name: str
    figure: Figure
    told: Told


def height(rows: float, each: float) -> float:
    """Inches of a page with so many rows of `each` inches, as high as the usual one at least."""
    return max(HEIGHT, TOP + BOTTOM + rows * each)


def begun(told: Told, *, high: float = HEIGHT) -> Figure:
    """A page with its heading and its source, and nothing between."""
    figure = Figure(figsize=(WIDTH, high), dpi=DPI)
    x = MARGIN / WIDTH
    figure.text(x, 1 - 0.28 / high, textwrap.fill(told.title, 74), fontsize=21, fontweight="bold", va="top", color=NAVY,
                linespacing=1.25)
    figure.text(x, 1 - 1.05 / high, textwrap.fill(told.subtitle, 112), fontsize=14.5, va="top", linespacing=1.3)
    note = "\n".join(textwrap.wrap(told.note, 140))
    figure.text(x, 0.18 / high, f"{SOURCE}\n{note}", fontsize=12.5, va="bottom", linespacing=1.4)
    return figure


def axes(figure: Figure, *, left: float = LEFT, right: float = RIGHT, top: float = TOP, bottom: float = BOTTOM) -> Axes:
    """Axes so many inches from the edges of the page."""
    high = figure.get_figheight()
    return figure.add_axes((left / WIDTH, bottom / high, (WIDTH - left - right) / WIDTH, (high - top - bottom) / high))


def names(ax: Axes, rows: Sequence[str], *, wide: int = 38) -> None:
    """The names of the rows at the left, the first row on top."""
    ax.set_ylim(len(rows) - 0.45, -0.55)
    ax.set_yticks(range(len(rows)), [textwrap.fill(name, wide) for name in rows])
    ax.tick_params(axis="y", length=0, pad=10, labelsize=14)
    ax.grid(axis="x", color=PALE, linewidth=0.8)
    ax.set_axisbelow(True)


def ticks(ax: Axes, which: str = "x", most: int = 6) -> None:
    """Round ticks, written in full."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: labels.digits(x) if abs(x) > 1e-12 else "0"))


def room(ax: Axes, ends: Sequence[float], which: str = "x", *, share: float = 0.07) -> None:
    """Limits around some values, with a margin."""
    kept = [x for x in ends if math.isfinite(x)] or [0.0]
    low, high = min(kept), max(kept)
    if low == high:
        low, high = low - (abs(low) or 1.0), high + (abs(high) or 1.0)
    (ax.set_xlim if which == "x" else ax.set_ylim)(low - share * (high - low), high + share * (high - low))


def spread(wanted: Sequence[float], least: float, ends: tuple[float, float]) -> list[float]:
    """Places for labels, as near to those wanted as lets them be `least` apart between the ends; in the order given."""
    low, high = ends
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    least = min(least, (high - low) / max(len(wanted) - 1, 1))
    places = [0.0] * len(wanted)
    at = low - least
    for i in order:
        at = places[i] = max(wanted[i], at + least)
    at = high + least
    for i in reversed(order):
        at = places[i] = min(places[i], at - least)
    return places


def key(figure: Figure, entries: Sequence[tuple[str, dict[str, Any]]], *, left: float = LEFT, below: float = TOP) -> None:
    """What the marks are, drawn once above the axes: (text, how its line is drawn)."""
    high, x = figure.get_figheight(), left
    for text, style in entries:
        y = 1 - (below - 0.2) / high
        figure.add_artist(mpl.lines.Line2D([x / WIDTH, (x + 0.35) / WIDTH], [y, y], solid_capstyle="butt", **style))
        figure.text((x + 0.45) / WIDTH, y, text, va="center", fontsize=13)
        x += 0.75 + 0.098 * len(text)


def save(pages: Sequence[Page], folder: Path) -> list[Path]:
    """Each page as SVG and PNG, and its description as text; returns the paths."""
    paths: list[Path] = []
    for page in pages:
        paths += figures.save(page.figure, folder, page.name, title=page.told.title, description=page.told.description)
        text = folder / f"{page.name}.txt"
        with figures.atomic(text) as temporary:
            temporary.write_text("\n".join(textwrap.wrap(f"{page.told.title}. {page.told.description}", 120)) + "\n", "utf-8")
        paths.append(text)
    return paths


def slug(text: str) -> str:
    """A text as part of a file's name."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())[:60]


__all__ = ["GREY", "HEIGHT", "INK", "NAVY", "ORANGE", "PALE", "PALETTE", "Page", "Told", "axes", "begun", "height", "key", "names",
           "room", "save", "slug", "spread", "ticks"]
