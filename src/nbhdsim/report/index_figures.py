"""Pictures of indices: what moves an answer, how unevenly, which pairs act together, and whether more runs would say the same.

Luck and the number that no model reads are hatched: they are nothing that anyone could know better.
"""
import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes

from nbhdsim.experiment import read
from nbhdsim.report import labels, pages, words
from nbhdsim.report.labels import Question, digits
from nbhdsim.report.pages import GREY, INK, NAVY, ORANGE, PALETTE, Page, Told
from nbhdsim.sensitivity import DUMMY, LARGE, MOVED, SEED, WIDE

MOST = 12
"""Rows of a picture; the rest are in the table."""
NAMED = 8
"""Points and lines with a name."""
FINE = 200
"""Of the largest mean step: no figure is finer."""
LITTLE = 0.05
"""Share of the largest mean step below which a number is not named."""
Row = Mapping[Hashable, Any]


class Series(NamedTuple):
    """One kind of bar: its index, what it is called, its place beside the row, colour and height."""

    of: str
    called: str
    place: float
    colour: str
    high: float


ALONE = Series("S1", "alone", -0.18, NAVY, 0.32)
IN_ALL = Series("ST", "in all", 0.18, ORANGE, 0.32)
SHARE = "Share of the variance of the answer"
KINDS: Mapping[str, tuple[tuple[Series, ...], str]] = {
    "ST": ((ALONE, IN_ALL), SHARE),
    "S1": ((ALONE._replace(place=0.0, high=0.5),), SHARE),
    "mu_star": ((Series("mu_star", "mean step", 0.0, NAVY, 0.5),), "Mean size of a step over the range of the number"),
    "delta": ((Series("delta", "shift", 0.0, NAVY, 0.5),), "Shift of the distribution of the answer (delta, 0 to 1)"),
    "pawn_median": ((Series("pawn_median", "shift", 0.0, NAVY, 0.5),),
                    "Shift of the distribution of the answer (PAWN, 0 to 1)"),
}
"""For the index that ranks: which bars there are, and what their axis is called."""
LONG = {"alone": "the number alone", "in all": "in all, with what it acts with"}
"""What the bars are called in the key."""


class Shown(NamedTuple):
    """The indices of one answer: rows of the table `indices`, name of its files, question, and whose answer it is."""

    rows: pd.DataFrame
    name: str
    question: Question
    place: str


class Ranked(NamedTuple):
    """Indices of all runs: the one that ranks, the addresses by it, and the rows by address and index."""

    main: str
    order: list[str]
    cells: dict[tuple[str, str], Row]

    def value(self, address: str, index: str = "", end: str = "value") -> float:
        """An index, or an end of its interval; NaN where there is none."""
        return float(self.cells.get((address, index or self.main), {}).get(end, math.nan))      # type: ignore[call-overload]

    def has(self, index: str) -> bool:
        """Is there such an index?"""
        return any(name == index for _, name in self.cells)


def ranked(rows: pd.DataFrame) -> Ranked:
    """The indices of single numbers from all runs."""
    last = rows[(rows["n"] == rows["n"].max()) & (rows["other"].fillna("") == "")]
    main = next(name for name in read.FOREMOST if (last["index"] == name).any())
    order = last[last["index"] == main].sort_values("value", ascending=False, kind="stable")["address"]
    return Ranked(main, list(map(str, order)), {(str(row["address"]), str(row["index"])): row for row in last.to_dict("records")})


def floor_of(some: Ranked) -> float:
    """What a number that no model reads comes to at most; 0 without one."""
    return max([0.0, *(x for x in (some.value(DUMMY), some.value(DUMMY, end="high")) if x == x)])


def what(question: Question) -> str:
    """`the change in life satisfaction`, or what it is a level of; without the ages, which stand at the axis."""
    text = question.text.split(", 16+")[0]
    text = f"'{text}'" if question.unit in ("%", "percentage points") else text
    return f"the change in {text}" if question.against else text


def _title(shown: Shown, some: Ranked) -> str:
    """What is seen: whether luck is above all numbers, and which number is first."""
    numbers, told = [a for a in some.order if a not in (SEED, DUMMY)], what(shown.question)
    if not numbers or not some.value(numbers[0]) > floor_of(some):
        return f"No number moves {told} more than one the model does not read"
    first = f"'{labels.short(numbers[0])}'"
    if some.value(SEED) > some.value(numbers[0]):
        return f"Luck moves {told} most in a single run; of the numbers, {first}"
    return f"{first} moves {told} most"


def _runs(row: Row) -> str:
    return (words.many(row["n"], "run") if row["replicates"] == 1
            else f"{words.many(row['n'], 'point')}, means over {row['replicates']} replicates")


