"""Maps without tiles of anybody's: a hexagon for each neighbourhood, district by district, side by side for the scenarios."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np

from nbhdsim import areas, comparison
from nbhdsim.errors import NbhdsimError
from nbhdsim.report import words
from nbhdsim.report.html import drawing, said
from nbhdsim.report.html.blocks import Block, Picture, Table, plain
from nbhdsim.report.html.changes import HEADLINE, SOURCE
from nbhdsim.report.html.run import Run
from nbhdsim.report.pages import Told

CLASSES = ("clearly fewer", "not clear", "clearly more", "no change")
LOOKS = ((drawing.NAVY, "h", 1.0), (drawing.GREY, "h", 1.0), (drawing.ORANGE, "D", 0.7), (drawing.PALE, "h", 1.0))
"""Colour, mark and size of each class."""
MOST_PANELS, LARGEST, ROOT3_2 = 3, 30.0, math.sqrt(3) / 2


class Classed(NamedTuple):
    """Neighbourhoods of the run, and for one scenario the class of each and its mean change in emergency admissions a year."""

    places: list[str]
    classes: np.ndarray
    change: np.ndarray


SMALL = ("and", "by", "in", "le", "of", "on", "the", "under", "upon")
"""Words that stay small within the name of a place."""


def maps(run: Run) -> list[Block]:
    """A hexagon for each neighbourhood and scenario, by what is known of its change in emergency admissions.

    Nothing where the places of the area are not known, or too few futures leave no range.
    """
    at = layout(run)
    if at is None or HEADLINE not in run.cubes.outcomes:
        return []
    found = {name: own for name in said.modelled(run) if (own := classed(run, name)) is not None}
    names = list(found)
    return [
        _map(run, {n: found[n] for n in names[i : i + MOST_PANELS]}, at, number=i // MOST_PANELS)
        for i in range(0, len(names), MOST_PANELS)
    ]


class Layout(NamedTuple):
    """Where the tiles lie: x and y by neighbourhood in units of a tile, labels of districts as (text, x, y), and whether the
    neighbourhoods are invented."""

    at: dict[str, tuple[float, float]]
    labels: list[tuple[str, float, float]]
    invented: bool


def layout(run: Run) -> Layout | None:
    """The tile map of the area, None where its places are not known or are not those of the run."""
    try:
        area = run.reference.area_data or areas.load(run.reference.area.name, residents=run.reference.area.residents)
    except (NbhdsimError, AttributeError):
        return None
    places = {name for _, name in run.cubes.places.groups} if run.cubes is not None else set()
    if not places or not places <= set(area.place):
        return None
    return Layout(*_blocks(area), area.invented)


def _blocks(area: Any) -> tuple[dict[str, tuple[float, float]], list[tuple[str, float, float]]]:
    """Tiles of each district in a block of columns from west to east and rows from south to north; blocks in rows of their own."""
    slugs = list(dict.fromkeys(area.district))
    x, y, district = np.asarray(area.x, float), np.asarray(area.y, float), np.asarray(area.district)
    middle = {slug: (float(x[district == slug].mean()), float(y[district == slug].mean())) for slug in slugs}
    across = math.ceil(math.sqrt(len(slugs) * 1.4))
    north = sorted(slugs, key=lambda slug: -middle[slug][1])
    at: dict[str, tuple[float, float]] = {}
    labels, top = [], 0.0
    for i in range(0, len(north), across):
        left, deepest = 0.0, 0.0
        for slug in sorted(north[i : i + across], key=lambda slug: middle[slug][0]):
            mine = np.flatnonzero(district == slug)
            wide = math.ceil(math.sqrt(len(mine)))
            column = np.argsort(np.argsort(x[mine], kind="stable"), kind="stable") * wide // len(mine)
            for c in range(wide):
                for row, k in enumerate(sorted(mine[column == c], key=lambda k: -y[k])):
                    at[area.place[k]] = (left + c * ROOT3_2, top - row - (c % 2) / 2 - 1.5)
            labels.append((_district(slug), left, top))
            left += max(wide * ROOT3_2, 4.0) + 1.2
            deepest = max(deepest, math.ceil(len(mine) / wide))
        top -= deepest + 3.0
    return at, labels


def _district(slug: str) -> str:
    """The name of a district as it is written: `Stoke-on-Trent` comes out as `Stoke on Trent`, for its slug keeps no hyphens."""
    return " ".join(w if w in SMALL and i else w.capitalize() for i, w in enumerate(slug.split("-")))


def classed(run: Run, name: str) -> Classed | None:
    """What is known of each neighbourhood with one scenario; None without a range for any."""
    cube, k = run.cubes.places, run.cubes.outcomes.index(HEADLINE)
    years = cube.months[0] / 12
    if years < 1:
        return None
    one, other = run.cubes.number(run.reference.name), run.cubes.number(name)
    change = (cube.value[other, :, 0, :, k] - cube.value[one, :, 0, :, k]) / years
    spreads = [comparison.spread(column, run.cubes.draws) for column in change.T]
    if not any(math.isfinite(said.ends(s)[0]) for s in spreads):
        return None
    return Classed(
        [place for _, place in cube.groups], np.array([_class(s) for s in spreads]), np.array([s.value for s in spreads])
    )


def _class(s: comparison.Spread) -> int:
    low, high = said.ends(s)
    if low == high == 0:
        return 3
    return 0 if high < 0 else 2 if low > 0 else 1


def _map(run: Run, found: dict[str, Classed], at: Layout, *, number: int) -> Picture:
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        for ax, (name, own) in zip(
            drawing.panels(figure, len(found), left=0.4, gap=0.3, top=1.3, bottom=0.0), found.items(), strict=True
        ):
            _marks(ax, own, at, named=len(found) < MOST_PANELS)
            ax.set_title(textwrap.fill(run.label[name], 30), pad=8)
        _key(figure, sorted({int(c) for own in found.values() for c in own.classes}))
    counts = {name: [int((own.classes == c).sum()) for c in range(len(CLASSES))] for name, own in found.items()}
    told = Told(
        _title(run, counts),
        f"Neighbourhoods by change in emergency admissions, {run.area}, {run.period}; clearly: the 90% range leaves out 0.",
        f"{SOURCE} One hexagon is one {'invented ' if at.invented else ''}neighbourhood; a block is a district, not to scale. "
        f"Districts from left to right, row by row: {', '.join(name for name, *_ in at.labels)}.",
        ". ".join(
            f"{run.label[name]}: " + ", ".join(f"{n} {CLASSES[c]}" for c, n in enumerate(held) if n)
            for name, held in counts.items()
        ),
    )
    rows = [[run.label[name], *(f"{n:,}" for n in held), _largest(found[name])] for name, held in counts.items()]
    table = Table(
        "Neighbourhoods by what is known of them",
        ["Scenario", *(c.capitalize() for c in CLASSES), "Largest mean falls a year"],
        rows,
        "Among hundreds of neighbourhoods, some look clear by luck alone.",
    )
    return drawing.picture(f"map-{number + 1}" if number else "map", figure, told, table=table)


def _largest(own: Classed) -> str:
    order = [i for i in np.argsort(own.change, kind="stable")[:3] if own.change[i] < 0]
    return "; ".join(f"{own.places[i]} {words.show(float(own.change[i]), 0.1)}" for i in order) or "none falls"


def _title(run: Run, counts: dict[str, list[int]]) -> str:
    best = max(counts, key=lambda name: counts[name][0])
    if not any(held[0] or held[2] for held in counts.values()):
        return "In no neighbourhood is the direction of change clear"
    if not counts[best][0]:
        return "No neighbourhood has clearly fewer emergency admissions"
    return f"{run.label[best]}: clearly fewer admissions in {counts[best][0]} of {sum(counts[best])} neighbourhoods"


def _marks(ax: Any, own: Classed, at: Layout, *, named: bool) -> None:
    """The tiles of one map, as large as the room lets them be."""
    where = np.array([at.at[place] for place in own.places])
    ax.set_aspect("equal", anchor="NW")
    ax.set_axis_off()
    (left, low), (right, high) = where.min(axis=0) - 0.8, where.max(axis=0) + 0.8
    high += 1.0
    ax.set_xlim(left, right)
    ax.set_ylim(low, high)
    box = ax.get_position()
    inches = min(box.width * drawing.WIDTH / (right - left), box.height * drawing.HEIGHT / (high - low))
    size = min(LARGEST, 72 * inches * 1.08)
    for c, (colour, mark, share) in enumerate(LOOKS):
        mine = where[own.classes == c]
        ax.plot(
            mine[:, 0],
            mine[:, 1],
            linestyle="none",
            marker=mark,
            markersize=size * share,
            color=colour,
            markeredgecolor=drawing.INK if c < 3 else drawing.GREY,
            markeredgewidth=0.7,
        )
    for text, x, y in at.labels if named else ():
        ax.text(x - 0.4, y - 0.4, plain(text, 18), va="center")


def _key(figure: Any, classes: Sequence[int]) -> None:
    x, y = 0.55, 1 - (drawing.HEAD + 0.25) / figure.get_figheight()
    for c in classes:
        colour, mark, share = LOOKS[c]
        figure.add_artist(
            mpl.lines.Line2D(
                [x / drawing.WIDTH],
                [y],
                marker=mark,
                color=colour,
                markersize=18 * share,
                linestyle="none",
                markeredgecolor=drawing.INK,
            )
        )
        figure.text((x + 0.25) / drawing.WIDTH, y, CLASSES[c], va="center")
        x += 0.75 + 0.128 * len(CLASSES[c])
