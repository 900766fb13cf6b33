"""The loop over a pool: futures in chunks that last about half a second, few of them under way, and blame that is certain."""
import platform
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from math import ceil
from typing import Any, Protocol

from nbhdsim.errors import Stopped
from nbhdsim.workers import limit
from nbhdsim.workers.work import Chunk, Future, Outcome

ABOUT = 0.5
"""Seconds a chunk should last: long beside what handing it over takes (0.2 to 4 ms), short beside what a stop may lose."""
MOST = 1000
"""Futures in a chunk."""
TRIES = 2
"""Times a future may lose its worker alone before it is given up."""
ROW = 20
"""Losses in a row, with nothing that worked between them, after which it is not the futures' fault."""


class Pool(Protocol):
    """Where chunks are run. workers: how many chunks at once; window: how many may be under way; lost: what `result` raises
    when the worker of a promise is gone."""

    workers: int
    window: int
    lost: tuple[type[BaseException], ...]

    def submit(self, futures: Sequence[Future]) -> Any:
        """A promise of a Chunk."""

    def wait(self, pending: Collection[Any]) -> Collection[Any]:
        """The promises that are kept or broken, after about a second at most. Raises Stopped when the pool itself is gone."""

    def result(self, promise: Any) -> Chunk:
        """The chunk of a promise that is kept; raises what broke it."""

    def restart(self) -> None:
        """Make it whole again after a loss; nothing is under way then."""

    def stop(self) -> None:
        """End what is under way, and the workers that are its own."""


class Pace:
    """How many futures make a chunk, by what futures took so far."""

    def __init__(self) -> None:
        """The first chunks are single futures."""
        self.seconds = 0.0

    def learn(self, chunk: Chunk) -> None:
        """Seconds a future takes: of the last chunk, or the mean with those before where it was slower."""
        last = sum(outcome.seconds for outcome in chunk.outcomes) / len(chunk.outcomes)
        self.seconds = last if not self.seconds or last < self.seconds else (self.seconds + last) / 2

    def size(self, left: int, workers: int) -> int:
        """Futures of the next chunk when so many are left; smaller towards the end, so that workers end together."""
        if not self.seconds:
            return 1
        return max(1, min(int(ABOUT / self.seconds), MOST, ceil(left / (2 * workers))))


class Drive:
    """One run over a pool: what is fresh, what is under way, and what lost its worker in company and is run alone."""

    def __init__(self, pool: Pool, futures: Sequence[Future], seconds: float | None = None) -> None:
        """seconds a future may take (None: any): it says what a worker that ended itself was lost to."""
        self.pool, self.seconds, self.pace = pool, seconds, Pace()
        self.fresh, self.left = iter(futures), len(futures)
        self.suspects, self.lost, self.row = deque[Future](), Counter[Future](), 0
        self.pending: dict[Any, tuple[list[Future], float]] = {}
        self.broken = False

    def chunks(self, tick: Callable[[], None]) -> Iterator[Chunk]:
        """Chunks as they come; `tick` is called at least each second or so. Raises Stopped when no worker lives long enough."""
        while self.left or self.suspects or self.pending:
            self._submit()
            alone = len(self.pending) == 1
            for promise in self.pool.wait(self.pending):
                futures, begun = self.pending.pop(promise)
                try:
                    chunk = self.pool.result(promise)
                except Stopped:
                    raise
                except Exception as error:
                    self.broken |= isinstance(error, self.pool.lost)
                    yield from self._blamed(futures, error, time.monotonic() - begun if alone else None)
                else:
                    self.row = 0
                    self.pace.learn(chunk)
                    yield chunk
            if self.broken and not self.pending:
                self.pool.restart()
                self.broken = False
            tick()

    def _submit(self) -> None:
        """Hand over fresh futures while there is room; where there are suspects, one of them once nothing is under way."""
        if self.suspects:
            if not self.pending:
                self._hand([self.suspects.popleft()])
            return
        while self.left and len(self.pending) < self.pool.window and not self.broken:
            futures = list(islice(self.fresh, self.pace.size(self.left, self.pool.workers)))
            self.left -= len(futures)
            self._hand(futures)

    def _hand(self, futures: list[Future]) -> None:
        try:
            self.pending[self.pool.submit(futures)] = futures, time.monotonic()
        except self.pool.lost:          # a worker went while nobody waited
            self.suspects.extend(futures)
            self.broken = True

    def _blamed(self, futures: list[Future], error: Exception, took: float | None) -> Iterator[Chunk]:
        """A failure, if the one future that lost its worker was alone for `took` seconds, and not for the first time, or for
        as long as no future may take; else its futures wait until they can be run alone.
        """
        future = futures[0]
        if took is None or len(futures) > 1:
            self.suspects.extend(futures)
            return
        self.lost[future] += 1
        self.row += 1
        if self.row > ROW:
            raise Stopped(f"workers were lost {self.row} times in a row, with every future they were given ({error!r}); what was "
                          "done is kept (see whether this machine has memory enough, then give the same command again)")
        if self.seconds is not None and took > self.seconds + limit.GRACE:
            text = limit.text(self.seconds)
        elif self.lost[future] < TRIES:
            self.suspects.append(future)
            return
        elif isinstance(error, self.pool.lost):
            text = "its worker process was lost twice (out of memory?)"
        else:
            text = f"what its worker sent cannot be used: {error!r}"
        yield Chunk([Outcome(future, 0.0, text)], platform.node(), {})