def bars(shown: Shown) -> Page:
    """Each number's indices as bars with 95% intervals, the most important first."""
    some = ranked(shown.rows)
    series, axis = KINDS[some.main]
    series = tuple(s for s in series if some.has(s.of))
    kept = some.order[:MOST] + [a for a in some.order[MOST:] if a in (SEED, DUMMY)]
    named, left = labels.shorts(kept), len(some.order) - len(kept)
    note = [f"Black lines: 95% intervals{'' if some.main == 'mu_star' else '; about 0: the interval holds 0'}." if any(
                row["low"] == row["low"] for row in some.cells.values()) else "",
            "Hatched: what nobody could know better." if {SEED, DUMMY} & set(kept) else "",
            f"{words.many(left, 'number')} with less: in csv/indices.csv." if left else ""]
    said = "; ".join(f"{named[a]} ({a}): " + ", ".join(f"{s.called} {_text(some.cells.get((a, s.of)))}" for s in series)
                     for a in kept)
    told = Told(_title(shown, some), f"{shown.place}; {_runs(next(iter(some.cells.values())))}.", " ".join(filter(None, note)),
                f"Bars. {axis}. {said}. {note[-1]} {words.INVENTED}")
    figure = pages.begun(told, high=pages.height(len(kept), 0.68))
    ax = pages.axes(figure)
    _rows(ax, [named[a] for a in kept], [[(s, some.cells.get((a, s.of))) for s in series] for a in kept],
          hatched=[a in (SEED, DUMMY) for a in kept])
    _limits(ax, [row for (_, index), row in some.cells.items() if index in {s.of for s in series}],
            whole=some.main in ("S1", "ST"))
    ax.set_xlabel(axis if some.main != "mu_star" else f"{axis} ({shown.question.unit})", fontsize=13.5)
    if len(series) > 1:
        pages.key(figure, [(LONG[s.called], {"color": s.colour, "linewidth": 9}) for s in series])
    return Page(f"indices-{shown.name}", figure, told)


def _text(row: Row | None, finest: float = 0.0) -> str:
    """The value of an index with its interval; finest: of a mean step, the step that is worth showing."""
    if row is None or row["value"] != row["value"]:
        return "none"
    if row["index"] == "mu_star":
        return labels.ranged(row["value"], row["low"], row["high"], finest=finest)
    return read.shown(row["value"], row["low"], row["high"]).replace("-", "\N{MINUS SIGN}")


def _rows(ax: Axes, called: Sequence[str], rows: Sequence[Sequence[tuple[Series, Row | None]]], *, hatched: Sequence[bool],
          wide: int = 38) -> None:
    """Rows of bars with names at the left and values at the right."""
    pages.names(ax, called, wide=wide)
    finest = max((cell["value"] for row in rows for _, cell in row if cell is not None), default=0.0) / FINE
    for y, row in enumerate(rows):
        for one, cell in row:
            said = _text(cell, finest) if len(row) == 1 else f"{one.called}  {_text(cell)}"
            said = said.replace(" (", "\n(") if len(said) > 29 else said
            ax.text(1.02, y + one.place, said, transform=ax.get_yaxis_transform(), va="center", fontsize=13)
            if cell is not None:
                _bar(ax, y + one.place, cell, one=one, hatched=hatched[y])


def _bar(ax: Axes, y: float, cell: Row, *, one: Series, hatched: bool) -> None:
    """A bar from 0 and its interval."""
    own: dict[str, Any] = {"hatch": "////", "facecolor": "white", "edgecolor": one.colour, "linewidth": 1.2} if hatched else {
        "color": one.colour, "linewidth": 0}
    ax.barh(y, max(cell["value"], 0.0), height=one.high, **own)
    if cell["low"] == cell["low"]:
        ax.plot([cell["low"], cell["high"]], [y] * 2, color="black", linewidth=1.6, marker="|", markersize=8, zorder=3)


def _limits(ax: Axes, rows: Sequence[Row], *, whole: bool) -> None:
    """From 0 (or a little below) to 1 where these are shares, else around the bars; intervals that go on are cut."""
    low, high = (f([x for row in rows for x in (row["value"], row[end]) if x == x] or [0.0])
                 for f, end in ((min, "low"), (max, "high")))
    top = min(max(1.0, high), 1.3) if whole else 1.07 * high if high > 0 else 1.0
    ax.set_xlim(max(min(low, 0.0), -0.15 * top), top)
    ax.axvline(0, color=INK, linewidth=1.2)
    pages.ticks(ax)


