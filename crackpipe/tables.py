"""Parquet tables: every schema, its key, and the only functions that read and write them.

A table is one file, or a folder of shards ``part-0000.parquet``. Rows are written in the order of the key, in row
groups of fixed size, so that the same rows give the same bytes. A file is replaced atomically; a folder of shards is
not: a writer that is killed leaves its first shards among the last ones of an earlier table.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import dataset

from crackpipe.errors import TableError

Row = dict[str, Any]

SHARD_BYTES = 128 * 1024**2
ROW_GROUP_BYTES = 2 * 1024**2

# Arrow's own allocator keeps what threads have freed: a long run grew by some 30 MiB, at no gain in speed.
pa.set_memory_pool(pa.system_memory_pool())


@dataclass(frozen=True, slots=True)
class Schema:
    """Columns of a table and the columns that identify a row (unique, ascending)."""

    name: str
    columns: pa.Schema
    key: tuple[str, ...]


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


ATTRIBUTES = pa.struct(
    [
        pa.field("damage", pa.list_(pa.string())),
        pa.field("location", pa.list_(pa.string())),
        pa.field("soundness", pa.string()),
        pa.field("measure", pa.string()),
    ]
)

PHOTOS = Schema(
    "photos",
    pa.schema(
        [
            _required("photo_id", pa.string()),  # source/name, unique over all sources
            _required("source", pa.string()),
            _required("split", pa.string()),  # train, val or test
            _required("group_id", pa.string()),  # the physical photograph or structure: never in two splits
            _required("height_px", pa.int32()),
            _required("width_px", pa.int32()),
            _required("image", pa.binary()),  # the file's own bytes
            pa.field("mask", pa.binary()),  # 1-bit PNG; null where unknown
            pa.field("label", pa.int8()),  # 1 crack, 0 none; null where unknown
            pa.field("caption", pa.string()),
            pa.field("attributes", ATTRIBUTES),
            pa.field("mm_per_px", pa.float64()),
        ]
    ),
    ("photo_id",),
)

PHOTOS_REJECTED = Schema(
    "photos_rejected",
    pa.schema([_required("source", pa.string()), _required("path", pa.string()), _required("reason", pa.string())]),
    ("source", "path", "reason"),
)

PATCHES = Schema(
    "patches",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("row_px", pa.int32()),  # top left corner
            _required("col_px", pa.int32()),
            _required("side_px", pa.int32()),
            _required("symmetry", pa.int8()),  # 0–7: quarter turns = symmetry % 4, then mirrored left–right if ≥ 4
            _required("label", pa.int8()),
            _required("split", pa.string()),
        ]
    ),
    ("photo_id", "row_px", "col_px", "symmetry"),
)

EVIDENCE = Schema(
    "evidence",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("kind", pa.string()),  # cam, or patch_<side> for the classifier on patches of that side
            _required("cell_px", pa.int32()),  # pixels of the photograph per cell
            _required("cells", pa.binary()),  # 16-bit PNG, 0–65535 = confidence
        ]
    ),
    ("photo_id", "kind"),
)

PSEUDO_LABELS = Schema(
    "pseudo_labels",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("method", pa.string()),
            _required("mask", pa.binary()),  # 8-bit PNG, 0–255 = confidence
            _required("crack_px", pa.int32()),  # pixels at or above the binarising threshold
        ]
    ),
    ("photo_id",),
)

MASKS = Schema(
    "masks",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("mask", pa.binary()),  # 8-bit PNG, 0–255 = confidence
        ]
    ),
    ("photo_id",),
)

PREDICTIONS = Schema(
    "predictions",
    pa.schema(
        [
            _required("item_id", pa.string()),
            _required("label", pa.int8()),
            _required("score", pa.float32()),  # probability of crack
            _required("fold", pa.int32()),  # seed or fold the score comes from
        ]
    ),
    ("fold", "item_id"),
)

FEW_SHOT_ITEMS = Schema(
    "few_shot_items",
    pa.schema(
        [
            _required("split", pa.string()),  # pool (learned from), test, or ood (photographs of another kind)
            _required("item_id", pa.string()),  # photo_id@row,col+side
            _required("label", pa.int8()),
            _required("source", pa.string()),
            _required("group_id", pa.string()),  # never in both pool and test
        ]
    ),
    ("split", "item_id"),
)

FEW_SHOT_SCORES = Schema(
    "few_shot_scores",
    pa.schema(
        [
            _required("subset", pa.string()),  # T0, T1 …
            _required("seed", pa.int32()),
            _required("n_train", pa.int32()),
            # of the items of test, then of ood, in the order of few_shot_items
            _required("score", pa.list_(pa.float32())),  # probability of crack
            pa.field("mutual_information", pa.list_(pa.float32())),  # nats; null where a head has no posterior
            pa.field("loss", pa.list_(pa.float32())),  # per item, of each step of training; null without training
        ]
    ),
    ("subset", "seed"),
)


def trunk_features(*, shape: tuple[int, ...]) -> Schema:
    """Patches with what a frozen trunk sees of each, (channels, rows, columns); kept by :mod:`mapped`."""
    seen = pa.field("features", pa.fixed_shape_tensor(pa.float16(), shape), nullable=False)
    return Schema("trunk_features", PATCHES.columns.append(seen), PATCHES.key)


def embeddings(*, width: int) -> Schema:
    """Embeddings of images and texts in a joint space of ``width`` dimensions; kept by :mod:`mapped`.

    The order of the key puts the items of one kind and split side by side: their vectors are one block of the file.
    """
    columns = [
        _required("kind", pa.string()),  # image, text, or class (the mean direction of a class's texts)
        _required("split", pa.string()),
        _required("item_id", pa.string()),  # of an image its photo_id or patch; of a text the caption itself
        _required("vector", pa.list_(pa.float16(), width)),  # of length 1
    ]
    return Schema("embeddings", pa.schema(columns), ("kind", "split", "item_id"))


def write(path: Path, schema: Schema, rows: Iterable[Row]) -> int:
    """Write ``rows``, ascending in the key, to one Parquet file; return their number.

    Raises:
        TableError: a row does not fit the schema, or the keys are not strictly ascending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return _write_file(path, schema, _ascending(schema, rows), stop_bytes=None)


