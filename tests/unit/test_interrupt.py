"""Ctrl-C: no process is left, and the folder is readable with what had been finished."""
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

SCENARIO = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 20000}}
start: 2026-04
months: 120
history: 12
interventions: {lines}
"""
WITHOUT_WORKERS = 2         # the driver, and the process that keeps count of what processes share
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)      # a shell may have us ignore it
import sys
from nbhdsim.cli import main
sys.exit(main())
"""


def living(session: int) -> list[int]:
    """Processes of a session that have not ended (a zombie has, and only waits to be collected)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def interrupted(at: Path, ready: Callable[[int], bool], *, presses: int = 1) -> str:
    """Start a comparison in two processes, press Ctrl-C once it is `ready` (given its id), as a terminal does; what it
    says on stderr."""
    (at / "a.yaml").write_text(SCENARIO.format(name="a", lines="{}"))
    (at / "b.yaml").write_text(SCENARIO.format(name="b", lines="{wellbeing_hub: {where: all, sites: 2}}"))
    command = [sys.executable, "-c", PROGRAM, "compare", "a.yaml", "b.yaml", "--jobs", "2",
               "--replicates", "40", "--draws", "0", "--out", "runs"]
    process = subprocess.Popen(command, cwd=at, start_new_session=True, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 300          # two processes compile first, where nothing has been compiled
        while not ready(process.pid):
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()
            time.sleep(0.02)
        for _ in range(presses):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.1)
        said = process.communicate(timeout=60)[1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, said
    assert said.endswith("interrupted\n") and "Traceback" not in said, said
    deadline = time.monotonic() + 2
    while living(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not living(process.pid)
    return said


@pytest.mark.parametrize("presses", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_after_the_first_future(tmp_path, presses):
    """Impatience, a second Ctrl-C while the tables are written, loses nothing."""
    logs = tmp_path.glob
    said = interrupted(tmp_path, lambda _: any("done in" in log.read_text() for log in logs("runs/*/log.txt")), presses=presses)
    assert "stopping" in said
    folder, = (tmp_path / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    done = manifest["counts"]["done"]
    assert manifest["complete"] is False and 0 < done < 40
    runs = pq.read_table(folder / "runs.parquet").to_pandas()
    outcomes = pq.read_table(folder / "outcomes.parquet").to_pandas()
    assert runs["ok"].sum() == done == outcomes["replicate"].nunique()
    assert set(outcomes["scenario"]) == {"a", "b"} and (folder / "csv" / "outcomes.csv").stat().st_size > 0


def test_while_the_processes_start(tmp_path):
    """Before any future is done there are no tables, but the folder says what it was to be."""
    interrupted(tmp_path, lambda driver: any(tmp_path.glob("runs/*/evidence.csv")) and len(living(driver)) > WITHOUT_WORKERS)
    folder, = (tmp_path / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"] is False and manifest["counts"] == {"planned": 40, "done": 0, "failed": 0}
    assert not any(folder.glob("parts/*"))


def test_while_the_folder_is_made(tmp_path):
    """Either there is no folder, or it has its manifest."""
    interrupted(tmp_path, lambda _: (tmp_path / "runs").is_dir())
    for folder in (tmp_path / "runs").iterdir():
        assert json.loads((folder / "manifest.json").read_text())["complete"] is False
