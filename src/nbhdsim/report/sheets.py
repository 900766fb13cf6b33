"""A workbook by the rules of the UK government for spreadsheets, from plain frames: nothing here knows what the numbers mean.

One table a sheet, a real table with one header row of texts that differ; no merged, hidden or empty cells; a title in A1 and what
the sheet holds in A2; Arial 12; no colour that means something. Every text is written as text, so that none becomes a formula, a
link or a number; the same frames give the same bytes. Government Analysis Function, releasing statistics in spreadsheets (2025).
"""
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from nbhdsim.tables import atomic

FONT: Mapping[str, Any] = {"font_name": "Arial", "font_size": 12}
OPTIONS: Mapping[str, Any] = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False,
                              "in_memory": True, "default_format_properties": FONT}
NOT_AVAILABLE, NOT_APPLICABLE = "[x]", "[z]"
SHORTHAND = {NOT_AVAILABLE: "not available: too few futures, not modelled or not known; a column `Why` says which",
             NOT_APPLICABLE: "not applicable: nothing belongs here", "[low]": "rounds to 0 but is not 0"}
"""What stands in cells that have no number or text."""
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Categories of Unicode that have no business in a cell."""
LONGEST_TEXT = 30_000
"""Characters of a cell; a spreadsheet takes 32,767."""
LONGEST_NAME, LONGEST_LOOKED_AT = 31, 2_000
WIDEST, NARROWEST, COVER = 44, 10, 80.0
"""Widths of columns in characters: the most, the least, and that of the cover."""
TOP = 3
"""Rows above the header of a table."""
MAGNITUDES = ((100, "#,##0"), (1, "#,##0.00"), (0.01, "0.0000"), (0, "0.000000"))
"""How a number is shown, by its size; the cell holds all its digits."""
LINE, TALLEST = 16.0, 400.0
"""Height of a line of text, and of the tallest row, in points: whoever opens the file need not fit rows by hand."""
LOW = 5e-7
"""A number smaller than this would show as 0."""


class Sheet(NamedTuple):
    """One sheet: its name, title, a sentence on what it holds, header of each column of the frame in order, and the frame."""

    name: str
    title: str
    about: str
    headers: Mapping[str, str]
    frame: pd.DataFrame


class Cover(NamedTuple):
    """The first sheet: title of the workbook, lines of text below it, and the time that the file says it was made at."""

    title: str
    lines: Sequence[str]
    created: datetime


def plain(text: object) -> str:
    """A text without control characters and marks that turn its direction, cut where a cell ends."""
    if isinstance(text, str) and text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT:
        return text
    kept = "".join(" " if c in "\t\n\r" else "" if unicodedata.category(c) in UNSEEN else c for c in str(text))
    return kept if len(kept) <= LONGEST_TEXT else kept[:LONGEST_TEXT] + " (cut)"


def sheet_names(names: Iterable[str]) -> list[str]:
    """Names that a workbook takes, no two alike whatever their case: 31 characters, none of []:*?/\\ and no quotes at the ends."""
    found: list[str] = []
    for name in names:
        base = re.sub(r"[\[\]:*?/\\]", " ", plain(name)).strip(" '") or "Sheet"
        base = f"{base} sheet" if base.lower() == "history" else base
        own, number = base[:LONGEST_NAME].strip(" '"), 1
        while own.lower() in {other.lower() for other in found}:
            number += 1
            own = f"{base[:LONGEST_NAME - 3 - len(str(number))]} ({number})"
        found.append(own)
    return found


def headers(texts: Iterable[str]) -> list[str]:
    """Header texts, no two alike whatever their case, none empty."""
    found: list[str] = []
    for number, text in enumerate(texts, 1):
        base, own = plain(text).strip()[:250] or f"Column {number}", ""
        count = 1
        while not own or own.lower() in {other.lower() for other in found}:
            own = base if count == 1 else f"{base} ({count})"
            count += 1
        found.append(own)
    return found


def write(path: Path, cover: Cover, sheets: Sequence[Sheet]) -> Path:
    """Write a workbook whole or not at all: the cover, contents, then the sheets that have rows; returns its path."""
    kept = [sheet for sheet in sheets if len(sheet.frame)]
    names = sheet_names(["Cover", "Contents", *(sheet.name for sheet in kept)])
    with atomic(path) as temporary, xlsxwriter.Workbook(str(temporary), dict(OPTIONS)) as book:
        book.set_properties({"title": plain(cover.title), "author": "nbhdsim", "created": cover.created})
        _cover(book, cover, names[0])
        contents = pd.DataFrame({"sheet": names[2:], "title": [sheet.title for sheet in kept],
                                 "rows": [len(sheet.frame) for sheet in kept]})
        made = [Sheet("Contents", "Contents", "This sheet lists the others, in their order.",
                      {"sheet": "Sheet", "title": "What it holds", "rows": "Rows"}, contents), *kept]
        for number, (sheet, name) in enumerate(zip(made, names[1:], strict=True), 1):
            _sheet(book, sheet, name=name, number=number)
        links = book.get_worksheet_by_name(names[1])
        for row, name in enumerate(names[2:], TOP + 1):
            quoted = name.replace("'", "''")
            links.write_url(row, 0, f"internal:'{quoted}'!A1", book.add_format({**FONT, "underline": 1, "valign": "top"}), name)
    return path


def _cover(book: Workbook, cover: Cover, name: str) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, COVER, book.add_format({**FONT, "text_wrap": True}))
    sheet.write_string(0, 0, plain(cover.title), _heading(book))
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    text = book.add_format({**FONT, "text_wrap": True, "valign": "top"})
    for row, line in enumerate(cover.lines, 1):
        sheet.write_string(row, 0, plain(line), text)
        sheet.set_row(row, _height([(plain(line), COVER)]))


def _heading(book: Workbook) -> Format:
    return book.add_format({**FONT, "bold": True, "font_size": 14})


def _sheet(book: Workbook, sheet: Sheet, *, name: str, number: int) -> None:
    """A sheet with its title, its sentence, and its table from A4 on."""
    page = book.add_worksheet(name)
    titles = headers(sheet.headers.values())
    columns = [_cells(sheet.frame[column]) for column in sheet.headers]
    page.write_string(0, 0, plain(sheet.title), _heading(book))
    page.write_string(1, 0, plain(sheet.about), book.add_format(dict(FONT)))
    page.write_string(2, 0, "One table. The sheet Notes says what marks in square brackets mean.", book.add_format(dict(FONT)))
    shown = {form: book.add_format({**FONT, "num_format": form, "valign": "top"}) for _, form in MAGNITUDES}
    text = book.add_format({**FONT, "text_wrap": True, "valign": "top", "indent": 1})
    widths = [_width(title, cells) for title, cells in zip(titles, columns, strict=True)]
    for at, (width, cells) in enumerate(zip(widths, columns, strict=True)):
        page.set_column(at, at, width)
        _fill(page, at, cells, shown=shown, text=text)
    _heights(page, titles, columns, widths=widths)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(TOP)
    head = book.add_format({**FONT, "bold": True, "text_wrap": True, "valign": "top"})
    page.add_table(TOP, 0, TOP + len(sheet.frame), len(titles) - 1, {
        "name": f"table_{number}", "style": "Table Style Light 1", "banded_rows": False, "autofilter": False,
        "columns": [{"header": title, "header_format": head} for title in titles]})


def _heights(page: Worksheet, titles: Sequence[str], columns: Sequence[Sequence[str | float]], *, widths: Sequence[float]) -> None:
    """Rows as high as their longest text, where one breaks its line."""
    page.set_row(TOP, _height(zip(titles, widths, strict=True)))
    long = {row for cells, width in zip(columns, widths, strict=True) for row, cell in enumerate(cells)
            if isinstance(cell, str) and len(cell) > width - 3}
    for row in sorted(long):
        texts = [(cells[row], width) for cells, width in zip(columns, widths, strict=True) if isinstance(cells[row], str)]
        page.set_row(TOP + 1 + row, _height(texts))                                                     # type: ignore[arg-type]


def _height(texts: Iterable[tuple[str, float]]) -> float:
    """Height of a row from its texts and the widths of their columns."""
    lines = max((len(textwrap.wrap(text[:LONGEST_LOOKED_AT], max(int(width) - 3, 8))) for text, width in texts), default=1)
    return min(LINE * max(lines, 1), TALLEST)


def _fill(page: Worksheet, column: int, cells: Sequence[str | float], *, shown: Mapping[str, Format], text: Format) -> None:
    for row, cell in enumerate(cells, TOP + 1):
        if isinstance(cell, str):
            page.write_string(row, column, cell, text)
        else:
            page.write_number(row, column, cell, shown[_form(cell)])


def _form(number: float) -> str:
    """How a number is shown; whole numbers without decimals."""
    if number == int(number):
        return MAGNITUDES[0][1]
    return next(form for least, form in MAGNITUDES if abs(number) >= least)


def _cells(column: "pd.Series[Any]") -> list[str | float]:
    """What stands in the cells of a column: numbers, texts, and shorthand where there is neither."""
    if column.dtype == bool:
        return ["yes" if value else "no" for value in column]
    if column.dtype.kind in "iuf":
        values = column.to_numpy(float)
        return [_number(value) for value in values.tolist()] if not np.isfinite(values).all() or (np.abs(values) < LOW).any() else \
            values.tolist()
    return [_cell(value) for value in column.tolist()]


def _number(value: float) -> str | float:
    if not np.isfinite(value):
        return NOT_AVAILABLE
    return "[low]" if 0 < abs(value) < LOW else value


def _cell(value: Any) -> str | float:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.integer | np.floating):
        return _number(float(value))
    return NOT_AVAILABLE if value is None or value is pd.NA else plain(value).strip() or NOT_APPLICABLE


def _width(title: str, cells: Sequence[str | float]) -> float:
    """Width of a column: that of its longest text within limits; a header breaks its line between words."""
    words = max(map(len, title.split()), default=0)
    texts = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return float(min(max(NARROWEST, words + 2, min(len(title), 24), texts + 3), WIDEST))
