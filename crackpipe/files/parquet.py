"""Parquet tables: the only functions that read and write them, by the schemas of :mod:`crackpipe.files.schemas`.

A table is one file, or a folder of shards ``part-0000.parquet``. Rows are written in the order of the key, in row
groups of fixed size, so that the same rows give the same bytes. A file is replaced atomically; a folder of shards is
not: a writer that is killed leaves its first shards among the last ones of an earlier table.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import dataset

from crackpipe.errors import TableError
from crackpipe.files import atomic
from crackpipe.files.schemas import Schema
from crackpipe.files.table_checks import Row, ascending, check_filled, expect, fitted

Name = TypeVar("Name")
Value = TypeVar("Value")

SHARD_BYTES = 128 * 1024**2
ROW_GROUP_BYTES = 2 * 1024**2


def write(path: Path, schema: Schema, rows: Iterable[Row]) -> int:
    """Write rows to one Parquet file; return their number.

    Args:
        path: file to write; it appears whole or not at all.
        schema: of the table.
        rows: ascending in the key.

    Raises:
        TableError: a row does not fit the schema, or the keys are not strictly ascending.
    """
    return _write_file(path, schema, ascending(schema, rows), stop_bytes=None)


def write_columns(path: Path, schema: Schema, columns: pa.Table) -> int:
    """Write a table held in memory; return its number of rows.

    Args:
        path: file to write; it appears whole or not at all.
        schema: of the table.
        columns: those of the schema, rows ascending in the key.

    Raises:
        TableError: the columns do not fit the schema, or the keys are not strictly ascending.
    """
    table = fitted(schema, columns)
    with atomic.replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=65_536)
    return table.num_rows


def write_shards(folder: Path, schema: Schema, rows: Iterable[Row], *, shard_bytes: int = SHARD_BYTES) -> int:
    """Write rows as shards ``part-0000.parquet`` …; return their number.

    Memory holds one row group (2 MiB), whatever the number of rows. No rows write one empty shard.

    Args:
        folder: takes the shards; those of an earlier, longer table go.
        schema: of the table.
        rows: ascending in the key.
        shard_bytes: size of a shard, about.

    Raises:
        TableError: a row does not fit the schema, or the keys are not strictly ascending.
    """
    ordered = _Peekable(ascending(schema, rows))
    shard = total = 0
    while shard == 0 or not ordered.empty():
        total += _write_file(folder / f"part-{shard:04d}.parquet", schema, ordered, stop_bytes=shard_bytes)
        shard += 1
    for stale in sorted(folder.glob("part-*.parquet"))[shard:]:  # of an earlier, longer table
        stale.unlink()
    return total


def read(path: Path, schema: Schema, *, columns: list[str] | None = None) -> pa.Table:
    """Read a whole table, or some of its columns.

    Args:
        path: a file or a folder of shards.
        schema: of the table.
        columns: to read; ``None`` reads all.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    parts = [pq.ParquetFile(part).read(columns=columns) for part in _parts(path, schema)]
    return pa.concat_tables(parts)


def scan(path: Path, schema: Schema, *, columns: list[str] | None = None) -> Iterator[Row]:
    """Yield the rows of a table one by one; memory holds one row group.

    Args:
        path, schema, columns: as for :func:`read`.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    for batch in batches(path, schema, columns=columns, rows=64):
        yield from batch.to_pylist()


def batches(path: Path, schema: Schema, *, columns: list[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield a table, or some of its columns, in batches; memory holds one row group.

    Args:
        path, schema, columns: as for :func:`read`.
        rows: of a batch, at most.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    for part in _parts(path, schema):
        file = pq.ParquetFile(part)
        for group in range(file.num_row_groups):  # one reader of all groups would keep every page that it has read
            yield from file.iter_batches(batch_size=rows, row_groups=[group], columns=columns)


def grouped(path: Path, schema: Schema) -> Iterator[tuple[Any, list[Row]]]:
    """Yield (value, rows) for each value of the first key column, in its order; memory holds one row group.

    Args:
        path, schema: as for :func:`read`.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    name = schema.key[0]
    for value, rows in itertools.groupby(scan(path, schema), key=lambda row: row[name]):
        yield value, list(rows)