def pairs(shown: Shown) -> Page | None:
    """The pairs that act together most; None where no pairs were asked for."""
    rows = shown.rows
    found = rows[(rows["n"] == rows["n"].max()) & (rows["index"] == "S2") & rows["value"].notna()]
    two: list[Row] = found.sort_values("value", ascending=False, kind="stable").head(MOST).to_dict("records")
    if not two:
        return None
    named = labels.shorts(list(dict.fromkeys(str(row[name]) for row in two for name in ("address", "other"))))
    called = [f"{named[row['address']]} \N{MULTIPLICATION SIGN} {named[row['other']]}" for row in two]
    sure = [name.replace("\N{MULTIPLICATION SIGN}", "and") for name, row in zip(called, two, strict=True) if row["low"] > 0]
    title = f"{sure[0]} act together most" if sure else f"No two numbers clearly act together on {what(shown.question)}"
    left = len(found) - len(two)
    said = "; ".join(f"{name}: {_text(row)}" for name, row in zip(called, two, strict=True))
    told = Told(title[0].upper() + title[1:], f"{shown.place}; {_runs(two[0])}.",
                "Black lines: 95% intervals; about 0: the interval holds 0."
                + (f" {words.many(left, 'pair')} with less: in csv/indices.csv." if left else ""),
                f"Bars of what pairs do beyond both alone (S2). {said}. {words.INVENTED}")
    figure = pages.begun(told, high=pages.height(len(two), 0.68))
    ax, one = pages.axes(figure, left=4.9), Series("S2", "pair", 0.0, NAVY, 0.5)
    _rows(ax, called, [[(one, row)] for row in two], hatched=[bool({row["address"], row["other"]} & {SEED, DUMMY}) for row in two],
          wide=42)
    _limits(ax, two, whole=False)
    ax.set_xlabel(f"{SHARE}, beyond both alone", fontsize=13.5)
    return Page(f"pairs-{shown.name}", figure, told)


def morris(shown: Shown) -> Page | None:
    """How far each number moves the answer (mu*) against how unevenly (sigma); None where sigma is not known (groups)."""
    some = ranked(shown.rows)
    if not some.has("sigma"):
        return None
    numbers = [a for a in some.order if a != DUMMY]
    floor = max(floor_of(some), LITTLE * some.value(some.order[0]))
    matter = [a for a in numbers if some.value(a) > floor][:NAMED]
    named, rest = labels.shorts(matter), len(numbers) - len(matter)
    title = f"No number moves {what(shown.question)}"
    if matter:
        title = f"Of {words.many(len(numbers), 'number')}, '{named[matter[0]]}' moves {what(shown.question)} most"
    said = "; ".join(f"{named[a]} ({a}): mean step {digits(some.value(a))}, sigma {digits(some.value(a, 'sigma'))}" for a in matter)
    grey = f" Grey: {words.many(rest, 'number')} with less, in csv/indices.csv." if rest else ""
    told = Told(title, f"{shown.place}; {_runs(next(iter(some.cells.values())))}.",
                "A step is a change of one number alone. Near or above the dashed line (sigma = mu*) its effect is no straight "
                f"line, or hangs on other numbers.{grey}",
                f"Points by mean size of a step (mu*) and its unevenness (sigma), {shown.question.unit}. {said}.{grey} "
                f"{words.INVENTED}")
    figure = pages.begun(told)
    ax = pages.axes(figure, left=1.5, right=5.0)
    points = [(some.value(a), some.value(a, "sigma")) for a in some.order]
    _points(ax, points, [labels.short(a) if a in matter else "" for a in some.order])
    ax.set_xlabel(f"Mean size of a step over the range of the number, mu* ({shown.question.unit})", fontsize=13.5)
    ax.set_ylabel(f"Unevenness of steps, sigma ({shown.question.unit})", fontsize=13.5)
    return Page(f"morris-{shown.name}", figure, told)


def _points(ax: Axes, points: Sequence[tuple[float, float]], called: Sequence[str]) -> None:
    """Points, the guide line, and names in a column at the right with a thin line to each point that has one."""
    for which, i in (("x", 0), ("y", 1)):
        pages.room(ax, [0.0, *(p[i] for p in points)], which, share=0.06)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    right, top = ax.get_xlim()[1], ax.get_ylim()[1]
    ax.plot([0, min(right, top)], [0, min(right, top)], "--", color=INK, linewidth=1.2)
    some = [i for i, name in enumerate(called) if name]
    wanted = [points[i][1] - 0.05 * top * points[i][0] / right for i in some]      # the point at the right has the lower name
    places = dict(zip(some, pages.spread(wanted, 0.105 * top, (0.03 * top, 0.97 * top)), strict=True))
    for i, point in enumerate(points):
        if i not in places:
            ax.plot(*point, "o", color=GREY, markeredgecolor=INK, markeredgewidth=0.6, markersize=7)
            continue
        ax.plot(*point, "o", color=NAVY, markersize=11, zorder=4, clip_on=False)
        ax.plot([point[0], 1.03 * right], [point[1], places[i]], color=GREY, linewidth=1, clip_on=False, zorder=1)
        ax.text(1.04 * right, places[i], textwrap.fill(called[i], 42), va="center", fontsize=13, linespacing=1.1)
    for which in ("x", "y"):
        pages.ticks(ax, which)
    ax.spines["left"].set_visible(True)


