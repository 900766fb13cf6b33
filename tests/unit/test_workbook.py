"""The workbook of a run folder (standards XL-1 to XL-5), and its CSV twins; bad folders and names of others."""
import json
import shutil

import numpy as np
import openpyxl
import pandas as pd
import pytest
from accounts import run

from nbhdsim import tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.report import held as helds
from nbhdsim.report import tabs, workbook
from nbhdsim.report.held import Held
from nbhdsim.runfolder import write_text


def more(path):
    """Who was reached, and which places were funded."""
    reach = {"scenario": "plan", "draw": 0, "replicate": 0, "intervention": "hub", "by": "quintile",
             "value": np.array(["1", "5"], object), "eligible": np.array([200.0, 40]), "reached": np.array([50.0, 20]),
             "never": np.array([150.0, 20])}
    tables.write_parquet(tables.to_arrow("reach", reach), path / "reach.parquet")
    funded = {"scenario": "plan", "draw": np.arange(1, 9), "replicate": np.arange(5, 13), "intervention": "hub", "place": "a-001",
              "sites": np.array([1.0] * 4 + [0.0] * 4)}
    tables.write_parquet(tables.to_arrow("funded", funded), path / "funded.parquet")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return more(run(tmp_path_factory.mktemp("run") / "x", replicates=5, draws=8))


@pytest.fixture(scope="module")
def book(folder):
    return openpyxl.load_workbook(workbook.make_workbook(Held(folder)))


def rows(page):
    """The table of a sheet as dictionaries by header."""
    (table,) = page.tables.values()
    head, *cells = [[cell.value for cell in row] for row in page[table.ref]]
    return [dict(zip(head, row, strict=True)) for row in cells]


def test_every_sheet_is_one_table_without_a_merged_or_empty_cell(book):
    assert book.sheetnames[:3] == ["Cover", "Contents", "Notes"] and book.sheetnames[-1] == "Columns"
    for page in book.worksheets[1:]:
        (table,) = page.tables.values()
        head, *cells = [[cell.value for cell in row] for row in page[table.ref]]
        assert not page.merged_cells.ranges and table.ref.startswith("A4:")
        assert len({text.lower() for text in head}) == len(head)
        assert cells and all(value not in (None, "") for row in cells for value in row)


def test_the_order_is_that_in_which_a_board_asks(book):
    asked = ["Paid", "Changes", "By fifth", "Worth", "How sure", "Values used"]
    assert [name for name in book.sheetnames if name in asked] == asked
    assert [row["Sheet"] for row in rows(book["Contents"])] == book.sheetnames[2:]
    assert {row["Sheet"] for row in rows(book["Columns"])} == set(book.sheetnames[3:-1])
    assert all(row["Meaning"] != "[z]" for row in rows(book["Columns"]))


def test_numbers_are_those_of_the_frames(folder, book):
    held = Held(folder)
    found = held.projection.groups
    whole = found[(found["by"] == "all") & (found["period"] == "whole") & (found["outcome"] == "bed_days")].iloc[0]
    (row,) = (row for row in rows(book["Changes"]) if row["Outcome"] == "Bed days")
    assert row["Mean change"] == pytest.approx(whole["value"]) and row["90% range, low"] == pytest.approx(whole["all_low"])
    assert row["Unit"] == "bed days a year" and row["Range holds"] == "chance and evidence" and row["Why"] == "[z]"
    paid = pd.DataFrame(rows(book["Paid"]))
    running = paid[(paid["Payer"] == tabs.PAYERS["icb"]) & (paid["Kind"] == "running")]
    assert running["Pounds (mean over futures)"].tolist() == [100_000] * 2
    (place,) = rows(book["Funded places"])
    assert (place["Chosen"], place["Sites"]) == (0.5, 1)
    few = {row["Group"]: row["Note"] for row in rows(book["Never reached"])}
    assert few == {"1": "[z]", "5": "fewer than 100 simulated people"}


def test_what_the_folder_lacks_is_said(book):
    marks = {row["Mark or word"]: row["Meaning"] for row in rows(book["Notes"])}
    assert "no evidence" in marks["Missing: the evidence ledger"].lower() or "evidence.csv" in marks["Missing: the evidence ledger"]
    assert "Evidence" in marks["Sheets left out"] and {"[x]", "[z]", "[low]"} <= set(marks)


def test_the_same_run_gives_the_same_bytes(folder, book, tmp_path):
    again = workbook.make_workbook(Held(folder), out=tmp_path / "again.xlsx")
    assert again.read_bytes() == (folder / workbook.FILE).read_bytes()


def test_csv_twins_have_the_columns_they_are_described_by(folder, book):
    for name, columns in helds.CSV.items():
        assert list(pd.read_csv(folder / "csv" / f"{name}.csv")) == list(columns), name


def test_names_of_others_stay_text(tmp_path):
    names = ["=1+1", "@<script>alert(1)</script>", "x" * 80, "a\u202eb"]
    path = run(tmp_path / "x", gains=dict.fromkeys(names, 0.1), paid={}, replicates=1, draws=0)
    scenarios = [{"name": name, "seed": 1, "overrides": {}, "area": {"name": "=cmd()"}} for name in ("do nothing", *names)]
    resolved = {"schema": "experiment/1", "method": {"kind": "compare"}, "scenarios": scenarios}
    write_text(path / "resolved.yaml", json.dumps(resolved))
    found = openpyxl.load_workbook(workbook.make_workbook(Held(path)))
    shown = {row["Scenario"] for row in rows(found["Changes"])}
    assert shown == {*names[:-1], "ab"}
    cells = [cell for page in found for row in page.iter_rows() for cell in row]
    assert all(cell.data_type in "sn" and not (cell.hyperlink and cell.hyperlink.target) for cell in cells)


@pytest.mark.parametrize("lost", ["outcomes.parquet", "costs.parquet"])
def test_a_half_written_folder_is_shown_as_far_as_it_goes(folder, tmp_path, lost):
    path = shutil.copytree(folder, tmp_path / "x")
    (path / lost).unlink()
    found = openpyxl.load_workbook(workbook.make_workbook(Held(path)))
    assert any(row["Mark or word"].startswith("Missing: ") and lost in row["Meaning"] for row in rows(found["Notes"]))
    assert "Never reached" in found.sheetnames and "Worth" not in found.sheetnames


def test_one_scenario_alone_and_one_future(tmp_path):
    alone = openpyxl.load_workbook(workbook.make_workbook(Held(run(tmp_path / "x", gains={}, paid={"do nothing": ()}))))
    assert "Changes" not in alone.sheetnames
    one = openpyxl.load_workbook(workbook.make_workbook(Held(run(tmp_path / "y", replicates=1, draws=0))))
    assert {row["Range holds"] for row in rows(one["Changes"])} == {"too few futures"}
    assert all(row["90% range, low"] == "[x]" for row in rows(one["Changes"]))


def test_no_run_folder_is_said(tmp_path):
    with pytest.raises(NbhdsimError, match="no run folder|no resolved.yaml"):
        workbook.make_workbook(Held(tmp_path))
