"""A Dask cluster of separate processes on this machine: the same bytes, and nothing hangs when parts of it are killed."""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from test_interrupt import living
from test_runner import FUTURES, LONGEST, ended, environment, expected, finish, folder_of, hashes, start, wait_for

pytestmark = pytest.mark.slow


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        """Only the scheduler is started."""
        self.file = folder / "scheduler.json"
        self.started: list[subprocess.Popen] = []
        self.scheduler = self.run("scheduler", "--host", "127.0.0.1", "--port", "0")
        deadline = time.monotonic() + LONGEST
        while not (self.file.exists() and self.file.stat().st_size):
            assert self.scheduler.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]

    def run(self, kind: str, *options: str, more: dict[str, str] | None = None) -> subprocess.Popen:
        """Start a process of the cluster."""
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(self.file), "--no-dashboard"]
        quiet = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"} | (more or {})
        process = subprocess.Popen([*command, *options], env=environment() | quiet, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def worker(self, *, nanny: bool = False, **more: str) -> subprocess.Popen:
        """One worker with one thread; with a nanny it comes back when it is killed."""
        return self.run("worker", "--nthreads", "1", "--nanny" if nanny else "--no-nanny", more=more)

    def end(self) -> None:
        """Kill everything."""
        for process in self.started:
            for one in living(process.pid):
                os.kill(one, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    """A scheduler without workers."""
    made = Cluster(tmp_path)
    yield made
    made.end()


def written(out: Path) -> bool:
    """Is there a part that counts?"""
    return any(out.glob("x-*/parts/runs-*"))


def test_separate_workers_change_no_byte_and_one_may_be_killed(tmp_path, cluster):
    first, _ = cluster.worker(), cluster.worker()
    process = start(tmp_path / "out", "slow", f"cluster={cluster.address}")
    wait_for(lambda: written(tmp_path / "out"), process)
    os.kill(first.pid, signal.SIGKILL)
    assert ended(process).startswith('{"planned"')
    assert hashes(tmp_path / "out") == expected()
    finish(tmp_path / "again", "slow", f"cluster={cluster.address}")        # the scheduler and the other worker are still there
    assert hashes(tmp_path / "again") == expected()


def test_the_scheduler_is_lost(tmp_path, cluster):
    cluster.worker()
    process = start(tmp_path / "out", "slow", f"cluster={cluster.address}")
    wait_for(lambda: written(tmp_path / "out"), process)
    os.kill(cluster.scheduler.pid, signal.SIGKILL)
    said = ended(process)
    assert process.returncode == 1 and "scheduler" in said and "is gone" in said and "same command" in said, said
    assert "Traceback" not in said
    finish(tmp_path / "out", "slow", "jobs=2")
    assert hashes(tmp_path / "out") == expected()


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_the_driver_is_stopped_and_the_cluster_stays(tmp_path, cluster, kind):
    worker = cluster.worker()
    process = start(tmp_path / "out", "slow", f"cluster={cluster.address}")
    wait_for(lambda: written(tmp_path / "out"), process)
    os.kill(process.pid, kind)
    ended(process)
    assert process.returncode == (-kind if kind == signal.SIGKILL else 130)
    assert worker.poll() is None and cluster.scheduler.poll() is None
    finish(tmp_path / "out", "slow", f"cluster={cluster.address}")
    assert hashes(tmp_path / "out") == expected()


def test_a_run_that_kills_its_workers_is_blamed_alone(tmp_path, cluster):
    cluster.worker(nanny=True)
    cluster.worker(nanny=True)
    assert json.loads(finish(tmp_path / "out", "poison", f"cluster={cluster.address}"))["failed"] == 1
    runs = pq.read_table(folder_of(tmp_path / "out") / "runs.parquet").to_pandas()
    assert runs.loc[~runs["ok"], "run"].tolist() == [7] and len(runs) == FUTURES
    error, = (json.loads(line) for line in (folder_of(tmp_path / "out") / "errors.jsonl").read_text().splitlines())
    assert error["run"] == 7 and "worker process was lost twice" in error["error"]


def test_a_run_that_hangs_is_ended(tmp_path, cluster):
    """The time limit is kept in threads that are not the main one."""
    cluster.worker()
    assert json.loads(finish(tmp_path / "out", "hangs", f"cluster={cluster.address}", "limit=1"))["failed"] == 1
    assert "took longer than 1 s" in (folder_of(tmp_path / "out") / "errors.jsonl").read_text()


@pytest.mark.parametrize("kind", ["whole", signal.SIGKILL, signal.SIGINT])
def test_a_cluster_of_its_own(tmp_path, kind):
    process = start(tmp_path / "out", "slow", "cluster=local", "jobs=2")
    if kind != "whole":
        wait_for(lambda: written(tmp_path / "out"), process)
        os.kill(process.pid, kind) if kind == signal.SIGKILL else os.killpg(process.pid, kind)
    said = ended(process)                                   # no process is left
    assert process.returncode == {"whole": 0, signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130}[kind], said
    assert "Traceback" not in said
    if kind != "whole":
        finish(tmp_path / "out", "slow")
    assert hashes(tmp_path / "out") == expected()


def test_a_cluster_that_cannot_be_used_is_refused(tmp_path, cluster):
    assert "no scheduler answers at tcp://127.0.0.1:9" in finish(tmp_path / "out", "slow", "cluster=tcp://127.0.0.1:9", code=2)
    other = tmp_path / "other"
    (other / "nbhdsim").mkdir(parents=True)
    package = Path(__file__).parents[2] / "src" / "nbhdsim"
    for file in package.rglob("*"):
        copy = other / "nbhdsim" / file.relative_to(package)
        if file.is_file() and "__pycache__" not in file.parts:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes() + (b"# changed\n" if file.name == "rng.py" else b""))
    cluster.worker(PYTHONPATH=os.pathsep.join([str(other), environment()["PYTHONPATH"]]))
    said = finish(tmp_path / "out", "slow", f"cluster={cluster.address}", code=2)
    assert "has other versions: source" in said and "Traceback" not in said
    assert not any((tmp_path / "out").glob("*"))


def test_a_town_is_the_same_in_one_process_and_on_a_cluster(tmp_path, cluster):
    """Scenarios, population and compiled code reach the workers; the tables of `compare` are the same, byte for byte."""
    cluster.worker()
    cluster.worker()
    for name, lines in (("a", "{}"), ("b", "{wellbeing_hub: {where: all, sites: 2}}")):
        (tmp_path / f"{name}.yaml").write_text(f"schema: scenario/1\nname: {name}\narea: {{name: teaching-town, residents: 300}}\n"
                                               f"start: 2026-04\nmonths: 12\nhistory: 12\ninterventions: {lines}\n")
    found = []
    for out, *options in (("one", "--jobs", "1"), ("two", "--jobs", "2"), ("cluster", "--cluster", cluster.address)):
        command = [sys.executable, "-m", "nbhdsim", "compare", "a.yaml", "b.yaml", "--replicates", "3", "--draws", "2"]
        done = subprocess.run([*command, "--out", out, *options], cwd=tmp_path, env=environment(), capture_output=True, text=True,
                              timeout=2 * LONGEST)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(next((tmp_path / out).glob("*/manifest.json")).read_text())["tables"])
    assert found[0] == found[1] == found[2] and set(found[0]) >= {"outcomes.parquet", "costs.parquet", "delivery.parquet"}
