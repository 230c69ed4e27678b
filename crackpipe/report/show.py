"""Tables of ``metrics/`` for people: one row for each cell of a run, and two runs side by side."""

import fnmatch
import json
import math
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError, did_you_mean

Row = dict[str, float]
FIRST = ("ods", "ois", "ap", "f1", "ece", "precision", "recall", "auc")  # columns that stand first


@dataclass(frozen=True, slots=True)
class Table:
    """One file of ``metrics/``.

    Attributes:
        name: of the file, without its suffix.
        rows: figures by the keys above them.
    """

    name: str
    rows: dict[tuple[str, ...], Row]


def read(folder: Path, *, revision: str | None = None) -> list[Table]:
    """Read the tables of a project, sorted by name; lists, which plots read, are left out.

    Args:
        folder: the project.
        revision: of git; ``None`` reads the working tree.

    Raises:
        CrackpipeError: there is no table, or no such revision.
    """
    texts = _committed(folder, revision) if revision else _written(folder)
    trees = {name: json.loads(text) for name, text in sorted(texts.items())}
    tables = [Table(name, dict(rows(tree))) for name, tree in trees.items() if isinstance(tree, dict)]
    if not tables:
        where = f"revision {revision}" if revision else str(folder / "metrics")
        raise CrackpipeError(f"{where}: holds no metrics; `dvc repro` writes them")
    return tables


def _written(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (folder / "metrics").glob("*.json")}


def _committed(folder: Path, revision: str) -> dict[str, str]:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise CrackpipeError(f"--against {revision}: {done.stderr.strip() or 'git failed'}")
        return done.stdout

    names = git("ls-tree", "--name-only", revision, "metrics/").splitlines()
    paths = [Path(name) for name in names if name.endswith(".json")]
    return {path.stem: git("show", f"{revision}:./{path.as_posix()}") for path in paths}


def rows(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Row]]:
    """Yield (keys, figures) of every mapping that holds numbers; figures that are not defined are left out."""
    numbers = {key: float(value) for key, value in tree.items() if isinstance(value, (int, float))}
    if numbers:
        yield above, numbers
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from rows(value, (*above, key))


def chosen(tables: Sequence[Table], *, names: Sequence[str], filters: Sequence[str]) -> list[Table]:
    """The tables of these names (none takes all), and of them the rows in whose keys every filter is found.

    Args:
        tables: see :func:`read`.
        names: of tables.
        filters: keys such as ``test`` or ``text_adapters``, or patterns of them such as ``cam_*``.

    Raises:
        CrackpipeError: there is no such table, or no row with these keys.
    """
    known = [table.name for table in tables]
    for name in names:
        if name not in known:
            raise CrackpipeError(f"show: got {name!r}, expected one of {', '.join(known)}{did_you_mean(name, known)}")
    taken = [table for table in tables if not names or table.name in names]
    found = [table for table in (filtered(table, filters) for table in taken) if table.rows]
    if not found:
        keys = sorted({key for table in taken for row in table.rows for key in row})
        hint = "".join(did_you_mean(pattern, keys) for pattern in filters)
        raise CrackpipeError(f"show: no row has the keys {' and '.join(filters)}{hint}")
    return found


def filtered(table: Table, filters: Sequence[str]) -> Table:
    """The rows in whose keys every filter is found; see :func:`chosen`."""
    return Table(table.name, {keys: row for keys, row in table.rows.items() if _found(keys, filters)})


def _found(keys: tuple[str, ...], filters: Sequence[str]) -> bool:
    return all(any(fnmatch.fnmatchcase(key, pattern) for key in keys) for pattern in filters)


def text(table: Table, *, width: int) -> str:
    """The table in columns that are aligned; columns that do not fit in ``width`` characters are named below it."""
    return _aligned(table.name, table.rows, cell=figure, width=width)