def convergence(shown: Shown) -> Page | None:
    """The index that ranks from a quarter, half and all of the runs, with intervals; None where there is one number of runs."""
    counts = sorted(int(n) for n in shown.rows["n"].unique())
    if len(counts) < 2:
        return None
    by = [ranked(shown.rows[shown.rows["n"] == n]) for n in counts]
    order = by[-1].order
    named, kept = labels.shorts(order), order[:NAMED]
    said = "; ".join(f"{named[a]}: " + ", ".join(f"{one.value(a):.2f} from {n:,} runs" for one, n in zip(by, counts, strict=True))
                     for a in kept)
    less = f" {words.many(len(order) - len(kept), 'number')} with less: in csv/indices.csv." if len(order) > len(kept) else ""
    told = Told(_settled(by, named), f"{shown.place}.",
                f"Upright lines: 95% intervals. Settled: moved by {MOVED:g} at most when the runs were doubled (--extend doubles "
                f"them).{less}", f"Indices by number of runs. {said}.{less} {words.INVENTED}")
    figure = pages.begun(told)
    ax = pages.axes(figure, left=1.4, right=4.6)
    _lines(ax, by, kept, called=[named[a] for a in kept])
    ax.set_xticks(range(len(counts)), [f"{n:,}" for n in counts])
    ax.set_xlabel("Runs", fontsize=13.5)
    ax.set_ylabel("Share of the variance, in all (ST)", fontsize=13.5)
    return Page(f"convergence-{shown.name}", figure, told)


def _settled(by: Sequence[Ranked], named: Mapping[str, str]) -> str:
    """Whether the indices have settled: which moved most, or is known worst."""
    last = {a: by[-1].value(a) for a in by[-1].order if by[-1].value(a) == by[-1].value(a)}
    moved = {a: abs(x - by[-2].value(a)) for a, x in last.items()}
    wide = {a: (by[-1].value(a, end="high") - by[-1].value(a, end="low")) / 2 for a, x in last.items() if x > LARGE}
    far, worst = (max(some, key=lambda a: some[a], default="") for some in (moved, wide))
    if far and moved[far] > MOVED:
        return f"Not settled: '{named[far]}' moved by {moved[far]:.2f} when the runs were doubled"
    if worst and wide[worst] > WIDE:
        return f"Settled, but known roughly: '{named[worst]}' to {wide[worst]:.2f} either way"
    return "Settled: twice as many runs hardly changed any index"


def _lines(ax: Axes, by: Sequence[Ranked], kept: Sequence[str], *, called: Sequence[str]) -> None:
    """A line for each number, its first ones in colours of their own, with names in a column at the right."""
    ends = [one.value(a, end=end) for one in by for a in kept for end in ("value", "low", "high")]
    pages.room(ax, [0.0, *(min(max(x, -0.3), 1.4) for x in ends if x == x)], "y", share=0.05)
    low, high = ax.get_ylim()
    last = [by[-1].value(a) for a in kept]
    places = pages.spread(last, 0.115 * (high - low), (low + 0.03 * (high - low), high - 0.03 * (high - low)))
    right = len(by) - 0.6
    for i, address in enumerate(kept):
        colour, marker = (PALETTE[i], "os^D"[i]) if i < len(PALETTE) else (GREY, "o")
        x = [j + 0.05 * (i - (len(kept) - 1) / 2) for j in range(len(by))]
        line = "--" if address in (SEED, DUMMY) else "-"
        ax.plot(x, [one.value(address) for one in by], marker=marker, markersize=9, linestyle=line, color=colour, linewidth=2.2)
        for at, one in zip(x, by, strict=True):
            ax.plot([at, at], [one.value(address, end="low"), one.value(address, end="high")], color=colour,
                    linewidth=1.4)
        ax.plot([x[-1], right], [last[i], places[i]], color=GREY, linewidth=1, clip_on=False, zorder=1)
        ax.text(right + 0.03, places[i], textwrap.fill(called[i], 36), va="center", fontsize=13, linespacing=1.1)
    ax.set_xlim(-0.35, right)
    pages.ticks(ax, "y")
    ax.axhline(0, color=INK, linewidth=1.2)
    ax.grid(axis="y", color=pages.PALE, linewidth=0.8)