def write_columns(path: Path, schema: Schema, columns: pa.Table) -> int:
    """Write a table held in memory, whose rows are already ascending in the key; return its number of rows.

    Raises:
        TableError: the columns do not fit the schema, or the keys are not strictly ascending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table = fitted(schema, columns)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        pq.write_table(table, temporary, compression="zstd", row_group_size=65_536)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return table.num_rows


def write_shards(folder: Path, schema: Schema, rows: Iterable[Row], *, shard_bytes: int = SHARD_BYTES) -> int:
    """Write ``rows``, ascending in the key, as ``part-0000.parquet`` … of about ``shard_bytes``; return their number.

    Memory holds one row group (2 MiB), whatever the number of rows. No rows write one empty shard.

    Raises:
        TableError: a row does not fit the schema, or the keys are not strictly ascending.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = _Peekable(_ascending(schema, rows))
    shard = total = 0
    while shard == 0 or not ordered.empty():
        total += _write_file(folder / f"part-{shard:04d}.parquet", schema, ordered, stop_bytes=shard_bytes)
        shard += 1
    for stale in sorted(folder.glob("part-*.parquet"))[shard:]:  # of an earlier, longer table
        stale.unlink()
    return total


def read(path: Path, schema: Schema, *, columns: list[str] | None = None) -> pa.Table:
    """Read a whole table (a file or a folder of shards), or some of its columns.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    parts = [pq.ParquetFile(part).read(columns=columns) for part in _parts(path, schema)]
    return pa.concat_tables(parts)


def scan(path: Path, schema: Schema, *, columns: list[str] | None = None) -> Iterator[Row]:
    """Yield the rows of a table one by one; memory holds one row group.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    for batch in batches(path, schema, columns=columns, rows=64):
        yield from batch.to_pylist()


