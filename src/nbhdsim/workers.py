"""Where futures are run: in this process, or over worker processes that survive a lost worker and stop at once.

A worker builds the world at its first future and keeps it; it writes the rows of each future as parts of its own, so
only a few words travel between processes.
"""

import functools
import os
import pickle
import signal
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures import Future as Promise
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from nbhdsim import tables
from nbhdsim.errors import NbhdsimError

SPEC = "workplace.pickle"


class Future(NamedTuple):
    """One future: `run` numbers the plan from 0; draw 0 has central values; `replicate` is its luck."""

    run: int
    draw: int
    replicate: int


Task = Callable[[Any, Sequence[Any], Future], Mapping[str, Mapping[str, Any]]]
"""What is done with a world, its scenarios and one future: rows by table, a pure function of them. A function of a module, so
that it can be sent to another process."""


def simulated(world: Any, scenarios: Sequence[Any], future: Future) -> Mapping[str, Mapping[str, Any]]:
    """The task of a run: the tables of all scenarios."""
    from nbhdsim import simulation

    return simulation.simulate(world, scenarios, draw=future.draw, replicate=future.replicate)


class Workplace:
    """One process's share of a run: the world, built once and kept, what to do in it, and where parts go."""

    def __init__(self, scenarios: Sequence[Any], parts: Path, task: Task = simulated):
        """Builds the population of the first scenario (all share it)."""
        from nbhdsim import population

        self.scenarios, self.parts, self.task = list(scenarios), parts, task
        self.world = population.build(self.scenarios[0])

    def run(self, future: Future) -> None:
        """Work out one future and write its parts."""
        tables.write_parts(self.parts, future.run, self.task(self.world, self.scenarios, future))


class Outcome(NamedTuple):
    """What became of one future: seconds it took, its error text ("" = fine), and whether the input was refused."""

    future: Future
    seconds: float
    error: str
    refused: bool = False


def attempt(workplace: Callable[[], Workplace], future: Future) -> Outcome:
    """Run one future; an error of the model is part of the outcome, not an exception."""
    begun = time.monotonic()
    try:
        workplace().run(future)
    except NbhdsimError as error:
        return Outcome(future, time.monotonic() - begun, str(error), refused=True)
    except Exception as error:
        return Outcome(future, time.monotonic() - begun, "".join(traceback.format_exception(error))[-4000:])
    return Outcome(future, time.monotonic() - begun, "")


@functools.lru_cache(maxsize=1)
def _workplace(spec: Path) -> Workplace:
    """The workplace of this worker process, made at its first future from what the driver left in `spec`."""
    with spec.open("rb") as file:
        scenarios, task = pickle.load(file)
        return Workplace(scenarios, spec.parent, task)


def _attempt_there(spec: Path, future: Future) -> Outcome:
    return attempt(functools.partial(_workplace, spec), future)


def _prepare_worker() -> None:
    """Only the driver answers Ctrl-C, and no worker outlives it (a killed driver leaves its pool behind otherwise)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the end of the block and counts then. In processes started inside it stays blocked.

    A worker that is still importing would answer Ctrl-C with a traceback; `_prepare_worker` comes too late for that.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    held: list[tuple[int, FrameType | None]] = []
    resource_tracker.ensure_running()           # when it starts it unblocks SIGINT, which must not happen inside
    signal.signal(signal.SIGINT, lambda *what: held.append(what))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        if held:
            before(*held[0])


class Pool:
    """Worker processes (spawned, one thread each) that can be rebuilt after a loss and stopped at once."""

    def __init__(self, jobs: int, spec: Path):
        """`jobs` processes that work from the pickled scenarios in `spec`."""
        self.jobs, self.spec = jobs, spec
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # read by the children: processes are our parallelism
        self.executor = self._make()

    def _make(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn"), initializer=_prepare_worker)

    def submit(self, future: Future) -> Promise[Outcome]:
        """Hand one future to the pool."""
        with without_interrupts():
            return self.executor.submit(_attempt_there, self.spec, future)

    def restart(self) -> None:
        """A new set of workers after one was lost."""
        self.stop()
        self.executor = self._make()

    def stop(self) -> None:
        """End all workers now and wait until they are gone."""
        workers = list((getattr(self.executor, "_processes", None) or {}).values())
        for worker in workers:
            worker.terminate()
        self.executor.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.join(5)
            if worker.is_alive():
                worker.kill()
                worker.join(5)


def over_processes(pool: Pool, futures: Sequence[Future], tick: Callable[[], None]) -> Iterator[Outcome]:
    """Outcomes as they come. A lost worker breaks the pool: what was under way is then run one at a time, so that blame
    is certain, and a future that loses its worker twice alone is a failure. `tick` is called at least each second.
    """
    fresh, suspects, pending = deque(futures), deque[Future](), dict[Promise[Outcome], Future]()
    lost: Counter[Future] = Counter()
    while fresh or suspects or pending:
        if suspects and not pending:
            future = suspects.popleft()
            pending[pool.submit(future)] = future
        while fresh and not suspects and len(pending) < 2 * pool.jobs:
            future = fresh.popleft()
            pending[pool.submit(future)] = future
        alone, broken = len(pending) == 1, False
        for promise in wait(pending, timeout=1, return_when=FIRST_COMPLETED).done:
            future = pending.pop(promise)
            try:
                yield promise.result()
            except BrokenProcessPool:
                broken = True
                lost[future] += alone
                if lost[future] > 1:
                    yield Outcome(future, 0.0, "its worker process was lost twice (out of memory?)")
                else:
                    suspects.append(future)
        if broken:
            suspects.extend(pending.values())
            pending.clear()
            pool.restart()
        tick()


def inline(scenarios: Sequence[Any], parts: Path, futures: Sequence[Future], *, task: Task) -> Iterator[Outcome]:
    """Outcomes of futures run in this process, one after another."""
    workplace = functools.cache(lambda: Workplace(scenarios, parts, task))
    for future in futures:
        yield attempt(workplace, future)


def outcomes(scenarios: Sequence[Any], futures: Sequence[Future], parts: Path, *, jobs: int, task: Task = simulated,
             tick: Callable[[], None] = lambda: None) -> Generator[Outcome, None, None]:
    """Outcomes of a task in all futures as they come, in this process (`jobs` 1) or over several that end with it. Close it."""
    if jobs == 1:
        yield from inline(scenarios, parts, futures, task=task)
        return
    spec, pool = parts / SPEC, None
    try:
        spec.write_bytes(pickle.dumps((list(scenarios), task)))
        pool = Pool(jobs, spec)
        yield from over_processes(pool, futures, tick)
    finally:
        with without_interrupts():
            if pool:
                pool.stop()
            spec.unlink(missing_ok=True)
