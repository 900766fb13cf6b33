"""Pools of this machine: this process alone, or worker processes that survive a lost worker and stop at once."""
import hashlib
import os
import pickle
import signal
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures import Future as Promise
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.process import BaseProcess
from types import FrameType

from nbhdsim.workers import work
from nbhdsim.workers.work import Chunk, Future, Work, Workplace


def _prepare_worker(key: str, what: bytes) -> None:
    """Only the driver answers Ctrl-C, and no worker outlives it (a killed driver leaves its pool behind otherwise)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work.give(key, what)
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


class Here:
    """This process, one chunk at a time: what is handed in is done when `submit` returns."""

    lost: tuple[type[BaseException], ...] = ()

    def __init__(self, what: Work) -> None:
        """The world is built at the first future."""
        self.place = Workplace(what)
        self.workers = self.window = 1

    def submit(self, futures: Sequence[Future]) -> Promise[Chunk]:
        """Work out a chunk."""
        promise: Promise[Chunk] = Promise()
        promise.set_result(self.place.chunk(futures))
        return promise

    def wait(self, pending: Collection[Promise[Chunk]]) -> Collection[Promise[Chunk]]:
        """All of them are done."""
        return list(pending)

    def result(self, promise: Promise[Chunk]) -> Chunk:
        """What the chunk came to."""
        return promise.result()

    def restart(self) -> None:
        """Nothing is ever lost."""

    def stop(self) -> None:
        """Nothing is under way."""


class Processes:
    """Worker processes (spawned, one thread each) that can be rebuilt after a loss and stopped at once."""

    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, what: Work, jobs: int) -> None:
        """`jobs` processes; each is given the pickled work when it starts."""
        self.workers, self.window = jobs, 2 * jobs
        self.what = pickle.dumps(what)
        self.key = hashlib.sha256(self.what).hexdigest()
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # read by the children: processes are our parallelism
        self.executor = self._make()

    def _make(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"), initializer=_prepare_worker,
                                   initargs=(self.key, self.what))

    def submit(self, futures: Sequence[Future]) -> Promise[Chunk]:
        """Hand a chunk to the pool."""
        with without_interrupts():
            return self.executor.submit(work.there, self.key, futures)

    def wait(self, pending: Collection[Promise[Chunk]]) -> Collection[Promise[Chunk]]:
        """Those that are done, after half a second at most. Ctrl-C waits as long: one that came between the locks of the promises
        would leave one taken, and the thread that ends the pool would wait for it for ever. Where a worker was lost in the midst of
        what it sent, which the pool does not notice, all of them are ended."""
        with without_interrupts():
            done = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED).done
            if not done and any(worker.exitcode is not None for worker in self._processes()):
                self._end()
                done = wait(pending, timeout=5).done
            return done

    def result(self, promise: Promise[Chunk]) -> Chunk:
        """What the chunk came to."""
        with without_interrupts():
            return promise.result()

    def restart(self) -> None:
        """A new set of workers after one was lost."""
        self.stop()
        self.executor = self._make()

    def stop(self) -> None:
        """End all workers now and wait until they are gone."""
        with without_interrupts():
            self._end()
            self.executor.shutdown(wait=False, cancel_futures=True)

    def _processes(self) -> list[BaseProcess]:
        return list((getattr(self.executor, "_processes", None) or {}).values())

    def _end(self) -> None:
        """End all workers, and the pipe of results: whoever reads what was half sent would wait for ever for the rest."""
        workers = self._processes()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(5)
            if worker.is_alive():
                worker.kill()
                worker.join(5)
        if (results := getattr(self.executor, "_result_queue", None)) is not None:
            results._writer.close()
