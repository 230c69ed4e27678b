"""The published tables, each with those rows of our runs that belong to it.

The published figures lie in ``published.json``, where each table also says (``ours``) which of our rows it takes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from crackpipe.results import record, table_rows
from crackpipe.results.record import Run
from crackpipe.results.table_rows import Cell, Row


@dataclass(frozen=True, slots=True)
class Table:
    """Published rows, then ours; ``columns`` are (name, photographs of the published rows, where these are counted)."""

    title: str
    source: str
    columns: tuple[tuple[str, int | None], ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def published() -> dict[str, Any]:
    """``sources`` (short name → what ``kind`` of text it is, and its ``citation``) and ``tables``."""
    tree: dict[str, Any] = json.loads((files("crackpipe.results") / "published.json").read_text(encoding="utf-8"))
    return tree


def tables(folders: Sequence[Path]) -> list[Table]:
    """Every published table with the rows of these runs that belong to it and have a figure in its columns.

    A row that was there before, name and figures, is not repeated: runs that share stages share figures, and so do
    the models of a run where none is asked (chance, the majority).

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    runs = [record.read(folder) for folder in folders]
    found = published()
    return [_table(table, runs, kind=found["sources"][table["source"]]["kind"]) for table in found["tables"]]


def _table(given: dict[str, Any], runs: Sequence[Run], *, kind: str) -> Table:
    columns = tuple((column["name"], column["n"]) for column in given["columns"])
    rows = [Row("", row["name"], tuple(map(_cell, row["values"]))) for row in given["rows"]]
    seen: set[tuple[str, tuple[Cell | None, ...]]] = set()
    for run in runs:
        for row in table_rows.rows(run, ours=given["ours"], columns=given["columns"]):
            if (row.name, row.cells) not in seen:
                seen.add((row.name, row.cells))
                rows.append(row)
    notes = [f"Published rows: {given['table']} of {given['source']}.", *given["remarks"]]
    notes += _other_photographs(columns, rows, kind=kind)
    return Table(given["title"], given["source"], columns, tuple(rows), tuple(notes))


def _cell(values: list[float] | None) -> Cell | None:
    return None if values is None else Cell(tuple(values))


def _other_photographs(columns: Sequence[tuple[str, int | None]], rows: Sequence[Row], *, kind: str) -> list[str]:
    """A note for the columns where our photographs are not as many as the published rows', one for equal numbers."""
    names: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for at, (name, expected) in enumerate(columns):
        if expected is None:
            continue
        counts = {cell.n for row in rows if (cell := row.cells[at]) and cell.n is not None} - {expected}
        if counts:
            names.setdefault((tuple(sorted(counts)), expected), []).append(name)
    return [
        f"{', '.join(named)}: our rows are on {' or '.join(map(str, counts))} photographs, the {kind}'s on {expected}: "
        "not the same set."
        for (counts, expected), named in names.items()
    ]
