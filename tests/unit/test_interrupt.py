"""Ctrl-C: no process is left, and the folder is readable with what had been finished."""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

SCENARIO = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 20000}}
start: 2026-04
months: 120
history: 12
interventions: {lines}
"""


def living(group: int) -> list[int]:
    """Processes of a group that have not ended (a zombie has, and only waits to be collected)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def test_interrupted_after_the_first_future(tmp_path):
    (tmp_path / "a.yaml").write_text(SCENARIO.format(name="a", lines="{}"))
    (tmp_path / "b.yaml").write_text(SCENARIO.format(name="b", lines="{wellbeing_hub: {where: all, sites: 2}}"))
    program = "import sys; from nbhdsim.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "compare", "a.yaml", "b.yaml", "--jobs", "2",
               "--replicates", "40", "--draws", "0", "--out", "runs"]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))   # a shell may ignore it
    try:
        deadline = time.monotonic() + 120
        while not any("done in" in log.read_text() for log in tmp_path.glob("runs/*/log.txt")):
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    folder, = (tmp_path / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    done = manifest["counts"]["done"]
    assert manifest["complete"] is False and 0 < done < 40
    runs = pq.read_table(folder / "runs.parquet").to_pandas()
    assert runs["ok"].sum() == done and pq.read_table(folder / "outcomes.parquet").num_rows > 0
    time.sleep(0.5)
    assert not living(process.pid)
