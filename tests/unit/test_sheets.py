"""Workbooks by the rules for government spreadsheets (standards XL-1 to XL-5), whatever texts come in."""
import zipfile
from datetime import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest

from nbhdsim.report import sheets
from nbhdsim.report.sheets import Cover, Sheet

COVER = Cover("A title", ["What this is.", "=HYPERLINK(\"http://x\")"], datetime(2026, 1, 2, 3, 4, 5))
NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "<script>alert(1)</script>", "a\x00b\x07c\u202ed", "x" * 40_000, "", "http://example.org",
         "1234", "'quoted", "a\tb\nc"]


def book(path):
    return openpyxl.load_workbook(path)


def made(tmp_path, *frames, names=("One", "Two", "Three")):
    given = [Sheet(name, f"Title of {name}", "What it holds.", {c: c for c in frame}, frame)
             for name, frame in zip(names, frames, strict=False)]
    return sheets.write(tmp_path / "workbook.xlsx", COVER, given)


def test_every_data_sheet_has_one_real_table_and_no_merged_or_empty_cell(tmp_path):
    frame = pd.DataFrame({"name": ["a", "b"], "x": [1.5, np.nan], "n": [1, 2], "yes": [True, False], "none": [None, "c"]})
    found = book(made(tmp_path, frame, frame))
    assert found.sheetnames == ["Cover", "Contents", "One", "Two"]
    for page in found.worksheets:
        assert not page.merged_cells.ranges and page.sheet_state == "visible" and page["A1"].value
        assert all(cell.font.name == "Arial" and cell.font.size >= 12 for row in page.iter_rows() for cell in row if cell.value)
        if page.title == "Cover":
            continue
        (table,) = page.tables.values()
        assert table.ref.startswith("A4:")
        head, *rows = [[cell.value for cell in row] for row in page[table.ref]]
        assert len({text.lower() for text in head}) == len(head)
        assert all(value not in (None, "") for row in rows for value in row)
        assert page.max_row == 4 + len(rows)
    assert [cell.value for cell in found["One"][5]] == ["a", 1.5, 1, "yes", "[x]"]
    assert [cell.value for cell in found["One"][6]] == ["b", "[x]", 2, "no", "c"]


def test_texts_of_others_stay_texts(tmp_path):
    found = book(made(tmp_path, pd.DataFrame({"text": NASTY})))
    cells = [page_row[0] for page_row in found["One"].iter_rows(min_row=5)]
    assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)
    values = [cell.value for cell in cells]
    assert values[:5] == NASTY[:5] and values[5] == "abcd" and len(values[6]) < 32_768 and values[6].endswith(" (cut)")
    assert values[7:] == ["[z]", "http://example.org", "1234", "'quoted", "a b c"]
    assert found["Cover"]["A3"].value == COVER.lines[1] and found["Cover"]["A3"].data_type == "s"


def test_names_of_sheets_are_safe_and_differ():
    names = sheets.sheet_names(["[a]:*?/\\b", "x" * 40, "x" * 40, "X" * 40, "", "'quoted'", "History", "a\x00"])
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") and name.strip("'") == name for name in names)
    assert len({name.lower() for name in names}) == len(names)


def test_headers_differ_and_are_never_empty():
    assert sheets.headers(["Value", "value", "", "=x", "VALUE"]) == ["Value", "value (2)", "Column 3", "=x", "VALUE (3)"]


def test_sheets_of_nasty_names_open(tmp_path):
    frame = pd.DataFrame({"=a": [1], "+b": ["x"]})
    found = book(made(tmp_path, frame, frame, names=("It's [a/b]", "It's [a/b]")))
    assert len(found.sheetnames) == 4
    assert found["Contents"]["A5"].hyperlink.location == f"'{found.sheetnames[2].replace(chr(39), chr(39) * 2)}'!A1"


def test_what_is_no_number_is_said_in_shorthand(tmp_path):
    found = book(made(tmp_path, pd.DataFrame({"x": [np.inf, -np.inf, np.nan, 1e-9, -1e-9, 0.0, 1e12]})))
    assert [row[0].value for row in found["One"].iter_rows(min_row=5)] == ["[x]", "[x]", "[x]", "[low]", "[low]", 0, 1e12]


def test_the_same_frames_give_the_same_bytes(tmp_path):
    frame = pd.DataFrame({"x": [1.0, 2.0], "text": ["a", "b"]})
    (tmp_path / "b").mkdir()
    one, other = made(tmp_path, frame).read_bytes(), made(tmp_path / "b", frame).read_bytes()
    assert one == other
    assert b"2026-01-02T03:04:05Z" in zipfile.ZipFile(tmp_path / "workbook.xlsx").read("docProps/core.xml")


def test_a_sheet_without_rows_is_left_out(tmp_path):
    found = book(made(tmp_path, pd.DataFrame({"x": [1]}), pd.DataFrame({"x": []})))
    assert found.sheetnames == ["Cover", "Contents", "One"]


@pytest.mark.parametrize(("number", "form"), [(0.0, "#,##0"), (5.0, "#,##0"), (123.4, "#,##0"), (1.5, "#,##0.00"), (-0.5, "0.0000"),
                                              (0.0001, "0.000000")])
def test_numbers_are_shown_by_their_size(number, form):
    assert sheets._form(number) == form
