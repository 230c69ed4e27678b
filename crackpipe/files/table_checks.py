"""Checks of tables against their schemas: names and types of columns, empty values, the order of the key."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from crackpipe.errors import TableError
from crackpipe.files.schemas import Schema

Row = dict[str, Any]

# Arrow's own allocator keeps what threads have freed: a long run grew by some 30 MiB, at no gain in speed.
pa.set_memory_pool(pa.system_memory_pool())


def fitted(schema: Schema, columns: pa.Table) -> pa.Table:
    """Cast columns to the types of the schema, after checking names, empty values and the order of the key.

    Raises:
        TableError: one of them is wrong.
    """
    if columns.schema.names != schema.columns.names:
        raise TableError(f"{schema.name}: columns are {columns.schema.names}, expected {schema.columns.names}")
    check_filled(schema, columns)
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

    Args:
        path: of the file, for the error.
        schema: that the file should have.
        found: that it has.

    Raises:
        TableError: they differ.
    """
    if not found.equals(schema.columns, check_metadata=False):
        raise TableError(
            f"{path}: columns are {found.to_string()!r}, but a {schema.name} table has "
            f"{schema.columns.to_string()!r}; it was made by another version: run `dvc repro` again"
        )


def ascending(schema: Schema, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows, checking that they ascend strictly in the key.

    Raises:
        TableError: they do not.
    """
    last: tuple[Any, ...] | None = None
    for row in rows:
        key = tuple(row[name] for name in schema.key)
        if last is not None and key <= last:
            raise TableError(
                f"{schema.name}: key {key} follows {last}; rows must be unique and ascending in {schema.key}"
            )
        last = key
        yield row


def check_filled(schema: Schema, table: pa.Table) -> None:
    """Check that columns which must be filled have no empty value.

    Raises:
        TableError: one has.
    """
    for field in schema.columns:
        if not field.nullable and table[field.name].null_count:
            raise TableError(f"{schema.name}: column {field.name} has an empty value, but must always be filled")
