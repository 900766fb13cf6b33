"""The tidy tables of a run: columns, order, atomic Parquet parts, the finished files and their CSV twins.

One part holds the rows of one future. Finished tables are the parts put one after the other in the order of their key
columns, so their bytes do not depend on which process made which part, or when. Nothing here knows the model: rows come
in as arrays and go out as files.
"""

import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    "indices": pa.schema([*_texts("method design outcome address other index"), *_floats("value low high"), ("n", pa.int32()),
                          ("replicates", pa.int32()), ("seed", pa.int64()), ("dropped", pa.int32())]),
    "timing": pa.schema([("run", pa.int32()), ("seconds", pa.float64()), ("host", TEXT), ("attempt", pa.int32())]),
}
"""Columns of every table in the order of `docs/interfaces.md` section 9; columns before the first float are keys."""
KEYS_TOO = {"indices": ("n",)}
"""Columns after the first float that are keys too."""
BLANKS = {"draws": ("u",), "indices": ("value", "low", "high")}
"""Columns that may be NaN: draw 0 has central values, not a quantile; some indices have no interval, or too few runs differ."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
    "in": lambda own, some: np.isin(own, list(some)),
}
"""Conditions that rows can be read by."""
ROWS_A_SPREADSHEET_OPENS = 1_048_575
FORMAT: Mapping[str, Any] = {"compression": "zstd", "version": "2.6"}


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that becomes `path` when the block ends well and vanishes when it does not.

    The bytes are on the disk before the name is, so that not even a power cut leaves half a file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, path)
        _to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def keys(table: str) -> list[str]:
    """Names of the key columns of a table, in sorting order."""
    names = []
    for field in SCHEMAS[table]:
        if pa.types.is_floating(field.type) or field.name == "ok":
            break
        names.append(field.name)
    return [*names, *KEYS_TOO.get(table, ())]


def _text(column: Any, rows: int) -> tuple[np.ndarray, list[str]]:
    """Codes in the order of the names, and the names used: from text, one text for all rows, or (codes, names)."""
    if isinstance(column, str):
        return np.zeros(rows, np.int32), [column]
    if isinstance(column, tuple):
        codes, names = column[0], column[1]
        used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    else:
        codes, names = pd.factorize(np.asarray(column, dtype=object))
        used = np.arange(len(names))
    order = sorted(used.tolist(), key=lambda i: str(names[i]))
    rank = np.zeros(len(names), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[codes], [str(names[i]) for i in order]


def _length(columns: Mapping[str, Any]) -> int:
    """Rows of the columns that are arrays; 1 when all are single values."""
    arrays = [c for c in columns.values() if not isinstance(c, str) and (isinstance(c, tuple) or np.ndim(c))]
    sizes = {len(c[0]) if isinstance(c, tuple) else len(c) for c in arrays}
    if len(sizes) > 1:
        raise NbhdsimError.of(f"columns of one table have {sorted(sizes)} rows")
    return sizes.pop() if sizes else 1


def to_arrow(table: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns (arrays, scalars, or (codes, names) for text) as an Arrow table of the pinned schema, sorted by its keys.

    Only BLANKS may be NaN. Raises NbhdsimError when a column is missing or
    unknown, two rows have the same key, or a number is not finite.
    """
    schema = SCHEMAS[table]
    if set(columns) != set(schema.names):
        raise NbhdsimError.of(f"table {table}: columns {sorted(columns)}, expected {schema.names}")
    rows = _length(columns)
    if not rows:
        return schema.empty_table()
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
    first = np.flatnonzero(np.append(True, ~_repeats(key, arrays)))
    kept = {name: arrays[name][first] for name in key}
    return {name: kept[name] if name in kept else np.add.reduceat(array, first) for name, array in arrays.items()}


