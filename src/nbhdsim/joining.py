"""Finished tables from parts: sorted by their keys, with the same bytes whatever came in which part.

Rows are sorted without holding them: a first look counts the rows of each future, a second carries each row to the file of
its neighbours in the order of the keys, and these are read one after another. Memory is that of some hundred thousand rows.
"""
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nbhdsim import tables
from nbhdsim.parts import DONE, SORTING, Parts

ROWS_A_GROUP = 250_000
FILES = 200
"""Files open at once while a table is sorted."""
PLACE = "place in the order"


class Order(NamedTuple):
    """The futures of a table in their order: names of the scenarios, code [futures] (sorted), rows [futures], and the row group
    [futures] each is in."""

    names: list[str]
    code: NDArray[np.int64]
    rows: NDArray[np.int64]
    group: NDArray[np.int64]


def finished(parts: Parts, folder: Path) -> dict[str, int]:
    """The finished Parquet tables of the futures that are done, and the rows of each."""
    return {table: _finish(parts, table, folder) for table in parts.tables()}


def _finish(parts: Parts, table: str, folder: Path) -> int:
    schema, order = tables.SCHEMAS[table], _order(parts, table)
    with (tables.atomic(folder / f"{table}.parquet") as temporary,
          pq.ParquetWriter(temporary, schema, **tables.FORMAT) as writer):
        for group in _sorted(parts, table, order):
            writer.write_table(tables.canonical(group.cast(schema)), row_group_size=2 * ROWS_A_GROUP)
        if not len(order.code):
            writer.write_table(schema.empty_table())
    return int(order.rows.sum())


def _order(parts: Parts, table: str) -> Order:
    """A look at who is in the parts of a table."""
    columns = [name for name in ("scenario", "draw", "replicate") if name in tables.keys(table)]
    found = [pq.read_table(path, columns=columns).to_pandas().value_counts(sort=False).reset_index(name="rows")
             for path in parts.of(table)]
    counted = pd.concat([one.astype({"scenario": str}) if "scenario" in columns else one for one in found])
    names = sorted(counted["scenario"].unique()) if "scenario" in columns else [""]
    counted = counted.astype({"scenario": "category"}) if "scenario" in columns else counted
    code, inverse = np.unique(_codes(parts, names, pa.Table.from_pandas(counted, preserve_index=False)), return_inverse=True)
    rows = np.bincount(inverse, counted["rows"], len(code)).astype(np.int64)
    ours = (code >= 0) & (rows > 0)
    code, rows = code[ours], rows[ours]
    return Order(names, code, rows, (np.cumsum(rows) - rows) // ROWS_A_GROUP)


def _codes(parts: Parts, names: list[str], piece: pa.Table) -> NDArray[np.int64]:
    """One number a row, in the order of scenario, draw and replicate; -1 for what is not of a future that is done."""
    pair = parts.code(piece["draw"].to_numpy().astype(np.int64), piece["replicate"].to_numpy().astype(np.int64))
    planned = parts.code(parts.draw, parts.replicate)
    scenario = np.zeros(len(piece), np.int64)
    if "scenario" in piece.column_names:
        codes, texts = tables.coded(piece["scenario"])
        scenario = np.array([names.index(text) for text in texts], np.int64)[codes]
    done = np.isin(pair, planned[parts.state == DONE])
    return np.where(done, scenario * (planned.max(initial=0) + 1) + pair, -1)


def _sorted(parts: Parts, table: str, order: Order) -> Iterator[pa.Table]:
    """Row groups in order."""
    if not len(order.code):
        return
    together = int(order.group[-1]) // FILES + 1
    with TemporaryDirectory(dir=parts.folder, prefix=SORTING) as there:
        _deal(parts, table, order, there=Path(there), together=together)
        for path in sorted(Path(there).iterdir()):
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
                rows = stream.read_all()
            path.unlink()
            place = rows[PLACE].to_numpy()
            by_place = np.argsort(place, kind="stable")         # within a future rows are in order
            group = order.group[place[by_place]]
            rows = rows.drop_columns([PLACE]).take(by_place)
            cuts = [0, *(np.flatnonzero(group[1:] != group[:-1]) + 1).tolist(), len(rows)]
            yield from (rows.slice(a, b - a) for a, b in pairwise(cuts))


def _deal(parts: Parts, table: str, order: Order, *, there: Path, together: int) -> None:
    """Carry each row, with its place, to the file of its row group and those beside it."""
    files: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
    with ExitStack() as opened:
        for path in parts.of(table):
            for piece in _pieces(path, tables.SCHEMAS[table]):
                code = _codes(parts, order.names, piece)
                place = np.searchsorted(order.code, code)
                piece = piece.append_column(PLACE, pa.array(place))
                file = np.where(code < 0, -1, order.group[np.minimum(place, len(order.group) - 1)] // together)
                for number in np.unique(file[file >= 0]).tolist():
                    if number not in files:
                        sink = opened.enter_context(pa.OSFile(str(there / f"{number:06d}"), "wb"))
                        options = pa.ipc.IpcWriteOptions(compression="lz4")
                        files[number] = opened.enter_context(pa.ipc.new_stream(sink, piece.schema, options=options))
                    files[number].write_table(piece.filter(pa.array(file == number)).unify_dictionaries().combine_chunks())


def _pieces(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number).cast(schema)