def joined(
    rows: Iterable[Row],
    others: Mapping[Name, Iterable[tuple[str, Value]]],
    *,
    where: Callable[[Name], str],
    stage: Callable[[Name], str],
) -> Iterator[tuple[Row, dict[Name, Value]]]:
    """Join each row of the ``photos`` table with what other tables hold of the same photograph, all read in step.

    Args:
        rows: with ``photo_id``, ascending.
        others: for each name (photo_id, value) pairs of exactly these photographs, ascending.
        where, stage: of a name, the path of its table and the stage that makes it, for the error.

    Raises:
        TableError: a table holds other photographs than ``rows``.
    """
    readers = {name: iter(pairs) for name, pairs in others.items()}

    def following(name: Name, wanted: str | None) -> Any:
        photo_id, value = next(readers[name], (None, None))
        if photo_id != wanted:
            raise TableError(
                f"{where(name)}: next photograph is {photo_id!r}, but the photos table has "
                f"{'no more' if wanted is None else repr(wanted)}; run `dvc repro {stage(name)}` again"
            )
        return value

    for row in rows:
        yield row, {name: following(name, row["photo_id"]) for name in readers}
    for name in readers:
        following(name, None)


def pick(path: Path, schema: Schema, *, values: Collection[Any], columns: list[str]) -> list[Row]:
    """Read the rows whose first key column holds one of ``values``, in the table's order, from their row groups alone.

    Args:
        path: a file or a folder of shards.
        schema: of the table.
        values: of the first key column; others may be among them.
        columns: to read.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    wanted = pc.field(schema.key[0]).isin(list(values))
    table = dataset.dataset(_parts(path, schema), schema=schema.columns).to_table(columns=columns, filter=wanted)
    rows: list[Row] = table.to_pylist()
    return rows


def count(path: Path, schema: Schema) -> int:
    """Count the rows, from the files' footers.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    return sum(pq.ParquetFile(part).metadata.num_rows for part in _parts(path, schema))


def _parts(path: Path, schema: Schema) -> list[Path]:
    parts = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
    if not parts or not all(part.is_file() for part in parts):
        raise TableError(f"{path}: no {schema.name} table here; run `dvc repro` to make it")
    for part in parts:
        expect(part, schema, pq.ParquetFile(part).schema_arrow)
    return parts


def _write_file(path: Path, schema: Schema, rows: Iterable[Row], *, stop_bytes: int | None) -> int:
    total = written = 0
    group: list[Row] = []
    group_bytes = 0
    with (
        atomic.replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema.columns, compression="zstd") as writer,
    ):
        for row in rows:
            group.append(row)
            size = sum(_size(value) for value in row.values())
            group_bytes += size
            written += size
            total += 1
            if group_bytes >= ROW_GROUP_BYTES:
                writer.write_table(_table(schema, group))
                group, group_bytes = [], 0
            if stop_bytes is not None and written >= stop_bytes:
                break
        if group or total == 0:
            writer.write_table(_table(schema, group))
    return total


def _table(schema: Schema, rows: list[Row]) -> pa.Table:
    try:
        table = pa.Table.from_pylist(rows, schema=schema.columns)
        table.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise TableError(f"{schema.name}: a row does not fit the schema: {error}") from error
    check_filled(schema, table)
    return table


def _size(value: Any) -> int:
    """About how many bytes a value takes."""
    return len(value) if isinstance(value, bytes) else 16


class _Peekable:
    """An iterator that can tell whether it is exhausted."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = next(rows, None)

    def empty(self) -> bool:
        return self._next is None

    def __iter__(self) -> "_Peekable":
        return self

    def __next__(self) -> Row:
        if self._next is None:
            raise StopIteration
        row, self._next = self._next, next(self._rows, None)
        return row
