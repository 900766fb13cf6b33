"""The page: blocks of sections put into one HTML file that asks nothing of any other place."""

import functools
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from nbhdsim.report.html import blocks
from nbhdsim.report.html.blocks import Section


@functools.cache
def _environment() -> jinja2.Environment:
    """Templates of the package; everything put into one is escaped, and a name that is missing is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("nbhdsim.report.html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"plain": blocks.plain, "minus": blocks.minus, "safe_url": blocks.safe}
    made.tests |= {"numeric": blocks.numeric, "link": lambda cell: isinstance(cell, blocks.Link)}
    made.globals["kind"] = lambda block: type(block).__name__.lower()
    return made


@functools.cache
def style() -> Markup:
    """The one style sheet."""
    return Markup(resources.files("nbhdsim.report.html").joinpath("templates/report.css").read_text(encoding="utf-8"))


def rendered(
    sections: Sequence[Section],
    *,
    title: str,
    subtitle: str,
    facts: Sequence[tuple[str, str]],
    banner: str,
    summary: Section | None = None,
) -> str:
    """The report as HTML; facts: (name, value) of the line under the title; banner: what its status is."""
    held: Mapping[str, Any] = {
        "sections": sections,
        "summary": summary,
        "title": title,
        "subtitle": subtitle,
        "facts": facts,
        "banner": banner,
        "style": style(),
    }
    return _environment().get_template("report.html").render(held)
