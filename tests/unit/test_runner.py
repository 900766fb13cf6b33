"""A run that is stopped in every way there is, gone on with, and has the same bytes in the end."""
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
import tasks
from test_interrupt import living

from nbhdsim import runfolder, runner
from nbhdsim.workers import Future, Work

HERE = Path(__file__).parent
FUTURES = 120
TABLES = ("outcomes.parquet", "runs.parquet")
pytestmark = pytest.mark.slow
LONGEST = 90        # seconds that anything here may take


def start(out: Path, task: str = "slow", *options: str, futures: int = FUTURES) -> subprocess.Popen:
    """A driver in a session of its own."""
    return subprocess.Popen([sys.executable, str(HERE / "driver.py"), str(out), task, str(futures), *options], text=True,
                            start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())


def environment() -> dict[str, str]:
    """That of this process, with its search path."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}


def finish(out: Path, task: str = "slow", *options: str, code: int = 0, futures: int = FUTURES) -> str:
    """Run a driver to its end; what it says."""
    process = start(out, task, *options, futures=futures)
    said = ended(process)
    assert process.returncode == code, said
    return said


def ended(process: subprocess.Popen) -> str:
    """Wait for the end of a driver and of all it started; what it said."""
    try:
        return "".join(process.communicate(timeout=LONGEST))
    finally:
        deadline = time.monotonic() + 5
        while living(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        left = living(process.pid)
        for one in left:
            os.kill(one, signal.SIGKILL)
        assert not left


def wait_for(ready: Callable[[], object], process: subprocess.Popen) -> None:
    """Until it is so, while the driver runs."""
    deadline = time.monotonic() + LONGEST
    while not ready():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.01)


def folder_of(out: Path) -> Path:
    """The run folder in `out`."""
    return next(out.glob("x-*"))


def hashes(out: Path) -> dict[str, str]:
    """SHA-256 of the finished tables; they are those of a complete run."""
    manifest = json.loads((folder_of(out) / "manifest.json").read_text())
    assert manifest["complete"] and manifest["counts"] == {"planned": FUTURES, "done": FUTURES, "failed": 0}
    assert not (folder_of(out) / "parts").exists()
    found = {name: hashlib.sha256((folder_of(out) / name).read_bytes()).hexdigest() for name in TABLES}
    assert {name: manifest["tables"][name] for name in found} == found
    return found


@cache
def expected() -> dict[str, str]:
    """The hashes of an uninterrupted run in one process."""
    with TemporaryDirectory() as out:
        finish(Path(out), "quick")
        assert len(pq.read_table(folder_of(Path(out)) / "outcomes.parquet")) == 3 * FUTURES
        return hashes(Path(out))


@pytest.mark.parametrize("options", [("limit=60",), ("jobs=2",)])
def test_processes_change_no_byte(tmp_path, options):
    finish(tmp_path, "slow", *options)
    assert hashes(tmp_path) == expected()


def test_a_worker_that_is_killed_changes_no_byte(tmp_path):
    process = start(tmp_path, "slow", "jobs=2")
    wait_for(lambda: any(tmp_path.glob("x-*/parts/runs-*")), process)
    os.kill(next(p for p in living(process.pid) if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()), signal.SIGKILL)
    ended(process)
    assert process.returncode == 0 and hashes(tmp_path) == expected()


@pytest.mark.parametrize("kind, jobs", [(signal.SIGKILL, 1), (signal.SIGKILL, 2), (signal.SIGINT, 1), (signal.SIGINT, 2)])
def test_a_driver_that_is_stopped_is_gone_on_with(tmp_path, kind, jobs):
    """Killed (it alone: its workers must notice), or Ctrl-C (which a terminal sends to all of them)."""
    process = start(tmp_path, "slow", f"jobs={jobs}")
    wait_for(lambda: any(tmp_path.glob("x-*/parts/runs-*")), process)
    os.kill(process.pid, kind) if kind == signal.SIGKILL else os.killpg(process.pid, kind)
    ended(process)
    assert process.returncode == (-kind if kind == signal.SIGKILL else 130)
    manifest = json.loads((folder_of(tmp_path) / "manifest.json").read_text())
    assert not manifest["complete"] and any(folder_of(tmp_path).glob("parts/runs-*"))
    finish(tmp_path, "slow", f"jobs={3 - jobs}")
    assert hashes(tmp_path) == expected()
    assert len(json.loads((folder_of(tmp_path) / "manifest.json").read_text())["resumed"]) == 1


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path):
    said = finish(tmp_path, "slow", "largest=9000", code=1)
    assert "disk is full" in said and "same command again" in said and "Traceback" not in said
    assert any(tmp_path.glob("x-*/parts/runs-*"))
    finish(tmp_path)
    assert hashes(tmp_path) == expected()


def test_a_longer_plan_takes_over_what_a_shorter_one_has_done(tmp_path):
    """Of a folder that is complete and of one that is not; nothing is run twice."""
    finish(tmp_path / "short", "slow", futures=50)
    finish(tmp_path / "long", "slow", f"extends={folder_of(tmp_path / 'short')}")
    assert hashes(tmp_path / "long") == expected()
    assert finish(tmp_path / "wrong", "wrong", futures=50) and finish(tmp_path / "again", "wrong", "jobs=2",
                                                                      f"extends={folder_of(tmp_path / 'wrong')}")
    tried = pq.read_table(folder_of(tmp_path / "again") / "timing.parquet")["attempt"].to_pylist()
    assert tried == [1] * FUTURES
    assert "is no run folder" in finish(tmp_path / "none", "slow", f"extends={tmp_path}", code=2)
    assert not any((tmp_path / "none").glob("*"))


def test_two_drivers_in_one_folder(tmp_path):
    process = start(tmp_path)
    wait_for(lambda: any(tmp_path.glob("x-*/parts/runs-*")), process)
    assert "another run" in finish(tmp_path, code=2)
    ended(process)
    assert hashes(tmp_path) == expected()


def test_failed_runs_stay_failed_until_they_are_to_be_tried_again(tmp_path):
    assert json.loads(finish(tmp_path, "wrong")) == {"planned": FUTURES, "done": 108, "failed": 12}
    errors = [json.loads(line) for line in (folder_of(tmp_path) / "errors.jsonl").read_text().splitlines()]
    assert [(e["run"], e["draw"], e["replicate"]) for e in errors[:2]] == [(7, 1, 7), (17, 2, 17)]
    assert "ZeroDivisionError: run 7 is wrong" in errors[0]["error"]
    with (folder_of(tmp_path) / "errors.jsonl").open("a") as file:
        file.write('{"run": 8, "dra')                                        # torn by a sudden end
    assert json.loads(finish(tmp_path))["failed"] == 12
    assert len((folder_of(tmp_path) / "errors.jsonl").read_text().splitlines()) == 12
    assert pq.read_table(folder_of(tmp_path) / "runs.parquet")["ok"].to_pylist().count(False) == 12
    assert json.loads(finish(tmp_path, "slow", "retry=1"))["failed"] == 0
    assert hashes(tmp_path) == expected() and (folder_of(tmp_path) / "errors.jsonl").read_text() == ""
    assert max(pq.read_table(folder_of(tmp_path) / "timing.parquet")["attempt"].to_pylist()) == 2


def test_other_versions_and_other_experiments_are_refused(tmp_path):
    finish(tmp_path, "wrong")
    file = folder_of(tmp_path) / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps(manifest | {"dependencies": manifest["dependencies"] | {"numpy": "0.1"}}))
    said = finish(tmp_path, code=2)
    assert "other versions: numpy 0.1 there" in said and "--anew" in said
    assert json.loads(file.read_text())["counts"]["done"] == 108
    file.write_text(json.dumps(manifest | {"config_hash": "0"}))
    assert "another experiment" in finish(tmp_path, "slow", "anew=1", code=2)
    file.write_text(json.dumps(manifest))
    finish(tmp_path, "slow", "anew=1")
    assert hashes(tmp_path) == expected()


def test_a_pilot_that_is_interrupted_keeps_what_it_has(tmp_path):
    folder = runfolder.create(tmp_path, resolved={"name": "x"}, resolved_text="", texts={}, seed=1, argv=[], planned=9)
    plan = [Future(run, 0, run) for run in range(9)]

    def stop(report):
        if report.done:
            raise KeyboardInterrupt

    work = Work((), tasks.quick, None, tasks.nowhere)
    with pytest.raises(KeyboardInterrupt):
        runner.Runner(folder, plan).pilot(work, progress=stop)
    assert runner.Runner(folder, plan).counts() == {"planned": 9, "done": 1, "failed": 0}
    runner.Runner(folder, plan).pilot(work, progress=lambda report: None)
    assert runner.Runner(folder, plan).counts()["done"] == 9 and folder.lock is not None
    folder.close()


def test_memory_of_the_driver_does_not_grow_with_runs(tmp_path):
    """Between run 1,000 and run 6,000, in MB; nor is there a file a run."""
    plan = [Future(run, 0, run) for run in range(6000)]
    folder = runfolder.create(tmp_path, resolved={"name": "x"}, resolved_text="", texts={}, seed=1, argv=[], planned=len(plan))
    seen: dict[int, int] = {}
    files: list[int] = []

    def note(report):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        seen.setdefault(report.done // 1000, pages * os.sysconf("SC_PAGE_SIZE") // 2 ** 20)
        files.append(len(list(folder.parts.iterdir())))

    work = Work((), tasks.quick, None, tasks.nowhere)
    result = runner.Runner(folder, plan).carry_out(work, jobs=2, progress=note)
    assert result.done == len(plan) and len(seen) > 3 and max(files) < 150
    assert max(mb for thousands, mb in seen.items() if thousands) - seen[min(t for t in seen if t)] < 20, seen
