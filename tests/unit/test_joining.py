"""Finished tables: the same bytes whatever came in which part, sorted, without rows that do not count."""
import os

import numpy as np
import pyarrow as pa
import pytest

from nbhdsim import joining, tables
from nbhdsim.parts import Parts
from nbhdsim.workers import Chunk, Future, Outcome

FUTURES = [Future(run, draw, run) for run, draw in enumerate([0, 0, 0, 3, 1, 2, 0])]


def delivery(future: Future) -> dict:
    """Rows of two scenarios of one future; what is delivered where differs from future to future."""
    names = np.repeat(np.array(["later", "earlier"], object), 4)
    place = np.array([f"{word}-{future.run % 3}" for word in "dcba"] * 2, object)
    return {"scenario": names, "draw": future.draw, "replicate": future.replicate, "month": 0, "place": place,
            "intervention": np.where(names == "later", f"hub {future.run}", "hub"), "places": np.arange(8.0) + future.run,
            "members": 0.0, "joined": 0.0, "left": 0.0, "contacts": 0.0, "reached": 0.0}


def chunk(*futures: Future, error: str = "") -> Chunk:
    """A chunk as a worker sends it."""
    rows = {} if error else {"delivery": tables.packed([tables.to_arrow("delivery", delivery(f)) for f in futures])}
    return Chunk([Outcome(future, 0.1, error) for future in futures], "here", rows)


def joined(folder, *flushes, futures=FUTURES) -> bytes:
    """The finished table `delivery` of chunks by flush."""
    (folder / "parts").mkdir(parents=True)
    parts = Parts(folder / "parts", futures)
    for chunks in flushes:
        parts.held += chunks
        for one in chunks:
            run = [o.future.run for o in one.outcomes]
            parts.state[run], parts.attempt[run], parts.host[run] = (2 if one.outcomes[0].error else 1), 1, parts._host("here")
        parts.flush()
    joining.finished(parts, folder)
    assert not [path for path in (folder / "parts").iterdir() if path.suffix != ".parquet"]
    return (folder / "delivery.parquet").read_bytes()


@pytest.mark.parametrize("rows_a_group, files", [(250_000, 200), (16, 200), (16, 2), (1, 3)])
def test_bytes_do_not_depend_on_chunks_and_flushes(tmp_path, monkeypatch, rows_a_group, files):
    monkeypatch.setattr(joining, "ROWS_A_GROUP", rows_a_group)
    f = FUTURES
    whole = joined(tmp_path / "a", [chunk(*f)])
    monkeypatch.setattr(joining, "FILES", files)
    assert joined(tmp_path / "c", *([chunk(x)] for x in f)) == whole
    assert joined(tmp_path / "d", [chunk(f[6], f[2]), chunk(f[5])], [chunk(f[4], f[0], f[1])], [chunk(f[3])]) == whole
    table = tables.read(tmp_path / "d", "delivery")
    assert len(table) == 7 * 8 and table.equals(table.sort_values(tables.keys("delivery"), ignore_index=True))
    assert os.listdir(tmp_path / "d" / "parts").count("runs-000000.parquet") == 1


def test_what_is_not_done_or_not_of_the_plan_has_no_rows(tmp_path):
    few = FUTURES[:3]
    whole = joined(tmp_path / "a", [chunk(*few)], futures=few)
    joined(tmp_path / "b", [chunk(*FUTURES)])
    parts = Parts(tmp_path / "b" / "parts", few)
    joining.finished(parts, tmp_path / "b")
    assert (tmp_path / "b" / "delivery.parquet").read_bytes() == whole
    assert joined(tmp_path / "c", [chunk(few[0])], [chunk(few[2])], [chunk(few[1], error="x")], futures=few) != whole
    assert set(tables.read(tmp_path / "c", "delivery")["replicate"]) == {0, 2}


def test_a_table_without_rows_is_there(tmp_path):
    none = {name: np.zeros(0, object if kind == tables.TEXT else float) for name, kind in
            zip(tables.SCHEMAS["costs"].names, tables.SCHEMAS["costs"].types, strict=True)}
    empty = {"costs": tables.packed([tables.to_arrow("costs", none)])}
    (tmp_path / "parts").mkdir()
    parts = Parts(tmp_path / "parts", FUTURES[:1])
    parts.add(Chunk([Outcome(FUTURES[0], 0.1, "")], "here", empty))
    parts.flush()
    assert joining.finished(parts, tmp_path) == {"costs": 0}
    assert tables.read(tmp_path, "costs").columns.tolist() == tables.SCHEMAS["costs"].names


def test_text_codes_are_in_the_order_of_names_that_are_used(tmp_path):
    table = tables.canonical(tables.to_arrow("delivery", delivery(FUTURES[0])).slice(0, 1))
    column = table["place"].combine_chunks()
    assert isinstance(column, pa.DictionaryArray) and column.dictionary.to_pylist() == ["a-0"]
