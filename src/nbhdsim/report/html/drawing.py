"""One figure, twice: a slide of 1920 x 1080 with its headings, and the same drawing inline in the page without them.

Text is 18 points or more on the slide. In the page colours are variables of the style sheet, so that a drawing is as
readable in the dark as in the light; ids begin with the figure's name, so that no two are alike.
"""

import io
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nbhdsim.report import figures, pages
from nbhdsim.report.figures import DPI, GREY, HEIGHT, INK, NAVY, ORANGE, SOURCE, WIDTH
from nbhdsim.report.html.blocks import Picture, Table, minus, plain
from nbhdsim.report.pages import PALE, Page, Told

TEAL, MAROON, WHITE = "#28A197", "#801650", "#FFFFFF"
SERIES = (NAVY, TEAL, MAROON, ORANGE)
"""Colours of series in their order, four at most; each has a dash, a marker or a label besides."""
MARKERS, DASHES = ("o", "s", "^", "D"), ("-", (0, (6, 2)), (0, (2, 2)), (0, (8, 2, 2, 2)))
VARIABLES = {
    NAVY: "navy",
    ORANGE: "orange",
    TEAL: "teal",
    MAROON: "maroon",
    INK: "ink",
    GREY: "grey",
    PALE: "pale",
    WHITE: "card",
    "#2073BC": "blue",
    "#6BACE6": "sky",
    "#000000": "ink",
}
"""Variables of the style sheet that stand for the colours of a drawing."""
HEAD, FOOT, SIZE = 1.75, 0.55, 18
"""Inches of the headings and of the source, and the smallest size of text in points."""
STYLE = figures.STYLE | {
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "hatch.linewidth": 1.5,
}
HEADING = "heading"


def sheet(*, high: float = HEIGHT) -> Figure:
    """An empty slide; draw on it below HEAD and above FOOT inches."""
    return Figure(figsize=(WIDTH, high), dpi=DPI)


def axes(figure: Figure, *, left: float = 3.2, right: float = 0.5, top: float = 0.2, bottom: float = 0.75) -> Axes:
    """Axes so many inches from the edges of the room for the drawing."""
    return pages.axes(figure, left=left, right=right, top=HEAD + top, bottom=FOOT + bottom)


def panels(
    figure: Figure, many: int, *, left: float = 1.3, gap: float = 0.7, top: float = 0.75, bottom: float = 0.75
) -> list[Axes]:
    """So many axes side by side, with room for a title above each."""
    width = (WIDTH - left - 0.4 - gap * (many - 1)) / many
    high = figure.get_figheight()
    return [
        figure.add_axes(
            ((left + i * (width + gap)) / WIDTH, (FOOT + bottom) / high, width / WIDTH, (high - HEAD - FOOT - top - bottom) / high)
        )
        for i in range(many)
    ]


