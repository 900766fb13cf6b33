"""What is done with a future, and how a worker does a chunk of them.

A worker builds the world at its first future and keeps it. What it sends back is one Parquet text (bytes) for each table
with the rows of the whole chunk, and a few words on each future; only the driver writes files, so a worker needs no disk
in common with it.
"""
import functools
import pickle
import platform
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from nbhdsim import tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.workers import limit

LONGEST_ERROR = 4000
"""Characters kept of the end of a traceback."""


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


def built(scenarios: Sequence[Any]) -> Any:
    """The world of the first scenario, which all share."""
    from nbhdsim import population

    return population.build(scenarios[0])


class Work(NamedTuple):
    """What all futures of a run have in common; sent to each worker once.

    task: what is done with each future; limit: seconds one may take (None: any); build: makes the world of a worker.
    """

    scenarios: Sequence[Any]
    task: Task = simulated
    limit: float | None = None
    build: Callable[[Sequence[Any]], Any] = built


class Outcome(NamedTuple):
    """What became of one future: seconds it took, its error text ("" = fine), and whether the input was refused."""

    future: Future
    seconds: float
    error: str
    refused: bool = False


class Chunk(NamedTuple):
    """What became of the futures of one chunk, the host they ran on, and their rows by table as Parquet."""

    outcomes: list[Outcome]
    host: str
    tables: Mapping[str, bytes]


class Workplace:
    """One process's share of a run: what to do, and the world to do it in, built at the first future and kept."""

    def __init__(self, work: Work) -> None:
        """Nothing is built yet: an error of the world is that of each future that needs it."""
        self.work = work

    @functools.cached_property
    def world(self) -> Any:
        """What `build` makes of the scenarios."""
        return self.work.build(self.work.scenarios)

    def chunk(self, futures: Sequence[Future]) -> Chunk:
        """Work out some futures, one after another."""
        rows: dict[str, list[pa.Table]] = {}
        with limit.limited(self.work.limit) as clock:
            outcomes = [self._attempt(future, rows, clock) for future in futures]
        return Chunk(outcomes, platform.node(), {name: tables.packed(found) for name, found in rows.items()})

    def _attempt(self, future: Future, rows: dict[str, list[pa.Table]], clock: limit.Limit) -> Outcome:
        """One future; an error of the model is part of the outcome, not an exception."""
        begun, error, refused = time.monotonic(), "", False
        try:
            world = self.world
            begun = time.monotonic()        # the world is not part of any future
            found = self._rows(world, future, clock)
            for name, table in found.items():
                rows.setdefault(name, []).append(table)
        except limit.TooLong:
            clock.end()
            error = limit.text(self.work.limit or 0)
        except NbhdsimError as problem:
            error, refused = str(problem), True
        except Exception as problem:
            error = "".join(traceback.format_exception(problem))[-LONGEST_ERROR:]
        return Outcome(future, time.monotonic() - begun, error, refused)

    def _rows(self, world: Any, future: Future, clock: limit.Limit) -> dict[str, pa.Table]:
        clock.begin()
        try:
            made = self.work.task(world, self.work.scenarios, future)
            return {name: tables.to_arrow(name, columns) for name, columns in made.items()}
        finally:
            clock.end()


_given: dict[str, bytes] = {}
_thread = threading.local()
"""Where each thread keeps its workplace: a task may keep things, and threads of one worker must not meet in them."""


def give(key: str, work: bytes) -> None:
    """Leave pickled work in this process under a key (its hash)."""
    _given[key] = work


def there(key: str, futures: Sequence[Future]) -> Chunk:
    """A chunk of the work that was given to this process."""
    if getattr(_thread, "key", None) != key:
        _thread.place, _thread.key = Workplace(pickle.loads(_given[key])), key
    return _thread.place.chunk(futures)
