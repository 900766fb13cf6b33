"""Tables: order, schema, refusal of faults, assembly from parts, CSV twins."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from nbhdsim import tables
from nbhdsim.errors import NbhdsimError

OUTCOME = {
    "month": 0,
    "months": 1,
    "place": "all",
    "quintile": 0,
    "age": "all",
    "people": "all",
    "of": "",
    "outcome": "emergency_admissions",
    "residents": 100.0,
}


def outcomes(draw: int, replicate: int, months: int = 24) -> dict:
    """Made-up monthly rows of two scenarios, deliberately unsorted."""
    month = np.tile(np.arange(months)[::-1], 2)
    names = np.repeat(np.array(["second", "a first"], dtype=object), months)
    return {
        **OUTCOME,
        "scenario": names,
        "draw": draw,
        "replicate": replicate,
        "month": month,
        "value": month + 100.0 * draw + 1000.0 * (names == "second"),
    }


def empty(table: str) -> dict:
    """A table without rows."""
    return {
        name: np.zeros(0) if str(kind) != str(tables.TEXT) else np.zeros(0, dtype=object)
        for name, kind in zip(tables.SCHEMAS[table].names, tables.SCHEMAS[table].types, strict=True)
    }


def rows(draw: int, replicate: int) -> dict:
    """All tables of one made-up future."""
    return {"outcomes": outcomes(draw, replicate), **{t: empty(t) for t in ("costs", "delivery", "funded", "reach")}}


def written(folder, *futures: dict) -> None:
    """Finished tables of some made-up futures."""
    for table in futures[0]:
        pieces = [tables.to_arrow(table, future[table]) for future in futures]
        whole = pa.concat_tables(pieces).unify_dictionaries()
        plain = whole.cast(pa.schema([(f.name, pa.string() if f.type == tables.TEXT else f.type) for f in whole.schema]))
        order = pc.sort_indices(plain, [(name, "ascending") for name in tables.keys(table)])
        tables.write_parquet(whole.take(order), folder / f"{table}.parquet")


def test_rows_are_sorted_by_all_keys_and_scalars_fill_columns():
    table = tables.to_arrow("outcomes", outcomes(0, 3)).to_pandas()
    assert list(table["scenario"].astype(str)) == ["a first"] * 24 + ["second"] * 24
    assert list(table["month"][:24]) == list(range(24))
    assert (table["replicate"] == 3).all()


def test_text_may_come_as_codes_and_names():
    columns = outcomes(0, 0)
    coded = {**columns, "scenario": (np.repeat([2, 1], 24), ["unused", "a first", "second"])}
    assert tables.to_arrow("outcomes", coded).equals(tables.to_arrow("outcomes", columns))


@pytest.mark.parametrize(
    "change, words",
    [({"value": np.nan}, "not finite|are not"), ({"month": 5}, "repeat the key"), ({"extra": 1}, "expected")],
)
def test_faulty_rows_are_refused(change, words):
    with pytest.raises(NbhdsimError, match=words):
        tables.to_arrow("outcomes", {**outcomes(0, 0), **change})


def test_keys_stop_before_the_first_number():
    assert tables.keys("outcomes")[-1] == "outcome"
    assert tables.keys("delivery")[-1] == "intervention"
    assert tables.keys("runs") == ["run", "draw", "replicate"]


def test_csv_twin_has_the_rate_and_every_row(tmp_path):
    written(tmp_path, rows(0, 0))
    assert tables.twins(tmp_path, {"emergency_admissions": 12_000.0}) == "complete"
    twin = pd.read_csv(tmp_path / "csv" / "outcomes.csv", keep_default_na=False)
    assert len(twin) == 48
    assert np.allclose(twin["rate"].astype(float), twin["value"] / 100 * 12_000)
    assert (tmp_path / "csv" / "funded.csv").read_text().strip().endswith("sites")


def test_a_long_outcomes_table_has_a_twin_by_year(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_A_SPREADSHEET_OPENS", 10)
    written(tmp_path, rows(0, 0), rows(1, 1))
    assert tables.twins(tmp_path, {"emergency_admissions": 12_000.0}) == "years"
    twin = pd.read_csv(tmp_path / "csv" / "outcomes.csv")
    assert len(twin) == 2 * 2 * 2
    assert set(twin["months"]) == {12}
    first = twin[(twin["scenario"] == "a first") & (twin["draw"] == 0)]
    assert list(first["value"]) == [sum(range(12)), sum(range(12, 24))]


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), tables.atomic(tmp_path / "x") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_reading_what_is_not_there_says_so(tmp_path):
    with pytest.raises(NbhdsimError, match="run folder"):
        tables.read(tmp_path, "outcomes")


def test_files_are_zstd(tmp_path):
    tables.write_parquet(tables.to_arrow("outcomes", outcomes(0, 0)), tmp_path / "o.parquet")
    assert pq.ParquetFile(tmp_path / "o.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_costs_of_one_key_are_added_up():
    """Two rounds of grants in a year come as two rows of one key."""
    costs = {
        "scenario": "a",
        "draw": 0,
        "replicate": 0,
        "year": np.array([1, 2, 1]),
        "place": "all",
        "intervention": "x",
        "payer": "icb",
        "kind": "set_up",
        "pounds": np.array([1.0, 5.0, 2.0]),
    }
    assert tables.to_arrow("costs", costs)["pounds"].to_pylist() == [3.0, 5.0]
    assert len(tables.to_arrow("costs", empty("costs"))) == 0


def slow_by_year(frame: pd.DataFrame) -> pd.DataFrame:
    """`by_year` row by row, in plain Python."""
    kept, added = {}, {}
    for row in frame.to_dict("records"):
        key = tuple(row[name] for name in tables.keys("outcomes")[5:])
        year = row["month"] // 12 * 12
        if row["months"] == 1:
            added.setdefault((year, *key), []).append(row)
        elif row["place"] == "all":
            kept[year, row["months"], *key] = (row["value"], row["residents"])
    for (year, *key), rows in added.items():
        sums = (sum(r["value"] for r in rows), sum(r["residents"] for r in rows) / len(rows))
        kept.setdefault((year, len(rows), *key), sums)
    return pd.DataFrame([(*key, *both) for key, both in sorted(kept.items())])


def test_a_year_is_its_months_and_neighbourhoods_stay_out(tmp_path):
    """History before month 0, an unfinished year, districts, neighbourhoods and a yearly view that repeats months."""
    months = [
        {**OUTCOME, "place": place, "quintile": quintile, "outcome": outcome, "month": month, "value": 0.125 * month + quintile,
         "residents": 100.0 + month % 7}
        for place in ("all", "north") for quintile in (0, 3) for outcome in ("bed_days", "control") for month in range(-14, 30)
    ]
    years = [
        {**OUTCOME, "place": place, "months": 12, "month": month, "outcome": outcome, "value": 7.0, "age": age}
        for place in ("all", "north-001") for outcome in ("bed_days", "control") for age in ("all", "85+")
        for month in (-12, 0, 12)
    ]
    rows = pd.DataFrame(months + years).assign(scenario="s", draw=2, replicate=5)
    piece = tables.to_arrow("outcomes", {name: rows[name].to_numpy() for name in tables.SCHEMAS["outcomes"].names})
    fast = tables.by_year(piece).to_pandas()
    assert set(fast["place"]) == {"all", "north"} and len(fast[fast["months"] == 12]) < len(years) + len(months) / 12
    slow = slow_by_year(rows)
    assert fast[[*tables.keys("outcomes")[3:], "value", "residents"]].astype(object).to_numpy().tolist() == slow.to_numpy(
        object).tolist()
    none = tables.by_year(piece.filter(pc.equal(piece["place"].cast(pa.string()), "north-001")))
    assert none.equals(tables.SCHEMAS["outcomes"].empty_table().cast(none.schema))


def test_no_text_of_a_csv_becomes_a_formula(tmp_path):
    names = ["=1+1", "+x", "-2", "@x", "\tx", "-", "plain", "", "'=kept"]
    frame = pd.DataFrame({"name": names, "x": -1.5})
    tables.write_frame(frame, tmp_path / "a.csv")
    shown = pd.read_csv(tmp_path / "a.csv", keep_default_na=False)
    assert shown["name"].tolist() == ["'=1+1", "'+x", "'-2", "'@x", "'\tx", "-", "plain", "", "'=kept"]
    assert shown["x"].tolist() == [-1.5] * len(names)
    assert tables.read_frame(tmp_path / "a.csv")["name"].tolist() == [*names[:-1], "=kept"]


def test_nor_does_one_of_a_twin(tmp_path):
    rows = {"draw": 0, "replicate": 0, "scenario": "=cmd()", "intervention": "hub", "sites": 1.0,
            "place": np.array(["@a", "b"], object)}
    tables.write_parquet(tables.to_arrow("funded", rows), tmp_path / "funded.parquet")
    tables.twins(tmp_path, {})
    shown = pd.read_csv(tmp_path / "csv" / "funded.csv")
    assert shown["scenario"].tolist() == ["'=cmd()"] * 2 and shown["place"].tolist() == ["'@a", "b"]