def ticks(ax: Axes, which: str = "x", most: int = 5) -> None:
    """Round ticks, written in full with a minus sign."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: minus(f"{x:,.10g}") if abs(x) > 1e-12 else "0"))
    ax.grid(axis="x" if which == "x" else "y", color=PALE, linewidth=1)
    ax.set_axisbelow(True)


def names(ax: Axes, rows: Sequence[str], *, wide: int = 22) -> None:
    """The names of rows at the left, the first on top."""
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), [textwrap.fill(plain(name), wide) for name in rows])
    ax.tick_params(axis="y", length=0, pad=10)


def look(i: int) -> dict[str, Any]:
    """How line i is drawn, where 0 is that of doing nothing: colour, dash and marker."""
    colour, dash = (SERIES[(i - 1) % 4], DASHES[(i - 1) % 4]) if i else (INK, "-")
    return {"color": colour, "linestyle": dash, "linewidth": 3, "marker": MARKERS[i % 4], "markersize": 9}


def entry(figure: Figure, i: int, label: str) -> None:
    """Entry of line i in a key at the right of a drawing."""
    y = 1 - (HEAD + 0.45 + 0.75 * i) / figure.get_figheight()
    figure.add_artist(mpl.lines.Line2D([9.3 / WIDTH, 9.7 / WIDTH], [y, y], markevery=[1], **look(i)))
    figure.text(9.85 / WIDTH, y, textwrap.fill(label, 22), va="center", linespacing=1.15)


def dots(ax: Axes, x: Any, y: Any, *, i: int) -> None:
    """Marks of series i, a mark a future."""
    ax.plot(x, y, marker=MARKERS[i], color=SERIES[i], markersize=9, linestyle="none", markeredgecolor=WHITE, markeredgewidth=0.8)


def mark(figure: Figure, i: int, label: str) -> None:
    """Entry of series i in a key of marks at the right of a drawing."""
    y = 1 - (HEAD + 0.45 + 0.75 * i) / figure.get_figheight()
    figure.add_artist(mpl.lines.Line2D([9.7 / WIDTH], [y], marker=MARKERS[i], color=SERIES[i], markersize=12, linestyle="none"))
    figure.text(9.9 / WIDTH, y, textwrap.fill(label, 22), va="center", linespacing=1.15)


def aside(figure: Figure, i: int, text: str) -> None:
    """A note below a key of i entries."""
    y = 1 - (HEAD + 0.6 + 0.75 * i) / figure.get_figheight()
    figure.text(9.7 / WIDTH, y, textwrap.fill(text, 24), va="top", linespacing=1.25)


def picture(name: str, figure: Figure, told: Told, *, table: Table) -> Picture:
    """The drawing for the page, with the slide that is written to files of that name."""
    told = Told(*(plain(minus(text), 4000) for text in told))
    with mpl.rc_context(STYLE):
        figure.set_facecolor("none")
        inner = inline(_svg(figure), name, high=figure.get_figheight(), told=told)
        figure.set_facecolor("white")
        _headed(figure, told)
    return Picture(name, told, inner, table, Page(name, figure, told))


def _headed(figure: Figure, told: Told) -> None:
    """Title, subtitle and source on a slide, each within its width."""
    high, x = figure.get_figheight(), 0.4 / WIDTH
    title, subtitle = (_lines(text, wide) for text, wide in ((told.title, 50), (told.subtitle, 80)))
    figure.text(x, 1 - 0.2 / high, title, fontsize=24, fontweight="bold", va="top", color=NAVY, linespacing=1.15, gid=HEADING)
    figure.text(x, 1 - 1.08 / high, subtitle, fontsize=SIZE, va="top", linespacing=1.15, gid=HEADING)
    figure.text(x, 0.15 / high, SOURCE, fontsize=SIZE, va="bottom", gid=HEADING)


def _lines(text: str, wide: int) -> str:
    """A text in two lines at most."""
    lines = textwrap.wrap(text, wide)
    return "\n".join(lines if len(lines) < 3 else [lines[0], textwrap.shorten(" ".join(lines[1:]), wide, placeholder=" ..")])


def above(ax: Axes, text: str) -> None:
    """What the upright axis counts, level and above it, so that no text lies on its side."""
    ax.text(0, 1.03, text, transform=ax.transAxes, va="bottom")


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return out.getvalue()


def inline(svg: str, name: str, *, high: float, told: Told) -> Markup:
    """The drawing of an SVG of matplotlib alone, to stand in the page: titled and described, in the page's colours and font."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body[body.index(">") + 1 :], flags=re.S)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", body))
    body = re.sub(r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", body).replace("xlink:href", "href")
    for colour, variable in VARIABLES.items():
        body = re.sub(rf"{colour}\b", f"var(--{variable})", body, flags=re.I)
    body = re.sub(r"'DejaVu Sans'(, sans-serif)?", "inherit", body)
    body = re.sub(
        r"font: (?:(\d{3}|bold) )?(\d+(?:\.\d+)?)px inherit",
        lambda f: f"font-size: {f[2]}px" + (f"; font-weight: {f[1]}" if f[1] else ""),
        body,
    )
    body = re.sub(r"\n\s*", "\n", body)
    box = f"0 {HEAD * 72:g} {WIDTH * 72:g} {(high - HEAD - FOOT) * 72:g}"
    head = (
        f'<svg viewBox="{box}" role="img" aria-labelledby="{name}-title {name}-desc" focusable="false">\n'
        f'<title id="{name}-title">{escape(told.title)}</title>\n<desc id="{name}-desc">{escape(told.description)}</desc>\n'
    )
    return Markup(head + body)


def save(drawn: Sequence[Page], folder: Path) -> list[Path]:
    """Each slide as SVG, PNG of 1920 x 1080 and its description as text; returns the paths."""
    with mpl.rc_context(STYLE):
        return pages.save(drawn, folder)
