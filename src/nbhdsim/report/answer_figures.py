"""Pictures of answers that are not known: what each number does to them (tornado), how they spread, and what that is due to."""
import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nbhdsim.evidence import JUDGEMENT
from nbhdsim.experiment.factors import Factor
from nbhdsim.report import labels, pages, words
from nbhdsim.report.index_figures import MOST, what
from nbhdsim.report.labels import Question
from nbhdsim.report.pages import GREY, INK, NAVY, ORANGE, PALETTE, Page, Told
from nbhdsim.sensitivity import DUMMY, SEED

Row = Mapping[Hashable, Any]
PALE_ROWS = 4
"""Rows of a tornado at most whose swing chance alone may do."""
UNCLEAR = "no clear swing"


class About(NamedTuple):
    """Name of the files, question, and whose answer it is in words."""

    name: str
    question: Question
    place: str


def tornado(about: About, rows: Sequence[Row], factors: Sequence[Factor], *, middle: float) -> Page | None:
    """Mean answer at the 5 and 95% point of each number, the longest bar first of those that
    are clear of chance, then of some others.

    rows: as of `shares.shares`; middle: the mean of all. The number that no model reads stands among them, without values.
    None where no number swings the answer at all.
    """
    of, f = {one.address: one for one in factors}, about.question.factor
    numbers = [row for row in rows if row["address"] != SEED]
    swinging = (row for row in numbers if row["at_high"] != row["at_low"])
    every = sorted(swinging, key=lambda row: -abs(row["at_high"] - row["at_low"]))
    if not every:
        return None
    pale = [row for row in every if not row["clear"]]
    kept = [*(row for row in every if row["clear"]), *pale[:PALE_ROWS]][:MOST]
    named, left = labels.shorts([row["address"] for row in kept]), len(numbers) - len(kept)
    sure = [bool(row["clear"]) for row in kept]
    swings = [labels.between(row["at_low"] * f, row["at_high"] * f) if told else UNCLEAR
              for row, told in zip(kept, sure, strict=True)]
    told = Told(_swing(about, kept[0], named[kept[0]["address"]], said=swings[0] if sure[0] else ""),
                f"{about.place}; {words.many(kept[0]['n'], 'independent run')}.",
                "Bars: mean answer where the number is at the 5% (blue) or 95% point (orange) of its law, all others as they come; "
                "its value stands at the end, the answer at the right. Upright line: mean of all. Pale: chance may do as much."
                + (f" {words.many(left, 'number')} not shown." if left else ""),
                f"Tornado, {about.question.axis()}. " + "; ".join(
                    f"{named[row['address']]} ({row['address']}) of {_value(of, row, 'low')} to {_value(of, row, 'high')} "
                    f"{labels.unit(of[row['address']])}: {swing}" for row, swing in zip(kept, swings, strict=True))
                + f". {words.INVENTED}")
    figure = pages.begun(told, high=pages.height(len(kept), 0.84))
    ax = pages.axes(figure)
    pages.names(ax, [""] * len(kept))
    ax.text(1.02, -0.6, "the answer", transform=ax.get_yaxis_transform(), va="bottom", fontsize=12, fontweight="bold")
    for y, row in enumerate(kept):
        _named(ax, y, named[row["address"]], unit=labels.unit(of[row["address"]]))
        style = {"hatch": "////", "fill": False} if row["address"] == DUMMY else {"alpha": 1.0 if sure[y] else 0.35}
        _swung(ax, y, (row["at_low"] * f, row["at_high"] * f, middle * f), style=style)
        ax.text(1.02, y, swings[y], transform=ax.get_yaxis_transform(), va="center", fontsize=13)
    pages.room(ax, [x * f for row in kept for x in (row["at_low"], row["at_high"], middle)], share=0.2)
    for y, row in enumerate(kept):
        _ends(ax, y, (row["at_low"] * f, row["at_high"] * f), middle=middle * f,
              called=[_value(of, row, end) for end in ("low", "high")])
    ax.axvline(middle * f, color=INK, linewidth=1.2)
    pages.ticks(ax)
    ax.set_xlabel(about.question.axis(), fontsize=13.5)
    return Page(f"tornado-{about.name}", figure, told)


def _swing(about: About, row: Row, name: str, *, said: str) -> str:
    """Which number swings the answer most, and how far (said: "" where chance may do as much)."""
    if not said or row["address"] == DUMMY:
        return f"No number clearly swings {what(about.question)}"
    return f"'{name}' swings {what(about.question)} most: {said} {about.question.unit}".strip()