def _refuse_faults(table: str, key: Sequence[str], arrays: Mapping[str, np.ndarray]) -> None:
    same = _repeats(key, arrays)
    if same.any():
        raise NbhdsimError.of(f"table {table}: {int(same.sum())} rows repeat the key of another row")
    for name, array in arrays.items():
        if name not in BLANKS.get(table, ()) and array.dtype.kind == "f" and not np.isfinite(array).all():
            faults = int((~np.isfinite(array)).sum())
            raise NbhdsimError.of(f"table {table}: column {name} has {faults} values that are not finite numbers")


def write_parquet(table: pa.Table, path: Path) -> None:
    """One Arrow table as a Parquet file (zstd, dictionary text), written whole or not at all."""
    with atomic(path) as temporary:
        pq.write_table(table, temporary, **FORMAT)


def packed(pieces: Sequence[pa.Table]) -> bytes:
    """Arrow tables of one schema, one after another, as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables(pieces).unify_dictionaries(), sink, **FORMAT)
    return sink.getvalue().to_pybytes()


def write_blobs(blobs: Sequence[bytes], path: Path) -> None:
    """Parquet texts of one schema as one file, written whole or not at all; one of them is in memory at a time."""
    with atomic(path) as temporary:
        if len(blobs) == 1:
            temporary.write_bytes(blobs[0])
            return
        with pq.ParquetWriter(temporary, pq.read_schema(pa.BufferReader(blobs[0])), **FORMAT) as writer:
            for blob in blobs:
                writer.write_table(pq.read_table(pa.BufferReader(blob)))


def canonical(table: pa.Table) -> pa.Table:
    """The same rows with texts coded in the order of their names, and only names that are used."""
    whole = table.unify_dictionaries().combine_chunks()
    columns = []
    for field in whole.schema:
        column = whole[field.name]
        if field.type == TEXT and len(whole):
            codes, names = _text(coded(column), len(whole))
            column = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))
        columns.append(column)
    return pa.table(columns, schema=whole.schema)


def read(folder: Path, table: str, *, where: Sequence[tuple[str, str, Any]] | None = None,
         columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A finished table, or the rows where every (column, one of OPERATORS, value) holds; text columns are categorical.

    Raises NbhdsimError when the folder has no such table.
    """
    wanted = list(columns) if columns else None
    if not where:
        return pq.read_table(_path(folder, table), columns=wanted).to_pandas()
    with pq.ParquetFile(_path(folder, table)) as file:
        pieces = [piece for i in range(file.num_row_groups) if (piece := _picked(file, i, where=where, columns=wanted)) is not None]
        empty = file.schema_arrow.empty_table()
    return pa.concat_tables(pieces or [empty.select(wanted) if wanted else empty]).to_pandas()


def _picked(file: pq.ParquetFile, group: int, *, where: Sequence[tuple[str, str, Any]],
            columns: Sequence[str] | None) -> pa.Table | None:
    """The rows of one row group in which the conditions hold, None where there are none: a text is compared once for each name, and
    other columns are read only where some row is wanted."""
    rows = file.read_row_group(group, columns=list({name for name, _, _ in where}))
    kept = np.ones(len(rows), bool)
    for name, sign, value in where:
        values, names = coded(rows[name])
        holds = OPERATORS[sign]
        kept &= np.array([bool(holds(own, value)) for own in names], bool)[values] if names else holds(values, value)
    if not kept.any():
        return None
    whole = file.read_row_group(group, columns=columns)
    return whole if kept.all() else whole.take(np.flatnonzero(kept))


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


def coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """A text column as codes and names; any other as its values and no names."""
    if not pa.types.is_dictionary(column.type):
        return column.to_numpy(), []
    whole = column.unify_dictionaries().combine_chunks()
    return whole.indices.to_numpy(), whole.dictionary.to_pylist()


def _numbers(columns: Iterable[np.ndarray]) -> np.ndarray:
    """One whole number (int64) a row, the same where all columns are the same, and in their order."""
    out = np.zeros(1, np.int64)
    for column in columns:
        values = column.astype(np.int64)
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        out = out * (high - low + 1) + (values - low)
    return out


