"""What a section of the report is made of: plain data, which the templates turn into HTML and escape.

No text here is HTML. Whatever comes from files of a user goes through `plain` on its way to the page.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from nbhdsim.report.pages import Page, Told

LONGEST = 400
"""Characters of a text of a user's that are shown; the rest is cut, and said to be."""


class Link(NamedTuple):
    """A citation: its text, and an address that is a link only where it begins with http:// or https://."""

    text: str
    url: str


class Say(NamedTuple):
    """A paragraph; tone "" or `warning` (what cannot be said, and why) or `lead`."""

    text: str
    tone: str = ""


class Items(NamedTuple):
    """A list of short texts."""

    items: Sequence[str]


class Table(NamedTuple):
    """A table with a caption, one header row, and rows whose first cell is their header; note: a line below it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Link]]
    note: str = ""


class Picture(NamedTuple):
    """A drawn figure: name of its files, what is told of it, the SVG without its headings, the same as a table, and the slide that
    its files are of."""

    name: str
    told: Told
    svg: Markup
    table: Table
    slide: Page


class More(NamedTuple):
    """Blocks that are opened on demand."""

    summary: str
    blocks: Sequence["Block"]


class Group(NamedTuple):
    """Blocks under a heading of their own."""

    title: str
    blocks: Sequence["Block"]


Block = Say | Items | Table | Picture | More | Group


class Section(NamedTuple):
    """One part of the report: key (its anchor), title and blocks."""

    key: str
    title: str
    blocks: Sequence[Block]


def pictures(blocks: Sequence[Block]) -> list[Picture]:
    """Every picture among blocks, those within others too."""
    found = []
    for block in blocks:
        found += [block] if isinstance(block, Picture) else pictures(block.blocks) if isinstance(block, More | Group) else []
    return found


def plain(text: object, most: int = LONGEST) -> str:
    """A text without control characters and marks that turn its direction, of `most` characters at the utmost."""
    kept = "".join(
        " " if c in "\t\n\r" else "" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in str(text)
    )
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def labels(names: Sequence[str], most: int = 48) -> dict[str, str]:
    """A short label for each name, no two alike and none empty."""
    found: dict[str, str] = {}
    for number, name in enumerate(names, 1):
        label = plain(name, most) or f"scenario {number}"
        found[name] = label if label not in found.values() else f"{plain(name, most - 5)} ({number})"
    return found


def minus(text: str) -> str:
    """The text with a minus sign where a hyphen stands before a number."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", "\N{MINUS SIGN}", text)


def numeric(cell: object) -> bool:
    """Whether a cell holds a number (or a range, or the dash that stands for none), and is aligned as one."""
    return isinstance(cell, str) and bool(
        re.fullmatch(r"[-+\N{MINUS SIGN}]?[\d.][\d,.]*%?( to [-+\N{MINUS SIGN}]?[\d.,]+%?)?|-", cell)
    )


def safe(url: str) -> str:
    """The address where it may be a link, else ""."""
    return url if re.fullmatch(r"https?://[^\s\"'<>]{4,500}", url) else ""