def _value(of: Mapping[str, Factor], row: Row, end: str) -> str:
    """What a number is at an end of its bar."""
    return {"low": "low", "high": "high"}[end] if row["address"] in (DUMMY, JUDGEMENT) else labels.worth(
        of[row["address"]], row[f"value_{end}"])


def _named(ax: Axes, y: float, name: str, *, unit: str) -> None:
    """Name of a row, and its unit in smaller letters below."""
    lines, side = textwrap.wrap(name, 38), ax.get_yaxis_transform()
    ax.text(-0.02, y - 0.02 if unit else y, "\n".join(lines), transform=side, ha="right", va="bottom" if unit else "center",
            fontsize=14, linespacing=1.05)
    ax.text(-0.02, y + 0.03, textwrap.fill(unit, 46), transform=side, ha="right", va="top", fontsize=11.5, linespacing=1.05)


def _swung(ax: Axes, y: int, ends: tuple[float, float, float], *, style: Mapping[str, Any]) -> None:
    """The two bars of a number from the middle; one above the other where both go the same way."""
    low, high, middle = ends
    same = (low - middle) * (high - middle) > 0
    for value, colour, place in ((low, NAVY, -0.16), (high, ORANGE, 0.16)):
        own = {"facecolor": colour, "edgecolor": colour if "hatch" in style else "none", **style}
        ax.barh(y + (place if same else 0), value - middle, left=middle, height=0.28 if same else 0.56, **own)


def _ends(ax: Axes, y: int, ends: tuple[float, float], *, middle: float, called: Sequence[str]) -> None:
    """The values of the number at the outer ends of its bars."""
    limits = ax.get_xlim()
    gap = 0.012 * (limits[1] - limits[0])
    same = (ends[0] - middle) * (ends[1] - middle) > 0
    for value, other, name, place in ((*ends, called[0], -0.16), (*ends[::-1], called[1], 0.16)):
        right = value > middle if same else value > other
        ax.text(value + gap if right else value - gap, y + (place if same else 0), name, ha="left" if right else "right",
                va="center", fontsize=12.5)


class Strip(NamedTuple):
    """One row of a picture of spread: what it is called, the answer in each future, and whether the title may be of it (not where
    others know more of what is uncertain)."""

    called: str
    values: NDArray[np.float64]
    told: bool = True


def spread(about: About, strips: Sequence[Strip]) -> Page:
    """Every future as a dot, with median and 90% range, in a row for each scenario (and structure)."""
    kept = [s._replace(values=s.values[np.isfinite(s.values)] * about.question.factor) for s in strips]
    some = [(s.called, s.values) for s in kept if s.values.size]
    said = [_range(values) for _, values in some]
    told = Told(_direction(about.question, [(s.called, s.values) for s in kept if s.told and s.values.size] or some),
                f"{about.place}.",
                "Dots: one simulated future each. Bar: the middle 90% of them; white line: median.",
                "Strips of futures. " + "; ".join(
                    f"{called}: {text} ({words.many(values.size, 'future')})"
                    for (called, values), text in zip(some, said, strict=True)) + f". {words.INVENTED}")
    figure = pages.begun(told, high=pages.height(len(some), 0.95))
    ax = pages.axes(figure, right=3.6)
    pages.names(ax, [called for called, _ in some])
    for y, (_, values) in enumerate(some):
        _strip(ax, y, values)
        text = said[y].replace(", median", "\nmedian") if len(said[y]) > 34 else said[y]
        ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=13)
    ends = [x for _, values in some for x in (values.min(), values.max())]
    pages.room(ax, ends + [0.0] * bool(about.question.against), share=0.05)
    if about.question.against:
        ax.axvline(0, color=INK, linewidth=1.2)
    pages.ticks(ax)
    ax.set_xlabel(about.question.axis(), fontsize=13.5)
    return Page(f"spread-{about.name}", figure, told)


def _direction(question: Question, some: Sequence[tuple[str, NDArray[np.float64]]]) -> str:
    """The range of the row with the largest median among those that tell the direction, if any does."""
    ends = {called: [float(x) for x in np.quantile(values, [0.05, 0.5, 0.95])] for called, values in some}
    clear = {called: row for called, row in ends.items() if not question.against or row[0] > 0 or row[2] < 0}
    if not clear:
        return f"These futures do not show the direction of {what(question)}"
    called = max(clear, key=lambda name: abs(clear[name][1]))
    low, _, high = clear[called]
    unit = question.unit if question.unit == "%" else f" {question.unit}"
    return f"'{called}': {labels.between(low, high)}{unit} in the middle 90% of futures"


