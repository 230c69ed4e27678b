"""Tables that are read memory-mapped: one uncompressed Arrow IPC file, one record batch, columns as they lie on disk.

Reading costs no memory but the system's page cache; numbers are used in place, without a copy.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from crackpipe.errors import TableError
from crackpipe.files import atomic, table_checks
from crackpipe.files.schemas import Schema


def write(path: Path, schema: Schema, columns: pa.Table, *, about: Mapping[str, str] | None = None) -> int:
    """Write a table whose rows are ascending in the key; return its number of rows. The same rows, the same bytes.

    Args:
        path: file to write; it appears whole or not at all.
        schema: of the table.
        columns: in the order of the schema.
        about: texts that become the metadata of the table's schema.

    Raises:
        TableError: the columns do not fit the schema, or the keys are not strictly ascending.
    """
    table = table_checks.fitted(schema, columns).replace_schema_metadata(dict(about or {})).combine_chunks()
    with (
        atomic.replacing(path) as temporary,
        pa.OSFile(str(temporary), "wb") as file,
        pa.ipc.new_file(file, table.schema) as writer,
    ):
        writer.write_table(table)
    return table.num_rows


def read(path: Path, *, name: str) -> pa.Table:
    """Map a table into memory.

    Args:
        path: file to map.
        name: of the table, for the error.

    Raises:
        TableError: there is no such file, or it is no Arrow file.
    """
    if not path.is_file():
        raise TableError(f"{path}: no {name} table here; run `dvc repro` to make it")
    try:
        with pa.memory_map(str(path)) as file:
            return pa.ipc.open_file(file).read_all()
    except pa.ArrowInvalid as error:
        raise TableError(f"{path}: not an Arrow file: {error}; run `dvc repro` again") from error
