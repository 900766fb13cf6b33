"""Where futures are run: in this process, over worker processes, or on a cluster, always through one seam.

`results` gives chunks of futures as they come: a lost worker is survived, a future that kills its workers is blamed alone,
and whatever happens the rows of a future are the same.
"""
from collections.abc import Callable, Generator, Sequence

from nbhdsim.workers.drive import Drive, Pool
from nbhdsim.workers.processes import Here, Processes, without_interrupts
from nbhdsim.workers.work import Chunk, Future, Outcome, Task, Work, simulated

__all__ = ["Chunk", "Future", "Outcome", "Pool", "Task", "Work", "results", "simulated", "without_interrupts"]


def pool(work: Work, jobs: int) -> Pool:
    """This process when `jobs` is 1 and nothing can hang in it, else so many processes."""
    return Here(work) if jobs == 1 and work.limit is None else Processes(work, jobs)


def results(work: Work, futures: Sequence[Future], *, jobs: int = 1,
            tick: Callable[[], None] = lambda: None) -> Generator[Chunk, None, None]:
    """What became of the futures, chunk by chunk in the order in which they are done, over a pool that ends with it. Close it."""
    place = pool(work, jobs)
    try:
        yield from Drive(place, futures, work.limit).chunks(tick)
    finally:
        place.stop()