def in_years(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rows of outcomes (texts as codes) with months added up to years, in the order of their keys; yearly rows stay as they are.

    Years begin at month 0. A total stays a total; `residents` is the mean over the months counted in `months`, so a
    rate is worked out as before.
    """
    columns = {**columns, "month": columns["month"] // 12 * 12}
    group = _numbers(columns[name] for name in keys("outcomes"))
    first, inverse, count = np.unique(group, return_index=True, return_inverse=True, return_counts=True)[1:]
    value, residents = (np.bincount(inverse, columns[name]) for name in ("value", "residents"))
    out = {name: values[first] for name, values in columns.items()}
    return out | {"value": value, "residents": residents / count, "months": np.where(out["months"] == 1, count, out["months"])}


def by_year(piece: pa.Table) -> pa.Table:
    """The outcomes of one scenario and future `in_years`, neighbourhood rows left out, what a yearly view repeats kept once."""
    found = {name: coded(piece[name]) for name in piece.schema.names}
    place, places = found["place"]
    everywhere = place == (places.index("all") if "all" in places else -1)
    wanted = everywhere | (found["months"][0] == 1)                     # the rest are yearly rows of neighbourhoods
    columns = in_years({name: values[wanted] for name, (values, _) in found.items()})
    number = _numbers(columns[name] for name in keys("outcomes"))
    kept = len(number) - 1 - np.unique(number[::-1], return_index=True)[1]      # of two alike the last, which was yearly, stays
    return to_arrow(
        "outcomes",
        {name: (columns[name][kept], names) if names else columns[name][kept] for name, (_, names) in found.items()},
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
            columns = [_plain(group[f.name]) if f.type == TEXT else group[f.name] for f in schema]
            if scales is not None:
                codes, names = coded(group["outcome"])
                scale = np.array([scales.get(name, np.nan) for name in names], float)[codes]
                sums = (group[c].to_numpy() for c in ("value", "residents", "months"))
                rate = rates(*sums, scale=scale)
                columns.append(pa.array(rate, from_pandas=True))
            writer.write_table(pa.table(columns, schema=plain))


def harmless(text: str) -> str:
    """A text for CSV with an apostrophe before it where a spreadsheet would take it for a formula; `given` undoes it."""
    return f"'{text}" if text[:1] in FORMULA and len(text) > 1 else text


def given(text: str) -> str:
    """The text that `harmless` was given."""
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA and len(text) > 2 else text


def _plain(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column of texts as they stand in CSV."""
    codes, names = coded(column)
    safe = [harmless(name) for name in names]
    return pc.cast(column, pa.string()) if safe == names else pa.array(safe, pa.string()).take(pa.array(codes))


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """A frame as CSV, written whole or not at all; no text of it becomes a formula."""
    with atomic(path) as temporary:
        _each_text(frame, harmless).to_csv(os.fspath(temporary), index=False, lineterminator="\n")


def read_frame(path: Path, **options: Any) -> pd.DataFrame:
    """A CSV of `write_frame` with its texts as they were; options are those of pandas."""
    frame: pd.DataFrame = pd.read_csv(path, **{"keep_default_na": False, **options})
    return _each_text(frame, given)


def _each_text(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The frame with every text of its columns that `change` changes changed."""
    found = {}
    for name, texts in frame.select_dtypes(exclude=["number", "bool"]).items():
        changed = {x: new for x in texts.unique() if isinstance(x, str) and (new := change(x)) != x}
        if changed:
            found[str(name)] = texts.map(lambda x, own=changed: own.get(x, x))
    return frame.assign(**found)


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
        codes = [coded(whole[c])[0] for c in ("scenario", "draw", "replicate")]
        cuts = np.flatnonzero(np.any([c[1:] != c[:-1] for c in codes], axis=0)) + 1
        edges = [0, *cuts.tolist(), len(whole)]
        for a, b in pairwise(edges[:-1]):
            yield whole.slice(a, b - a)
        held = whole.slice(edges[-2])
    if held is not None and len(held):
        yield held