def changes(table: Table, old: Table, *, width: int) -> str:
    """What has changed since ``old``: ``before → after``, with a star where their intervals lie apart.

    An interval is what stands beside a figure: ``f1_low`` and ``f1_high``, or ``f1_std``, of which two to each side are
    taken. Figures without one have no star.

    Args:
        table, old: of the same name.
        width: as for :func:`text`.

    Returns:
        the rows that differ; ``""`` where none does.
    """
    differing = {}
    for keys in sorted(table.rows.keys() | old.rows.keys()):
        now, before = table.rows.get(keys, {}), old.rows.get(keys, {})
        cells = {name: _change(now, before, name) for name in {*now, *before} if now.get(name) != before.get(name)}
        shown = {name: cell for name, cell in cells.items() if not _beside(name, {*now, *before})}
        if shown:
            differing[keys] = shown
    return _aligned(table.name, differing, cell=lambda row, name: row.get(name, ""), width=width) if differing else ""


def _change(now: Row, before: Row, name: str) -> str:
    ends = [_interval(row, name) for row in (before, now)]
    apart = ends[0] and ends[1] and (ends[0][1] < ends[1][0] or ends[1][1] < ends[0][0])
    return f"{_plain(before.get(name))} → {_plain(now.get(name))}{' *' if apart else ''}"


def _interval(row: Row, name: str) -> tuple[float, float] | None:
    if f"{name}_low" in row and f"{name}_high" in row:
        return row[f"{name}_low"], row[f"{name}_high"]
    if name in row and f"{name}_std" in row:
        return row[name] - 2 * row[f"{name}_std"], row[name] + 2 * row[f"{name}_std"]
    return None


def _beside(name: str, names: set[str]) -> bool:
    """Whether a figure tells of another's spread."""
    above, _, ending = name.rpartition("_")
    return ending in {"std", "low", "high"} and above in names


def columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the figures of any row in their order, without those that tell of another's spread.

    Args:
        rows: figures, or cells of text, by name.
    """
    every = {name for row in rows for name in row}
    order = {name: position for position, name in enumerate(FIRST)}
    ordered = sorted(every, key=lambda name: (order.get(name, len(order)), name))
    return [name for name in ordered if not _beside(name, every)]


def figure(row: Row, name: str) -> str:
    """A figure of a row as text, with its standard deviation where the row has it; a dash where it has none.

    Args:
        row: figures by name.
        name: of the figure.
    """
    spread = row.get(f"{name}_std")
    return _plain(row.get(name)) + (f" ± {_plain(spread)}" if spread else "")


def _plain(value: float | None) -> str:
    if value is None:
        return "–"
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) > 1 else f"{value:.4f}"


def _aligned(name: str, found: Mapping[tuple[str, ...], Any], *, cell: Callable[[Any, str], str], width: int) -> str:
    names = columns(found.values())
    labels = {keys: " ".join(keys) for keys in found}
    widths = [max(len(label) for label in labels.values())]
    shown: list[str] = []
    for column in names:
        needed = max(len(column), *(len(cell(row, column)) for row in found.values()))
        if shown and sum(widths) + 2 * len(widths) + needed > width:
            break
        shown.append(column)
        widths.append(needed)
    lines = ["  ".join(["".ljust(widths[0]), *(one.rjust(size) for one, size in zip(shown, widths[1:], strict=True))])]
    figures = {keys: [cell(row, one) for one in shown] for keys, row in found.items()}
    told = {keys: cells for keys, cells in figures.items() if any(value not in ("", "–") for value in cells)}
    for keys, cells in told.items():
        padded = [value.rjust(size) for value, size in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([labels[keys].ljust(widths[0]), *padded]))
    left = names[len(shown) :]
    others = [f"{len(found) - len(told)} rows with these alone"] if len(told) < len(found) else []
    rest = [f"  … and {', '.join([*left, *others])}"] if left or others else []
    return "\n".join([name, *(line.rstrip() for line in lines), *rest])
