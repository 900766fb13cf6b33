"""The tidy tables of a run: columns, order, atomic Parquet parts, the finished files and their CSV twins.

One part holds the rows of one future. Finished tables are the parts put one after the other in the order of their key
columns, so their bytes do not depend on which process made which part, or when. Nothing here knows the model: rows come
in as arrays and go out as files.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from nbhdsim.errors import NbhdsimError

TEXT = pa.dictionary(pa.int32(), pa.string())
FUTURE = [("scenario", TEXT), ("draw", pa.int32()), ("replicate", pa.int32())]


def _texts(names: str) -> list[tuple[str, Any]]:
    return [(name, TEXT) for name in names.split()]


def _floats(names: str) -> list[tuple[str, Any]]:
    return [(name, pa.float64()) for name in names.split()]


SCHEMAS: Mapping[str, pa.Schema] = {
    "outcomes": pa.schema([*FUTURE, ("month", pa.int16()), ("months", pa.int8()), ("place", TEXT), ("quintile", pa.int8()),
                           *_texts("age people of outcome"), *_floats("value residents")]),
    "costs": pa.schema([*FUTURE, ("year", pa.int16()), *_texts("place intervention payer kind"), *_floats("pounds")]),
    "delivery": pa.schema([*FUTURE, ("month", pa.int16()), *_texts("place intervention"),
                           *_floats("places members joined left contacts reached")]),
    "funded": pa.schema([*FUTURE, *_texts("intervention place"), *_floats("sites")]),
    "explain": pa.schema([*FUTURE, *_texts("outcome by part"), *_floats("value residents")]),
    "reach": pa.schema([*FUTURE, *_texts("intervention by value"), *_floats("eligible reached never")]),
    "draws": pa.schema([("draw", pa.int32()), *_texts("address"), *_floats("u value")]),
    "runs": pa.schema([("run", pa.int32()), ("draw", pa.int32()), ("replicate", pa.int32()), ("ok", pa.bool_())]),
    "timing": pa.schema([("run", pa.int32()), ("seconds", pa.float64()), ("host", TEXT), ("attempt", pa.int32())]),
}
"""Columns of every table in the order of `docs/interfaces.md` section 9; columns before the first float are keys."""
OF_A_FUTURE = ("outcomes", "costs", "delivery", "funded", "reach")
"""Tables the simulation makes; `draws`, `runs` and `timing` come from the plan."""
ROWS_A_SPREADSHEET_OPENS = 1_048_575
ROWS_A_GROUP = 250_000


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that becomes `path` when the block ends well and vanishes when it does not."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def keys(table: str) -> list[str]:
    """Names of the key columns of a table, in sorting order."""
    names = []
    for field in SCHEMAS[table]:
        if pa.types.is_floating(field.type) or field.name == "ok":
            break
        names.append(field.name)
    return names


def _text(column: Any, rows: int) -> tuple[np.ndarray, list[str]]:
    """Codes in the order of the names, and the names used: from text, one text for all rows, or (codes, names)."""
    if isinstance(column, str):
        return np.zeros(rows, np.int32), [column]
    if isinstance(column, tuple):
        codes, names = np.asarray(column[0]), np.asarray(column[1], dtype=object)
        used, inverse = np.unique(codes, return_inverse=True)
        names = names[used]
    else:
        inverse, found = pd.factorize(np.asarray(column, dtype=object))
        names = np.asarray(found, dtype=object)
    order = sorted(range(len(names)), key=lambda i: str(names[i]))
    rank = np.empty(len(names), np.int32)
    rank[order] = np.arange(len(names), dtype=np.int32)
    return rank[inverse] if len(names) else np.zeros(0, np.int32), [str(names[i]) for i in order]


def _length(columns: Mapping[str, Any]) -> int:
    """Rows of the columns that are arrays; 1 when all are single values."""
    arrays = [c for c in columns.values() if not isinstance(c, str) and (isinstance(c, tuple) or np.ndim(c))]
    sizes = {len(c[0]) if isinstance(c, tuple) else len(c) for c in arrays}
    if len(sizes) > 1:
        raise NbhdsimError.of(f"columns of one table have {sorted(sizes)} rows")
    return sizes.pop() if sizes else 1


def to_arrow(table: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns (arrays, scalars, or (codes, names) for text) as an Arrow table of the pinned schema, sorted by its keys.

    Only `u` may be NaN (draw 0 has central values, not a quantile). Raises NbhdsimError when a column is missing or
    unknown, two rows have the same key, or a number is not finite.
    """
    schema = SCHEMAS[table]
    if set(columns) != set(schema.names):
        raise NbhdsimError.of(f"table {table}: columns {sorted(columns)}, expected {schema.names}")
    rows = _length(columns)
    arrays: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    for field in schema:
        if field.type == TEXT:
            arrays[field.name], names[field.name] = _text(columns[field.name], rows)
        else:
            arrays[field.name] = np.broadcast_to(np.asarray(columns[field.name], field.type.to_pandas_dtype()), rows)
    key = keys(table)
    order = np.lexsort([arrays[name] for name in reversed(key)])
    arrays = {name: array[order] for name, array in arrays.items()}
    if table == "costs":
        arrays = _added_up(key, arrays)
    _refuse_faults(table, key, arrays)
    return pa.table([pa.DictionaryArray.from_arrays(pa.array(arrays[f.name], pa.int32()), pa.array(names[f.name], pa.string()))
                     if f.type == TEXT else pa.array(arrays[f.name], f.type) for f in schema], schema=schema)


