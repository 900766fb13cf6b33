"""Where futures are run: in this process, over worker processes, or on a cluster, always through one seam.

`results` gives chunks of futures as they come: a lost worker is survived, a future that kills its workers is blamed alone,
and whatever happens the rows of a future are the same.
"""
from collections.abc import Callable, Generator, Sequence
from importlib.util import find_spec

from nbhdsim.errors import NbhdsimError
from nbhdsim.workers.drive import Drive, Pool
from nbhdsim.workers.processes import Here, Processes, without_interrupts
from nbhdsim.workers.work import Chunk, Future, Outcome, Task, Work, simulated

__all__ = ["Chunk", "Future", "Outcome", "Pool", "Task", "Work", "results", "simulated", "without_interrupts"]


def pool(work: Work, jobs: int, cluster: str | None = None) -> Pool:
    """The workers of a Dask `cluster` (tcp://host:port, or `local`: so many processes of this machine); without one this process
    when `jobs` is 1 and nothing can hang in it, else so many processes.

    Raises NbhdsimError when the cluster cannot be used.
    """
    if cluster is None:
        return Here(work) if jobs == 1 and work.limit is None else Processes(work, jobs)
    if find_spec("distributed") is None:
        raise NbhdsimError.of("--cluster: Dask is not installed (pip install 'nbhdsim[cluster]', here and on the workers)")
    from nbhdsim.workers.cluster import Cluster

    return Cluster(work, cluster, jobs)


def results(work: Work, futures: Sequence[Future], *, jobs: int = 1, cluster: str | None = None,
            tick: Callable[[], None] = lambda: None) -> Generator[Chunk, None, None]:
    """What became of the futures, chunk by chunk in the order in which they are done, over a pool that ends with it. Close it.

    Raises Stopped when a cluster is lost, or workers are whatever they do.
    """
    if not futures:
        return
    place = pool(work, jobs, cluster)
    try:
        yield from Drive(place, futures, work.limit).chunks(tick)
    finally:
        place.stop()