def _range(values: NDArray[np.float64]) -> str:
    """`0.001 to 0.004, median 0.002`."""
    low, middle, high = (float(x) for x in np.quantile(values, [0.05, 0.5, 0.95]))
    if values.size < 2:
        return labels.digits(middle)
    return labels.between(low, high) + f", median {labels.ranged(middle, low, high).split(' ')[0]}"


def _strip(ax: Axes, y: float, values: NDArray[np.float64]) -> None:
    """Dots at even heights, without chance, and below them the range with its median."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    place = (np.arange(values.size) * 0.6180339887) % 1           # golden section: neighbours fall apart
    ax.plot(values, y - 0.38 + 0.46 * place, "o", color="#6BACE6", markeredgecolor=NAVY, markeredgewidth=0.5, markersize=5,
            linestyle="none")
    ax.barh(y + 0.27, high - low, left=low, height=0.2, color=NAVY)
    ax.plot([middle, middle], [y + 0.17, y + 0.37], color="white", linewidth=3, solid_capstyle="butt")


SOURCES = {"structure": "the structure of the model", "numbers": "uncertain numbers", "other numbers": "uncertain numbers",
           "judgement": "the shared error of judgement", "chance": "chance"}
"""Sources of what is not known, in the order of the bar, and what they are called."""
FILLS = {"structure": PALETTE[0], "numbers": PALETTE[1], "other numbers": PALETTE[1], "judgement": PALETTE[2], "chance": GREY}
DARK = (PALETTE[0],)


def apart(about: About, scenarios: Mapping[str, Sequence[Row]]) -> Page | None:
    """One bar a scenario: shares of the variance due to structure, numbers, judgement and chance (rows as of `anova.apart`).

    None where nothing varies.
    """
    bars = {scenario: _shares(rows) for scenario, rows in scenarios.items()}
    bars = {scenario: shares for scenario, shares in bars.items() if shares}
    if not bars:
        return None
    first = next(iter(bars))
    most = max(bars[first], key=lambda source: bars[first][source])
    of = f" ('{first}')" if len(bars) > 1 else ""
    told = Told(f"{bars[first][most]:.0%} of what is not known of {what(about.question)}{of} is due to {SOURCES[most]}",
                f"{about.place}. Share of the variance of one future.",
                "Shares as in csv/anova.csv: unbiased estimates, put to 0 where they came out below.",
                "Stacked bars. " + "; ".join(f"{scenario}: " + ", ".join(f"{SOURCES[s]} {share:.0%}" for s, share in shares.items())
                                            for scenario, shares in bars.items()) + f". {words.INVENTED}")
    figure = pages.begun(told, high=pages.TOP + pages.BOTTOM + 1.2 * len(bars))
    ax = pages.axes(figure, right=0.7, left=3.4)
    pages.names(ax, list(bars), wide=28)
    for y, shares in enumerate(bars.values()):
        _stack(ax, y, shares)
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 5), [f"{x:.0%}" for x in np.linspace(0, 1, 5)])
    ax.set_xlabel("Share of the variance of one future", fontsize=13.5)
    used = {SOURCES[s]: FILLS[s] for s in SOURCES if any(s in shares for shares in bars.values())}
    pages.key(figure, [(text, {"color": fill, "linewidth": 11}) for text, fill in used.items()], left=0.9)
    return Page(f"apart-{about.name}", figure, told)


def _shares(rows: Sequence[Row]) -> dict[str, float]:
    """Shares by source, judgement apart from other numbers where it is known; those that are shown as 0 are left out."""
    of = {row["source"]: float(row["share"]) for row in rows}
    names = [s for s in SOURCES if s in of and not (s == "numbers" and "judgement" in of)]
    return {s: of[s] for s in names if math.isfinite(of[s]) and of[s] > 0.005}


def _stack(ax: Axes, y: int, shares: Mapping[str, float]) -> None:
    at = 0.0
    for source, share in shares.items():
        ax.barh(y, share, left=at, height=0.55, color=FILLS[source], edgecolor="white", linewidth=2)
        if share > 0.05:
            ax.text(at + share / 2, y, f"{share:.0%}", ha="center", va="center", fontsize=14,
                    color="white" if FILLS[source] in DARK else "black")
        at += share