def _repeats(key: Sequence[str], arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Whether each sorted row but the first has the key of the row before, bool[n - 1]."""
    same = np.ones(max(len(arrays[key[0]]) - 1, 0), bool)
    for name in key:
        same &= arrays[name][1:] == arrays[name][:-1]
    return same


def _added_up(key: Sequence[str], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Sorted cost rows with the pounds of equal keys added: two rounds of grants in one year are one row."""
    if not len(arrays[key[0]]):
        return dict(arrays)
    first = np.flatnonzero(np.append(True, ~_repeats(key, arrays)))
    kept = {name: arrays[name][first] for name in key}
    return {name: kept[name] if name in kept else np.add.reduceat(array, first) for name, array in arrays.items()}


def _refuse_faults(table: str, key: Sequence[str], arrays: Mapping[str, np.ndarray]) -> None:
    same = _repeats(key, arrays)
    if same.any():
        raise NbhdsimError.of(f"table {table}: {int(same.sum())} rows repeat the key of another row")
    for name, array in arrays.items():
        if name != "u" and array.dtype.kind == "f" and not np.isfinite(array).all():
            faults = int((~np.isfinite(array)).sum())
            raise NbhdsimError.of(f"table {table}: column {name} has {faults} values that are not finite numbers")


def write_parquet(table: pa.Table, path: Path) -> None:
    """One Arrow table as a Parquet file (zstd, dictionary text), written whole or not at all."""
    with atomic(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", version="2.6")


def part_path(parts: Path, table: str, run: int) -> Path:
    """Name of the part of one table and future."""
    return parts / f"{table}-{run:06d}.parquet"


def write_parts(parts: Path, run: int, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """The tables of one future as parts; `outcomes` is written last, so a future counts as done once it is there."""
    for table in [name for name in SCHEMAS if name in rows][::-1]:
        write_parquet(to_arrow(table, rows[table]), part_path(parts, table, run))


def _pieces(parts: Path, table: str, runs: Sequence[int]) -> Iterator[pa.Table]:
    """The rows of one scenario and future after another, in key order; `runs` are sorted by (draw, replicate)."""
    if not runs:
        return
    first = pq.read_table(part_path(parts, table, runs[0]), columns=["scenario"])["scenario"]
    scenarios = set(first.unique().to_pylist())
    for run in runs[1:]:
        scenarios |= set(pq.read_table(part_path(parts, table, run), columns=["scenario"])["scenario"].unique().to_pylist())
    for scenario in sorted(scenarios):
        for run in runs:
            piece = pq.read_table(part_path(parts, table, run), filters=[("scenario", "==", scenario)], memory_map=False)
            if len(piece):
                yield piece.cast(SCHEMAS[table])


def _groups(pieces: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Pieces joined until they fill a row group; the last group may be small. Always at least one (empty) group."""
    held: list[pa.Table] = []
    for piece in pieces:
        held.append(piece)
        if sum(map(len, held)) >= ROWS_A_GROUP:
            yield pa.concat_tables(held).unify_dictionaries().combine_chunks()
            held = []
    yield pa.concat_tables(held).unify_dictionaries().combine_chunks() if held else schema.empty_table()


def assemble(parts: Path, folder: Path, runs: Sequence[int]) -> dict[str, int]:
    """The finished Parquet tables of the futures `runs` (sorted by draw, replicate) from their parts; rows of each."""
    rows = {}
    for table in OF_A_FUTURE:
        rows[table] = 0
        schema = SCHEMAS[table]
        with (atomic(folder / f"{table}.parquet") as temporary,
              pq.ParquetWriter(temporary, schema, compression="zstd", version="2.6") as writer):
            for group in _groups(_pieces(parts, table, runs), schema):
                writer.write_table(group, row_group_size=2 * ROWS_A_GROUP)
                rows[table] += len(group)
    return rows


def read(folder: Path, table: str, *, where: Sequence[tuple[str, str, Any]] | None = None,
         columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A finished table, or the rows where (column, "==" | "in" | ..., value) holds; text columns are categorical.

    Raises NbhdsimError when the folder has no such table.
    """
    return pq.read_table(_path(folder, table), columns=list(columns) if columns else None,
                         filters=list(where) if where else None).to_pandas()


def _path(folder: Path, table: str) -> Path:
    path = folder / f"{table}.parquet"
    if not path.is_file():
        raise NbhdsimError.of(f"{folder} has no {table}.parquet (is it a finished run folder?)")
    return path


def sums(folder: Path, table: str, *, by: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Sums of some columns of a finished table by others, without holding its rows in pandas; raises as `read`."""
    whole = pq.read_table(_path(folder, table), columns=[*by, *columns]).unify_dictionaries()
    held = whole.group_by(list(by)).aggregate([(name, "sum") for name in columns]).to_pandas()
    return held.rename(columns={f"{name}_sum": name for name in columns})[[*by, *columns]]


def rates(value: np.ndarray, residents: np.ndarray, months: np.ndarray, *, scale: np.ndarray) -> np.ndarray:
    """value / residents / months x scale: per 1,000 a year for counts, the mean for means; NaN where nobody is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(value) / np.asarray(residents) / np.asarray(months) * np.asarray(scale)


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """A text column as codes and names; any other as its values and no names."""
    if column.type != TEXT:
        return column.to_numpy(), []
    whole = column.combine_chunks()
    return whole.indices.to_numpy(), whole.dictionary.to_pylist()


def _numbers(columns: Iterable[np.ndarray]) -> np.ndarray:
    """One whole number (int64) a row, the same where all columns are the same, and in their order."""
    out = np.zeros(1, np.int64)
    for column in columns:
        values = column.astype(np.int64)
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        out = out * (high - low + 1) + (values - low)
    return out


def by_year(piece: pa.Table) -> pa.Table:
    """The outcomes of one scenario and future by year: monthly rows added up, neighbourhood rows left out.

    Years begin at month 0. A total stays a total; `residents` is the mean over the months counted in `months`, so a
    rate is worked out as before. Rows that a yearly view repeats are kept once.
    """
    key = keys("outcomes")
    coded = {name: _codes(piece[name]) for name in piece.schema.names}
    place, places = coded["place"]
    everywhere = place == (places.index("all") if "all" in places else -1)
    wanted = np.flatnonzero(everywhere | (coded["months"][0] == 1))     # the rest are yearly rows of neighbourhoods
    columns = {name: values[wanted] for name, (values, _) in coded.items()}
    columns["month"] = columns["month"] // 12 * 12
    group = _numbers(columns[name] for name in key)
    first, inverse, count = np.unique(group, return_index=True, return_inverse=True, return_counts=True)[1:]
    added = {name: np.bincount(inverse, columns[name]) for name in ("value", "residents")}
    columns = {name: values[first] for name, values in columns.items()}
    columns |= {"value": added["value"], "residents": added["residents"] / count}
    monthly = columns["months"] == 1
    columns["months"] = np.where(monthly, count, columns["months"])
    order = np.argsort(monthly, kind="stable")                          # yearly rows first: of two alike the first stays
    kept = order[np.unique(_numbers(columns[name][order] for name in key), return_index=True)[1]]
    return to_arrow(
        "outcomes",
        {name: (columns[name][kept], names) if names else columns[name][kept] for name, (_, names) in coded.items()},
    )


def write_csv(path: Path, groups: Iterable[pa.Table], schema: pa.Schema, *, scales: Mapping[str, float] | None = None) -> None:
    """Arrow tables as one CSV file with a header; with `scales` (by outcome) a last column `rate` is added."""
    plain = pa.schema([(f.name, pa.string() if f.type == TEXT else f.type) for f in schema])
    if scales is not None:
        plain = plain.append(pa.field("rate", pa.float64()))
    options = pcsv.WriteOptions(include_header=False, quoting_style="needed")
    with (atomic(path) as temporary, temporary.open("wb") as file, pcsv.CSVWriter(file, plain, write_options=options) as writer):
        file.write((",".join(plain.names) + "\n").encode())  # arrow would put every name in quotes
        for group in groups:
            columns = [pc.cast(group[f.name], pa.string()) if f.type == TEXT else group[f.name] for f in schema]
            if scales is not None:
                codes, names = _codes(group["outcome"])
                scale = np.array([scales.get(name, np.nan) for name in names], float)[codes]
                sums = (group[c].to_numpy() for c in ("value", "residents", "months"))
                rate = rates(*sums, scale=scale)
                columns.append(pa.array(rate, from_pandas=True))
            writer.write_table(pa.table(columns, schema=plain))


def twins(folder: Path, scales: Mapping[str, float]) -> str:
    """A CSV twin of every table in `csv/`; returns "complete", or "years" where `outcomes` is too long to open.

    Above 1,048,575 rows (what a spreadsheet opens) the twin of `outcomes` has one row a year and no neighbourhoods;
    everything else is in the Parquet file.
    """
    out = folder / "csv"
    out.mkdir(exist_ok=True)
    extent = "complete"
    for table, schema in SCHEMAS.items():
        if table == "timing" or not (folder / f"{table}.parquet").is_file():
            continue
        with pq.ParquetFile(folder / f"{table}.parquet") as source:
            groups: Iterable[pa.Table] = (source.read_row_group(i).cast(schema) for i in range(source.num_row_groups))
            if table == "outcomes" and source.metadata.num_rows > ROWS_A_SPREADSHEET_OPENS:
                extent, groups = "years", map(by_year, _futures_of(groups))
            write_csv(out / f"{table}.csv", groups, schema, scales=scales if table == "outcomes" else None)
    return extent


def _futures_of(groups: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Row groups cut or joined so that each piece is one scenario and future (rows are sorted by them)."""
    held: pa.Table | None = None
    for group in groups:
        whole = group if held is None else pa.concat_tables([held, group]).unify_dictionaries().combine_chunks()
        codes = [_codes(whole[c])[0] for c in ("scenario", "draw", "replicate")]
        cuts = np.flatnonzero(np.any([c[1:] != c[:-1] for c in codes], axis=0)) + 1
        edges = [0, *cuts.tolist(), len(whole)]
        for a, b in pairwise(edges[:-1]):
            yield whole.slice(a, b - a)
        held = whole.slice(edges[-2])
    if held is not None and len(held):
        yield held