def batches(path: Path, schema: Schema, *, columns: list[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield a table, or some of its columns, in batches of at most ``rows`` rows; memory holds one row group.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    for part in _parts(path, schema):
        file = pq.ParquetFile(part)
        for group in range(file.num_row_groups):  # one reader of all groups would keep every page that it has read
            yield from file.iter_batches(batch_size=rows, row_groups=[group], columns=columns)


def grouped(path: Path, schema: Schema, *, columns: list[str] | None = None) -> Iterator[tuple[Any, list[Row]]]:
    """Yield (value, rows) for each value of the first key column, in its order; memory holds one row group."""
    name = schema.key[0]
    for value, rows in itertools.groupby(scan(path, schema, columns=columns), key=lambda row: row[name]):
        yield value, list(rows)


def pick(path: Path, schema: Schema, *, values: Collection[Any], columns: list[str]) -> list[Row]:
    """Rows whose first key column holds one of ``values``, in the table's order; only their row groups are read.

    Raises:
        TableError: the table is missing or its columns are not the schema's.
    """
    wanted = pc.field(schema.key[0]).isin(list(values))
    found = dataset.dataset(_parts(path, schema), schema=schema.columns).to_table(columns=columns, filter=wanted)
    rows: list[Row] = found.to_pylist()
    return rows


def count(path: Path, schema: Schema) -> int:
    """Number of rows, from the files' footers."""
    return sum(pq.ParquetFile(part).metadata.num_rows for part in _parts(path, schema))


def fitted(schema: Schema, columns: pa.Table) -> pa.Table:
    """``columns`` in the types of the schema, after checking names, empty values and the order of the key.

    Raises:
        TableError: one of them is wrong.
    """
    if columns.schema.names != schema.columns.names:
        raise TableError(f"{schema.name}: columns are {columns.schema.names}, expected {schema.columns.names}")
    _check_filled(schema, columns)
    try:
        table = columns.cast(schema.columns)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise TableError(f"{schema.name}: a column does not fit the schema: {error}") from error
    keys = table.select(schema.key).to_pandas()
    ordered = keys.sort_values(list(schema.key), kind="stable")
    if not ordered.index.equals(keys.index) or keys.duplicated().any():
        raise TableError(f"{schema.name}: rows must be unique and ascending in {schema.key}")
    return table


def expect(path: Path, schema: Schema, found: pa.Schema) -> None:
    """Check the columns of a file against the schema.

    Raises:
        TableError: they differ.
    """
    if not found.equals(schema.columns, check_metadata=False):
        raise TableError(
            f"{path}: columns are {found.to_string()!r}, but a {schema.name} table has "
            f"{schema.columns.to_string()!r}; it was made by another version: run `dvc repro` again"
        )


def _parts(path: Path, schema: Schema) -> list[Path]:
    parts = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
    if not parts or not all(part.is_file() for part in parts):
        raise TableError(f"{path}: no {schema.name} table here; run `dvc repro` to make it")
    for part in parts:
        expect(part, schema, pq.ParquetFile(part).schema_arrow)
    return parts


def _ascending(schema: Schema, rows: Iterable[Row]) -> Iterator[Row]:
    last: tuple[Any, ...] | None = None
    for row in rows:
        key = tuple(row[name] for name in schema.key)
        if last is not None and key <= last:
            raise TableError(
                f"{schema.name}: key {key} follows {last}; rows must be unique and ascending in {schema.key}"
            )
        last = key
        yield row


def _write_file(path: Path, schema: Schema, rows: Iterable[Row], *, stop_bytes: int | None) -> int:
    temporary = path.with_name(f".{path.name}.tmp")
    total = written = 0
    group: list[Row] = []
    group_bytes = 0
    try:
        with pq.ParquetWriter(temporary, schema.columns, compression="zstd") as writer:
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
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return total


def _table(schema: Schema, rows: list[Row]) -> pa.Table:
    try:
        table = pa.Table.from_pylist(rows, schema=schema.columns)
        table.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise TableError(f"{schema.name}: a row does not fit the schema: {error}") from error
    _check_filled(schema, table)
    return table


def _check_filled(schema: Schema, table: pa.Table) -> None:
    for field in schema.columns:
        if not field.nullable and table[field.name].null_count:
            raise TableError(f"{schema.name}: column {field.name} has an empty value, but must always be filled")


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
