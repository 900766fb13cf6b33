"""Parts of a run: what workers sent, held for a while, then written whole; read again to go on.

A flush writes one part of each table, that of `runs` last: rows count once the part of `runs` with the same number is
there, so that a flush counts whole or not at all. Only the driver writes.
"""
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nbhdsim import tables
from nbhdsim.workers import Chunk, Future

OPEN, DONE, FAILED = 0, 1, 2
"""What a future is, in `Parts.state`."""
HOLD, SHARE, LONG, BYTES = 5.0, 0.1, 0.01, 16_000_000
"""Rows are held for a tenth of the time so far and at most 5 s, in a long run for a hundredth of its time, and never more than
16 MB: what a killed driver may lose, and why there are a few hundred files and not one a future."""
SORTING = ".sorting-"
"""How the name of a folder begins that is there while finished tables are made."""
RUNS = pa.schema([*tables.SCHEMAS["runs"], ("seconds", pa.float64()), ("host", pa.string()), ("attempt", pa.int32())])
"""Columns of the parts of `runs`: those of the tables `runs` and `timing`."""


class Parts:
    """The parts in a folder and how far the futures of a plan are.

    state: int8 [futures], open, done or failed; seconds: float64 [futures]; attempt: int32 [futures], how often it was run;
    host: int32 [futures], index in `hosts`.
    """

    def __init__(self, folder: Path, futures: Sequence[Future]) -> None:
        """Reads which of the futures, known by draw and replicate, are in the parts; what was half written is taken away.

        futures: of the whole plan, each with its place in it as `run`.
        """
        self.folder, self.futures = folder, futures
        self.draw = np.fromiter((f.draw for f in futures), np.int64, len(futures))
        self.replicate = np.fromiter((f.replicate for f in futures), np.int64, len(futures))
        self.state, self.seconds = np.zeros(len(futures), np.int8), np.zeros(len(futures))
        self.attempt, self.host = np.zeros(len(futures), np.int32), np.zeros(len(futures), np.int32)
        self.hosts: list[str] = []
        self.held: list[Chunk] = []
        self.begun = self.flushed = time.monotonic()
        self.numbers = sorted(int(path.stem.rpartition("-")[2]) for path in folder.glob("runs-*.parquet"))
        for path in folder.glob("*.parquet"):
            if int(path.stem.rpartition("-")[2]) not in set(self.numbers):
                path.unlink()
        for path in folder.glob(".*.tmp"):
            path.unlink()
        for path in folder.glob(f"{SORTING}*"):
            shutil.rmtree(path)
        self._note()

    def path(self, table: str, number: int) -> Path:
        """The part of a table that one flush wrote."""
        return self.folder / f"{table}-{number:06d}.parquet"

    def of(self, table: str) -> list[Path]:
        """All parts of a table that count."""
        return [path for number in self.numbers if (path := self.path(table, number)).is_file()]

    def tables(self) -> list[str]:
        """Names of the tables that have parts, without `runs`."""
        return sorted({path.stem.rpartition("-")[0] for path in self.folder.glob("*.parquet")} - {"runs"})

    def code(self, draw: NDArray[np.int64], replicate: NDArray[np.int64]) -> NDArray[np.int64]:
        """One number for each pair, in the order of draw, then replicate; -1 for a replicate beyond those of the plan."""
        most = int(self.replicate.max(initial=0)) + 1
        return np.where(replicate < most, draw * most + replicate, -1)

    def _note(self) -> None:
        """Set what the parts of `runs` say; a later part counts for more than an earlier one."""
        codes = self.code(self.draw, self.replicate)
        order = np.argsort(codes)
        for path in self.of("runs"):
            rows = pq.read_table(path).to_pandas()
            found = self.code(rows["draw"].to_numpy(np.int64), rows["replicate"].to_numpy(np.int64))
            at = order[np.minimum(np.searchsorted(codes[order], found), len(order) - 1)]
            ours = codes[at] == found
            at, rows = at[ours], rows[ours]
            self.state[at] = np.where(rows["ok"], DONE, FAILED)
            self.seconds[at], self.attempt[at] = rows["seconds"], rows["attempt"]
            self.host[at] = [self._host(str(name)) for name in rows["host"]]

    def _host(self, name: str) -> int:
        if name not in self.hosts:
            self.hosts.append(name)
        return self.hosts.index(name)

    def left(self) -> list[Future]:
        """Futures that are open, in the order of the plan."""
        return [self.futures[i] for i in np.flatnonzero(self.state == OPEN).tolist()]

    def retry(self) -> None:
        """Failed futures are open again."""
        self.state[self.state == FAILED] = OPEN

    def count(self, state: int) -> int:
        """Futures in a state."""
        return int((self.state == state).sum())

    def add(self, chunk: Chunk) -> bool:
        """Hold a chunk, and write what is held when it is time; True when it was."""
        for outcome in chunk.outcomes:
            run = outcome.future.run
            self.state[run] = FAILED if outcome.error else DONE
            self.seconds[run], self.host[run] = outcome.seconds, self._host(chunk.host)
            self.attempt[run] += 1
        self.held.append(chunk)
        now = time.monotonic()
        hold = max(min(HOLD, SHARE * (now - self.begun)), LONG * (now - self.begun))
        due = now - self.flushed >= hold or sum(len(blob) for c in self.held for blob in c.tables.values()) >= BYTES
        if due:
            self.flush()
        return due

    def flush(self) -> None:
        """Write what is held; after an error it is still held, and what was written of it does not count."""
        if not self.held:
            return
        number = self.numbers[-1] + 1 if self.numbers else 0
        for table in sorted({name for chunk in self.held for name in chunk.tables}):
            blobs = [chunk.tables[table] for chunk in self.held if table in chunk.tables]
            tables.write_blobs(blobs, self.path(table, number))
        tables.write_parquet(self._rows(), self.path("runs", number))
        self.numbers.append(number)
        self.held.clear()
        self.flushed = time.monotonic()

    def _rows(self) -> pa.Table:
        """The part of `runs` of what is held."""
        run = np.array([o.future.run for chunk in self.held for o in chunk.outcomes], np.int64)
        return pa.table({
            "run": run, "draw": self.draw[run], "replicate": self.replicate[run], "ok": self.state[run] == DONE,
            "seconds": self.seconds[run], "attempt": self.attempt[run],
            "host": [self.hosts[i] for i in self.host[run]]}).select(RUNS.names).cast(RUNS)


def adopt(parts: Path, folder: Path, names: Iterable[str]) -> None:
    """Take over, in an empty folder of parts, what another run folder has worked out, finished or not.

    names: its finished tables (as its manifest has them); each is a part like any other.
    """
    found = sorted((folder / "parts").glob("*.parquet"))
    if any(path.name.startswith("runs-") for path in found):
        for path in found:
            shutil.copyfile(path, parts / path.name)
        return
    for table in sorted(Path(name).stem for name in names):
        if table in tables.SCHEMAS and table != "runs" and {"draw", "replicate"} <= set(tables.keys(table)):
            shutil.copyfile(folder / f"{table}.parquet", parts / f"{table}-000000.parquet")
    rows = pq.read_table(folder / "runs.parquet").to_pandas().merge(pq.read_table(folder / "timing.parquet").to_pandas(), on="run")
    tables.write_parquet(pa.Table.from_pandas(rows[RUNS.names], schema=RUNS, preserve_index=False), parts / "runs-000000.parquet")
