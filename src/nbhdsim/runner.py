"""Any futures into a run folder: run what is left of a plan, keep what comes, write the finished tables.

Nothing here knows scenarios or methods. A run that is stopped (Ctrl-C, a killed process, a full disk, a lost cluster) leaves
its parts, and the same command goes on with what they do not hold.
"""
import errno
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nbhdsim import joining, runfolder, tables
from nbhdsim.errors import NbhdsimError, Stopped
from nbhdsim.parts import DONE, FAILED, OPEN, Parts, adopt
from nbhdsim.workers import Chunk, Future, Work, results, without_interrupts

Chunks = Callable[[Callable[[], None]], Generator[Chunk, None, None]]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Report(NamedTuple):
    """What a progress call gets: futures done, failed and planned, seconds since the start, and how many were there before."""

    done: int
    failed: int
    planned: int
    seconds: float
    before: int = 0


@dataclass
class Result:
    """A finished run: its folder and how many futures were planned, done and failed."""

    folder: Path
    planned: int
    done: int
    failed: int


class Runner:
    """One plan and its folder: `carry_out` runs what is left of the plan and closes the folder."""

    def __init__(self, folder: runfolder.RunFolder, futures: list[Future], *, retry_failed: bool = False) -> None:
        """Reads what the folder has of the futures; failed ones are open again where `retry_failed`."""
        self.folder, self.parts = folder, Parts(folder.parts, futures)
        if retry_failed:
            self.parts.retry()
        self.before = float(folder.manifest.get("seconds", 0.0))
        self.begun = time.monotonic()

    def counts(self) -> dict[str, int]:
        """Futures planned, done and failed."""
        return {"planned": len(self.parts.futures), "done": self.parts.count(DONE), "failed": self.parts.count(FAILED)}

    def carry_out(self, work: Work, *, jobs: int = 1, cluster: str | None = None,
                  progress: Callable[[Report], None] = lambda report: None, first: Callable[[], None] = lambda: None,
                  last: Callable[[], None] = lambda: None) -> Result:
        """Run what is left, over `jobs` processes or a cluster, then write the finished tables. `first` and `last` write what else
        belongs in the folder, before the first future and after the tables.

        Raises NbhdsimError when the model refuses the input at once, with nothing written; Stopped when the disk is full or a
        cluster is lost, and KeyboardInterrupt, after leaving a folder that can be gone on with.
        """
        try:
            with self._room():
                return self._carried_out(self._chunks(work, jobs, cluster), progress, first=first, last=last)
        finally:
            self.folder.close()

    def pilot(self, work: Work, *, jobs: int = 1, cluster: str | None = None, progress: Callable[[Report], None]) -> None:
        """Run what is left into parts, before the whole plan is known; the folder stays open. Raises as `carry_out`."""
        with self._room():
            try:
                self._run(self._chunks(work, jobs, cluster), progress)
            except (Stopped, KeyboardInterrupt):
                with without_interrupts():
                    self._wrote()
                raise

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A full disk ends the run with a word on it."""
        try:
            yield
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise Stopped(f"{self.folder.path}: the disk is full, or a file may not grow any more; what was written before is kept "
                          "(make room, and give the same command again)") from None

    def _chunks(self, work: Work, jobs: int, cluster: str | None) -> Chunks:
        return lambda tick: results(work, self.parts.left(), jobs=jobs, cluster=cluster, tick=tick)

    def _carried_out(self, chunks: Chunks, progress: Callable[[Report], None], *, first: Callable[[], None],
                     last: Callable[[], None]) -> Result:
        try:
            first()
            self._run(chunks, progress)
            return self._finish(last)
        except NbhdsimError:
            if not self.parts.count(DONE) and not self.folder.resumed:
                self.folder.discard()
            raise
        except Stopped:
            self._wrote()
            raise
        except KeyboardInterrupt:
            with without_interrupts():      # a second Ctrl-C does not lose what was done; tables half written are begun anew
                self.folder.log("interrupted")
                self._finish(last)
            raise

    def _run(self, chunks: Chunks, progress: Callable[[Report], None]) -> None:
        """All that is left, into parts."""
        failed = np.flatnonzero(self.parts.state == FAILED)
        self.folder.keep_errors(set(zip(self.parts.draw[failed].tolist(), self.parts.replicate[failed].tolist(), strict=True)))

        before = len(self.parts.futures) - self.parts.count(OPEN)

        def tick() -> None:
            counts = self.counts()
            progress(Report(counts["done"], counts["failed"], counts["planned"], time.monotonic() - self.begun, before))

        tick()
        with closing(chunks(tick)) as found:
            for chunk in found:
                self._keep(chunk)
                tick()
        self._wrote()

    def _keep(self, chunk: Chunk) -> None:
        """Note what became of a chunk. Raises NbhdsimError when the model refused the input and nothing has worked yet."""
        wrong = [outcome for outcome in chunk.outcomes if outcome.error]
        if len(wrong) == len(chunk.outcomes) and wrong[0].refused and not self.parts.count(DONE):
            raise NbhdsimError.of(wrong[0].error)
        for outcome in wrong:
            run, draw, replicate = outcome.future
            self.folder.error(run=run, draw=draw, replicate=replicate, error=outcome.error)
        runs, seconds = [outcome.future.run for outcome in chunk.outcomes], sum(outcome.seconds for outcome in chunk.outcomes)
        self.folder.log(f"run {runs[0]}{f' to {runs[-1]}' if len(runs) > 1 else ''}: "
                        + (f"{len(runs) - len(wrong)} done in {seconds:.2f} s" if len(wrong) < len(runs) else "")
                        + (f" {len(wrong)} failed" if wrong else ""))
        if self.parts.add(chunk):
            self._wrote()

    def _wrote(self) -> None:
        self.parts.flush()
        self.folder.save(counts=self.counts(), seconds=round(self.before + time.monotonic() - self.begun, 1))

    def _finish(self, last: Callable[[], None]) -> Result:
        """Write what there is and say in the manifest how much was done, before the tables and, with `complete`, after them.

        Called again after an interrupt, it writes what was not: all tables, or none once the manifest says that it ended.
        """
        if self.folder.manifest["ended"] is None:
            self._wrote()
            if self.parts.count(DONE):
                write_results(self.folder, self.parts)
                last()
            self.folder.log("ended")
        counts = self.counts()
        complete = counts["done"] == counts["planned"]
        self.folder.save(ended=self.folder.manifest["ended"] or runfolder.now(), complete=complete)
        if complete:
            self.folder.drop_parts()
        return Result(self.folder.path, **counts)


def extend(folder: runfolder.RunFolder, other: Path) -> None:
    """Take over in a new folder what the run folder `other`, of a plan that is part of this one, has worked out.

    Raises NbhdsimError, with the new folder taken back, when `other` is no run folder or was run in other versions.
    """
    try:
        manifest = runfolder.read(other)
        if differ := runfolder.differences(manifest, runfolder.versions()):
            raise NbhdsimError.of(f"{other} was run in other versions: {differ} (run everything in one)")
        adopt(folder.parts, other, manifest.get("tables", ()))
    except NbhdsimError:
        folder.discard()
        raise


def write_results(folder: runfolder.RunFolder, parts: Parts) -> None:
    """Finished tables, CSV twins and the hashes of the tables, from the parts of the futures that worked."""
    from nbhdsim.outcomes import OUTCOMES

    joining.finished(parts, folder.path)
    run = np.arange(len(parts.futures))
    plan_rows = {"run": run, "draw": parts.draw, "replicate": parts.replicate, "ok": parts.state == DONE}
    tables.write_parquet(tables.to_arrow("runs", plan_rows), folder.path / "runs.parquet")
    tried = np.flatnonzero(parts.attempt)
    timing = {"run": tried, "seconds": parts.seconds[tried], "attempt": parts.attempt[tried],
              "host": (parts.host[tried], parts.hosts)}
    tables.write_parquet(tables.to_arrow("timing", timing), folder.path / "timing.parquet")
    extent = tables.twins(folder.path, {name: outcome.scale for name, outcome in OUTCOMES.items()})
    hashes = {p.name: runfolder.file_hash(p) for p in sorted(folder.path.glob("*.parquet")) if p.name != "timing.parquet"}
    folder.save(csv_outcomes=extent, tables=hashes)
