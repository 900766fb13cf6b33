"""The loop over a pool: nothing is lost or doubled, and blame is certain, with real processes."""
import os
import signal
import threading
import time
from collections import Counter
from contextlib import closing

import pytest
import tasks

from nbhdsim.errors import Stopped
from nbhdsim.workers import Chunk, Future, Outcome, Work, drive, limit, results
from nbhdsim.workers.drive import Pace

MANY = [Future(run, run % 3, run) for run in range(60)]


@pytest.fixture(autouse=True)
def in_time():
    """No test here takes longer than this, whatever hangs."""
    def late(*_):
        raise TimeoutError("a test of the runner hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def outcomes(task, *, jobs=2, futures=MANY, scenarios=(), limit=None, during=lambda chunk: None):
    """Outcomes by run; every future comes once. `during` is called at each chunk."""
    found: list[Outcome] = []
    with closing(results(Work(scenarios, task, limit, tasks.nowhere), futures, jobs=jobs)) as chunks:
        for chunk in chunks:
            found += chunk.outcomes
            during(chunk)
    assert Counter(o.future for o in found) == Counter(futures)
    return {o.future.run: o for o in found}


def children() -> list[int]:
    """Processes that this one started."""
    own = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        own += [int(name)] if int(fields[1]) == os.getpid() and fields[0] != "Z" else []
    return own


def chunk(seconds: float) -> Chunk:
    """A chunk of one future that took so long."""
    return Chunk([Outcome(MANY[0], seconds, "")], "here", {})


def test_the_first_are_single_and_then_half_a_second_makes_a_chunk():
    pace = Pace()
    assert pace.size(10_000, 2) == 1
    pace.learn(chunk(1.0))              # the first also starts things up
    assert pace.size(10_000, 2) == 1
    pace.learn(chunk(0.05))
    assert pace.size(10_000, 2) == 10
    pace.learn(chunk(0.15))             # slower is taken in slowly
    assert pace.size(10_000, 2) == 5
    pace.learn(chunk(1e-6))
    assert (pace.size(10_000, 2), pace.size(10, 2), pace.size(1, 2)) == (drive.MOST, 3, 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_model_error_is_an_outcome(jobs):
    found = outcomes(tasks.wrong, jobs=jobs)
    assert {run for run, o in found.items() if o.error} == {7, 17, 27, 37, 47, 57}
    assert "ZeroDivisionError: run 17 is wrong" in found[17].error and "tasks.py" in found[17].error


@pytest.mark.slow
def test_a_run_that_kills_its_workers_is_blamed_alone():
    found = outcomes(tasks.poison)
    assert {run: o.error for run, o in found.items() if o.error} == {7: "its worker process was lost twice (out of memory?)"}
    assert not children() or all(b"resource_tracker" in open(f"/proc/{c}/cmdline", "rb").read() for c in children())


@pytest.mark.slow
def test_workers_that_all_die_end_the_run(monkeypatch):
    monkeypatch.setattr(drive, "ROW", 3)
    with pytest.raises(Stopped, match="4 times in a row"):
        outcomes(tasks.deadly)


@pytest.mark.slow
def test_a_worker_lost_once_costs_nothing(tmp_path):
    assert not any(o.error for o in outcomes(tasks.once, scenarios=[str(tmp_path / "once")]).values())


@pytest.mark.slow
def test_a_worker_that_is_killed_from_outside_costs_nothing():
    killed = []

    def kill(chunk):
        workers = [c for c in children() if b"spawn_main" in open(f"/proc/{c}/cmdline", "rb").read()]
        if not killed and workers:
            killed.append(os.kill(workers[0], signal.SIGKILL))

    assert not any(o.error for o in outcomes(tasks.slow, during=kill).values()) and killed


@pytest.mark.slow
def test_a_worker_that_is_lost_in_the_midst_of_what_it_sends_is_noticed():
    found = outcomes(tasks.torn)
    assert {run: o.error for run, o in found.items() if o.error} == {7: "its worker process was lost twice (out of memory?)"}


def test_what_is_half_sent_does_not_keep_a_stop(tmp_path):
    """The thread that reads what workers send ends too: without it the program does not."""
    def stop():
        if (tmp_path / "half").exists():
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), closing(results(Work([str(tmp_path / "half")], tasks.torn, None, tasks.nowhere), MANY,
                                                           jobs=2, tick=stop)) as chunks:
        list(chunks)
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() == before


@pytest.mark.slow
def test_a_run_that_hangs_is_ended():
    begun = time.monotonic()
    found = outcomes(tasks.hangs, limit=1.0)
    assert {run: o.error for run, o in found.items() if o.error} == {7: "took longer than 1 s"}
    assert time.monotonic() - begun < 20


@pytest.mark.slow
def test_a_run_that_no_exception_reaches_ends_with_its_process():
    found = outcomes(tasks.stuck, limit=1.0)
    assert {run: o.error for run, o in found.items() if o.error} == {7: "took longer than 1 s"}


def test_a_limit_leaves_what_ends_in_time_alone():
    """Nothing is raised after the end of a future, however close it was."""
    with limit.limited(0.01) as clock:
        for i in range(400):
            raised = False
            try:
                clock.begin()
                try:
                    until = time.monotonic() + 0.0105 * (i % 2)
                    while time.monotonic() < until:
                        pass
                finally:
                    clock.end()
            except limit.TooLong:
                clock.end()
                raised = True
            sum(range(1000))
            assert not raised or i % 2
    time.sleep(0.05)
    assert threading.active_count() < 20


def test_closing_ends_the_processes():
    chunks = results(Work((), tasks.slow, None, tasks.nowhere), MANY, jobs=2)
    next(chunks)
    begun = time.monotonic()
    chunks.close()
    assert time.monotonic() - begun < 2
    assert not [c for c in children() if b"spawn_main" in open(f"/proc/{c}/cmdline", "rb").read()]
