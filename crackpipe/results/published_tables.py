"""The published tables, each with those rows of our runs that belong to it.

The published figures lie in ``published.json``, where each table also says (``ours``) which of our rows it takes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from crackpipe.results import record, table_rows, trials
from crackpipe.results.cells import Row, TableCell
from crackpipe.results.record import Run


@dataclass(frozen=True, slots=True)
class Table:
    """Published rows, then ours.

    Attributes:
        source: short name of the publication.
        columns: (name, number of photographs of the published rows, ``None`` where these are not counted).
        rows: a cell per column each; ``run`` is empty for the published ones.
        notes: sentences below the table.
    """

    title: str
    source: str
    columns: tuple[tuple[str, int | None], ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def published() -> dict[str, Any]:
    """Read ``published.json``.

    Returns:
        ``sources`` (short name → what ``kind`` of text it is, and its ``citation``), ``tables`` and ``losses``.
    """
    tree: dict[str, Any] = json.loads((files("crackpipe.results") / "published.json").read_text(encoding="utf-8"))
    return tree


def tables(folders: Sequence[Path]) -> list[Table]:
    """Every published table with the rows of these runs that belong to it and have a figure in its columns.

    A row that was there before, name and scores, is not repeated, however fast it was: runs that share stages share
    figures, and so do the models of a run that look at no photograph (chance, the majority). Runs that differ in the
    segmenters' seed have one row for all, see :mod:`crackpipe.results.trials`.

    Args:
        folders: of runs.

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    return with_rows([record.read(folder) for folder in folders])


def with_rows(runs: Sequence[Run]) -> list[Table]:
    """The same of runs that are read already; see :func:`tables`."""
    tree = published()
    return [_table(entry, runs, kind=tree["sources"][entry["source"]]["kind"]) for entry in tree["tables"]]


def _table(entry: dict[str, Any], runs: Sequence[Run], *, kind: str) -> Table:
    """A table of ``published.json`` with our rows; ``kind`` is its source's kind of text, for the notes."""
    columns = tuple((column["name"], column["n"]) for column in entry["columns"])
    rows = [
        Row("", row["name"], tuple(map(_cell, row["values"])), row.get("basis", entry["basis"]))
        for row in entry["rows"]
    ]
    listed: set[tuple[str, tuple[TableCell | None, ...]]] = set()
    for trial in trials.grouped(runs):
        found = [row for run in trial for row in table_rows.rows(run, ours=entry["ours"], columns=entry["columns"])]
        for row in trials.merged(found):
            scores = table_rows.scores(row, entry["columns"])
            if (row.name, scores) not in listed:
                listed.add((row.name, scores))
                rows.append(row)
        listed |= {(row.name, table_rows.scores(row, entry["columns"])) for row in found}
    origin = f"{entry['table']} of {entry['source']}."
    notes = [f"Published rows: {origin}" if entry["rows"] else f"As {origin}", *entry["remarks"]]
    rows = [replace(row, incomparable=_other_photographs(columns, row, kind=kind)) for row in rows]
    return Table(entry["title"], entry["source"], columns, tuple(rows), tuple(notes))


def _cell(values: list[float] | None) -> TableCell | None:
    return None if values is None else TableCell(tuple(values))


def _other_photographs(columns: Sequence[tuple[str, int | None]], row: Row, *, kind: str) -> str:
    """Columns in which a row of ours is on other photographs than the published rows, as far as their numbers tell."""
    names: dict[tuple[int, int], list[str]] = {}
    for (name, expected), cell in zip(columns, row.cells, strict=True):
        if expected is not None and cell is not None and cell.n is not None and cell.n != expected:
            names.setdefault((cell.n, expected), []).append(name)
    return "; ".join(
        f"{', '.join(alike)}: {count} photographs, the {kind}'s {expected}"
        for (count, expected), alike in names.items()
    )
