"""A pool on a Dask cluster: workers of other machines, or of this one (`local`), behind a scheduler.

A plugin takes the work to every worker once, also to those that join later or were restarted. The scheduler runs a chunk
again whose worker is gone (rows are a pure function, so that changes nothing); one that goes on losing workers comes back
as `KilledWorker` and is a suspect here. Where the scheduler itself is lost, `wait` says so at once; an iterator over futures
would wait for ever.
"""
import hashlib
import logging
import pickle
import time
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

import dask
from distributed import Client, LocalCluster, WorkerPlugin, wait
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from nbhdsim import runfolder
from nbhdsim.errors import NbhdsimError, Stopped
from nbhdsim.workers import work
from nbhdsim.workers.processes import without_interrupts
from nbhdsim.workers.work import Chunk, Future, Work

LOCAL = "local"
ANSWER, BEGIN, ALONE, LOOK = 15.0, 60.0, 300.0, 5.0
"""Seconds: until a scheduler must answer, a first worker be there, and a new one come when all are gone; between two counts of
the workers."""


class Given(WorkerPlugin):
    """Leaves the work in each worker. One that joins later in other versions is refused, as those that were there before."""

    def __init__(self, key: str, what: bytes) -> None:
        """key: hash of the pickled work."""
        self.key, self.what, self.versions = key, what, runfolder.versions()
        self.name = f"nbhdsim-{key}"

    def setup(self, worker: Any) -> None:
        """Called on each worker as it joins."""
        if differ := runfolder.differences(runfolder.versions(), self.versions):
            raise RuntimeError(f"other versions than the driver: {differ}")
        work.give(self.key, self.what)


def _there(key: str, futures: bytes) -> Chunk:
    """A chunk on a worker; futures are pickled, so that Dask does not look into them."""
    return work.there(key, pickle.loads(futures))


class Cluster:
    """The workers of a scheduler; `workers` is the number of their threads, counted again every few seconds."""

    lost: tuple[type[BaseException], ...] = (KilledWorker,)

    def __init__(self, what: Work, address: str, jobs: int) -> None:
        """Connect to `tcp://host:port`, or start `jobs` processes of this machine for `local`.

        Raises NbhdsimError when no scheduler answers, it has no workers, or a worker has other versions than this process.
        """
        blob = pickle.dumps(what)
        self.key, self.address = hashlib.sha256(blob).hexdigest(), address
        self.under_way: set[Any] = set()
        self.counted = self.seen = time.monotonic()
        for handler in logging.getLogger("distributed").handlers:
            handler.setLevel(logging.CRITICAL)          # what concerns a user is said by us
        self.cluster = self._local(jobs) if address == LOCAL else None
        try:
            self.client = Client(self.cluster or address, timeout=ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise NbhdsimError.of(f"--cluster: no scheduler answers at {address}: {error} (tcp://host:port, or local)") from None
        self.plugin = Given(self.key, blob)
        try:
            self._check()
            self.client.register_plugin(self.plugin)
        except BaseException:
            self.stop()
            raise

    def _local(self, jobs: int) -> Any:
        dask.config.set({"distributed.scheduler.allowed-failures": 1})
        with without_interrupts():
            return LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0",
                                silence_logs=logging.CRITICAL)

    def _check(self) -> None:
        """Refuse a cluster without workers, and workers in other versions."""
        try:
            self.client.wait_for_workers(1, timeout=BEGIN)
        except TimeoutError:
            raise NbhdsimError.of(f"--cluster: the scheduler at {self.address} has no workers (start some: `dask worker "
                                  f"{self.address}`)") from None
        here, problems = runfolder.versions(), []
        for address, there in self.client.run(runfolder.versions, on_error="return").items():
            if isinstance(there, BaseException):
                problems.append(f"{address} cannot run nbhdsim: {there!r}")
            elif differ := runfolder.differences(there, here):
                problems.append(f"{address} has other versions: {differ}")
        if problems:
            raise NbhdsimError.of(f"--cluster: {'; '.join(problems)} (all workers need the versions of this process)")
        self._count()

    def _count(self) -> None:
        self.workers = max(1, sum(found := list(self.client.nthreads().values())))
        self.window, self.counted = 2 * self.workers, time.monotonic()
        self.seen = self.counted if found else self.seen
        if self.counted - self.seen > ALONE:
            raise Stopped(f"the scheduler at {self.address} has had no workers for {ALONE:.0f} s; {AGAIN}")

    def submit(self, futures: Sequence[Future]) -> Any:
        """Hand a chunk to the scheduler."""
        promise = self.client.submit(_there, self.key, pickle.dumps(futures), pure=False, retries=0)
        self.under_way.add(promise)
        return promise

    def wait(self, pending: Collection[Any]) -> Collection[Any]:
        """Those that are done, after a second at most. Raises Stopped when the scheduler is gone."""
        try:
            if time.monotonic() - self.counted > LOOK:
                self._count()
            with self.client.as_current():
                return wait(list(pending), timeout=1, return_when="FIRST_COMPLETED").done if pending else ()
        except TimeoutError:
            if self.client.status == "running":
                return ()
            raise self._gone() from None
        except (CancelledError, CommClosedError, OSError):
            raise self._gone() from None

    def result(self, promise: Any) -> Chunk:
        """The chunk of a promise that is done."""
        self.under_way.discard(promise)
        try:
            return promise.result(timeout=BEGIN)
        except (CancelledError, CommClosedError, OSError):     # a TimeoutError is an OSError
            raise self._gone() from None

    def _gone(self) -> Stopped:
        return Stopped(f"the scheduler at {self.address} is gone; {AGAIN}")

    def restart(self) -> None:
        """The scheduler, or a nanny, sees to that."""

    def stop(self) -> None:
        """Cancel what is under way and leave; workers that are not our own stay as they are."""
        with without_interrupts():
            if self.client.status == "running":
                self.client.cancel(list(self.under_way), force=True)
                with suppress(ValueError):          # it was not there yet
                    self.client.unregister_worker_plugin(self.plugin.name)
            self.under_way.clear()
            self.client.close(timeout=2)
            if self.cluster is not None:
                self.cluster.close(timeout=5)


AGAIN = "what was done is kept (give the same command again to go on)"
