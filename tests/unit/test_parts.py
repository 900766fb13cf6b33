"""Parts: what counts, what is held and when it is written, and how a folder is gone on with."""
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from test_joining import FUTURES, chunk, joined

from nbhdsim import parts as parts_
from nbhdsim.parts import DONE, FAILED, OPEN, Parts, adopt
from nbhdsim.workers import Chunk, Future, Outcome


@pytest.fixture
def folder(tmp_path):
    """An empty folder of parts."""
    (tmp_path / "parts").mkdir()
    return tmp_path / "parts"


def test_a_flush_counts_once_its_runs_are_there(folder):
    parts = Parts(folder, FUTURES)
    parts.add(chunk(*FUTURES[:2]))
    parts.flush()
    parts.add(chunk(FUTURES[2]))
    parts.flush()
    assert [path.name for path in parts.of("delivery")] == ["delivery-000000.parquet", "delivery-000001.parquet"]
    parts.path("runs", 1).unlink()                  # as if the driver had been killed before
    (folder / ".delivery-000002.parquet.77.tmp").write_text("half")
    (folder / ".sorting-x").mkdir()
    again = Parts(folder, FUTURES)
    assert again.state.tolist() == [DONE, DONE, OPEN, OPEN, OPEN, OPEN, OPEN]
    assert sorted(path.name for path in folder.iterdir()) == ["delivery-000000.parquet", "runs-000000.parquet"]
    assert [f.run for f in again.left()] == [2, 3, 4, 5, 6]


def test_failures_are_kept_and_can_be_tried_again(folder):
    parts = Parts(folder, FUTURES)
    parts.add(chunk(FUTURES[1], error="no"))
    parts.add(chunk(FUTURES[0]))
    parts.flush()
    again = Parts(folder, FUTURES)
    assert (again.count(FAILED), again.count(DONE), again.attempt[:3].tolist()) == (1, 1, [1, 1, 0])
    again.retry()
    assert FUTURES[1] in again.left()
    again.add(chunk(FUTURES[1]))
    again.flush()
    third = Parts(folder, FUTURES)
    assert (third.count(FAILED), third.count(DONE), third.attempt[:3].tolist()) == (0, 2, [1, 2, 0])


def test_futures_are_known_by_draw_and_replicate(folder):
    """In another plan, longer and in another order, the same futures are done."""
    parts = Parts(folder, FUTURES)
    parts.add(chunk(*FUTURES[:4]))
    parts.flush()
    longer = [Future(run, f.draw, f.replicate) for run, f in enumerate([Future(0, 9, 9), *reversed(FUTURES), Future(0, 0, 99)])]
    state = Parts(folder, longer).state
    assert [(f.draw, f.replicate) for f, s in zip(longer, state, strict=True) if s == DONE] == [(3, 3), (0, 2), (0, 1), (0, 0)]


def test_a_finished_folder_and_one_that_is_not_are_taken_over(tmp_path):
    import pandas as pd

    whole = joined(tmp_path / "all", [chunk(*FUTURES)])
    joined(tmp_path / "old", [chunk(*FUTURES[:3])], futures=FUTURES[:3])
    for state in ("parts", "finished"):
        if state == "finished":
            rows = pq.read_table(tmp_path / "old" / "parts" / "runs-000000.parquet").to_pandas()
            rows[["run", "draw", "replicate", "ok"]].to_parquet(tmp_path / "old" / "runs.parquet")
            rows[["run", "seconds", "host", "attempt"]].to_parquet(tmp_path / "old" / "timing.parquet")
            pd.DataFrame({"draw": [0]}).to_parquet(tmp_path / "old" / "draws.parquet")
            for path in (tmp_path / "old" / "parts").iterdir():
                path.unlink()
        new = tmp_path / state / "parts"
        new.mkdir(parents=True)
        adopt(new, tmp_path / "old", json.loads('["delivery.parquet", "draws.parquet", "of-an-analysis.parquet", "runs.parquet"]'))
        parts = Parts(new, FUTURES)
        assert parts.state.tolist() == [DONE] * 3 + [OPEN] * 4
        parts.add(chunk(*FUTURES[3:]))
        parts.flush()
        from nbhdsim import joining

        joining.finished(parts, tmp_path / state)
        assert (tmp_path / state / "delivery.parquet").read_bytes() == whole


@pytest.mark.slow
def test_many_small_chunks_make_few_files(folder, monkeypatch):
    futures = [Future(run, 0, run) for run in range(3000)]
    clock = iter(np.arange(0.0, 1e6, 0.05))
    monkeypatch.setattr(parts_.time, "monotonic", lambda: float(next(clock)))
    parts = Parts(folder, futures)
    blob = chunk(FUTURES[0]).tables
    for future in futures:
        parts.add(Chunk([Outcome(future, 0.1, "")], "here", blob))
    parts.flush()
    assert parts.count(DONE) == 3000 and len(list(folder.glob("runs-*"))) < 100
    assert sum(len(pq.read_table(path)) for path in parts.of("runs")) == 3000
