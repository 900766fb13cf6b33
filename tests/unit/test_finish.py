"""Ctrl-C while the tables of a run are written: nothing that was done is lost."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pyarrow.parquet as pq
import pytest

from nbhdsim import experiment
from nbhdsim.scenario import schema

TOWN = """schema: scenario/1
name: town
area: {name: teaching-town, residents: 300}
start: 2026-04
months: 12
history: 12
"""


@pytest.mark.parametrize("written", ["outcomes.parquet", "runs.parquet", "csv"])
def test_a_complete_run_stays_complete(written, tmp_path):
    (tmp_path / "town.yaml").write_text(TOWN, encoding="utf-8")

    def press():
        """Ctrl-C once the table is there."""
        deadline = time.monotonic() + 60
        while not any(tmp_path.glob(f"runs/*/{written}")) and time.monotonic() < deadline:
            time.sleep(0.0005)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=press)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            experiment.run([schema.load(tmp_path / "town.yaml")], name="town", replicates=2, draws=1, jobs=1, out=tmp_path / "runs")
            thread.join()           # pressed after the end: it counts all the same
            time.sleep(0.1)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    folder, = (tmp_path / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"] is True and manifest["counts"] == {"planned": 3, "done": 3, "failed": 0} and manifest["ended"]
    assert pq.read_table(folder / "runs.parquet").num_rows == 3
    assert set(manifest["tables"]) >= {"outcomes.parquet", "costs.parquet", "runs.parquet"}
    assert (folder / "csv" / "outcomes.csv").stat().st_size > 0 and not (folder / "parts").exists()


PROGRAM = """
import os, signal, threading, time
from pathlib import Path
from nbhdsim import experiment
from nbhdsim.scenario import schema

def killed():
    while not any(Path("runs").glob("*/outcomes.parquet")):
        time.sleep(0.0005)
    os.kill(os.getpid(), signal.SIGKILL)

threading.Thread(target=killed, daemon=True).start()
experiment.run([schema.load("town.yaml")], name="town", replicates=2, draws=0, jobs=1, out=Path("runs"))
time.sleep(9)
"""


def test_a_run_that_is_killed_while_tables_are_written_says_how_much_was_done(tmp_path):
    """A process that is ended at once writes nothing more; what stands in the manifest must be right by then."""
    (tmp_path / "town.yaml").write_text(TOWN, encoding="utf-8")
    ended = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    folder, = (tmp_path / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"] is False and manifest["counts"] == {"planned": 2, "done": 2, "failed": 0}
    assert any((folder / "parts").iterdir())


def test_a_comparison_that_was_interrupted_is_gone_on_with(tmp_path):
    """The same command again runs what is left, and the tables are those of a run that was not interrupted."""
    (tmp_path / "town.yaml").write_text(TOWN, encoding="utf-8")
    scenario = schema.load(tmp_path / "town.yaml")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def stop(report):
        if report.done:
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            experiment.run([scenario], name="town", replicates=4, draws=2, jobs=1, out=tmp_path / "stopped", progress=stop)
    finally:
        signal.signal(signal.SIGINT, before)
    counts = []
    for out in ("stopped", "whole"):
        experiment.run([scenario], name="town", replicates=4, draws=2, jobs=1, out=tmp_path / out,
                       progress=lambda report: counts.append(report.done))
    stopped, whole = (json.loads(next(tmp_path.glob(f"{out}/*/manifest.json")).read_text()) for out in ("stopped", "whole"))
    assert counts[0] == 1 and stopped["complete"] and stopped["tables"] == whole["tables"] and len(stopped["resumed"]) == 1
    for name in ("evidence.csv", "csv/outcomes.csv"):
        assert next(tmp_path.glob(f"stopped/*/{name}")).read_bytes() == next(tmp_path.glob(f"whole/*/{name}")).read_bytes()
