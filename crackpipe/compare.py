"""The papers' tables with our rows under them, as text or Markdown, and in the README.

The papers' figures lie in ``published.json`` with their source; ours are read from ``results/<name>/``.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError

BEGIN, END = "<!-- results -->", "<!-- /results -->"
_PART = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cell:
    """Scores of one method on one set of photographs, in percent; ``n`` photographs, ``None`` where not told."""

    ods: float
    ois: float
    ap: float
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One method; a cell per column, ``None`` where there is no figure. ``run`` names whose it is."""

    run: str
    name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Published rows, then ours; ``columns`` are (name, photographs in the paper)."""

    title: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def folders(results: Path) -> list[Path]:
    """Every run below ``results``, sorted."""
    return sorted(path.parent for path in results.glob("*/run.json"))


def tables(runs: Sequence[Path]) -> list[Table]:
    """Build the tables: those published, each with the rows of these runs that have a figure in its columns.

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    published = json.loads((files("crackpipe") / "published.json").read_text(encoding="utf-8"))
    readers = {"segmentation": _segmenters, "pseudo_labels": _pseudo_labels}
    return [_table(published[topic], runs, readers[topic]) for topic in readers]


def report(runs: Sequence[Path], *, markdown: bool) -> str:
    """Tables and notes as text for a terminal, or as Markdown."""
    blocks = [_markdown(table) if markdown else _text(table) for table in tables(runs)]
    blocks += ["\n".join(_run_line(run) for run in runs)] if runs else []
    return "\n\n".join(blocks)


def write_readme(readme: Path, runs: Sequence[Path]) -> None:
    """Replace the part between the marks by the Markdown report, and leave the rest.

    Raises:
        CrackpipeError: the file or its marks are missing.
    """
    text = readme.read_text(encoding="utf-8")
    readme.write_text(_with_part(readme, text, runs), encoding="utf-8")


def check_readme(readme: Path, runs: Sequence[Path]) -> None:
    """Check that :func:`write_readme` would change nothing.

    Raises:
        CrackpipeError: it would, or the marks are missing.
    """
    text = readme.read_text(encoding="utf-8")
    if _with_part(readme, text, runs) != text:
        raise CrackpipeError(f"{readme}: its results are not those of the committed runs; run `make readme`")


def _with_part(readme: Path, text: str, runs: Sequence[Path]) -> str:
    if len(_PART.findall(text)) != 1:
        raise CrackpipeError(f"{readme}: expected one part between {BEGIN} and {END}; add the two lines")
    part = f"{BEGIN}\n{report(runs, markdown=True)}\n{END}"
    return _PART.sub(lambda _: part, text)


def _table(published: dict[str, Any], runs: Sequence[Path], read: Any) -> Table:
    keys = [column["key"] for column in published["columns"]]
    columns = tuple((column["name"], column["n"]) for column in published["columns"])
    rows = [Row("", row["name"], tuple(Cell(*values) for values in row["values"])) for row in published["rows"]]
    for run in runs:
        for name, sources in read(run):
            cells = tuple(_cell(sources, key, where=f"{run.name}: {name}") for key in keys)
            if any(cells):
                rows.append(Row(run.name, name, cells))
    notes = [f"Published rows: {published['table']} of {published['source']}.", *published["remarks"]]
    return Table(published["title"], columns, tuple(rows), tuple(notes + _other_photographs(columns, rows)))


_LABELS = {"none": "no training", "truth": "ground truth"}


def _segmenters(run: Path) -> Iterator[tuple[str, Any]]:
    """Every segmenter on its labels; pseudo-labels where they were scored on the same photographs; baselines once."""
    segmentation = _metrics(run, "segmentation")
    for segmenter, labels in segmentation.items():
        for label, sources in labels.items():
            yield f"{segmenter}, {_LABELS.get(label, f'{label} labels')}", sources
    for method, sources in _metrics(run, "pseudo_labels").items():
        if method not in segmentation:
            yield f"{method}, without a segmenter", sources


def _pseudo_labels(run: Path) -> Iterator[tuple[str, Any]]:
    yield from _metrics(run, "pseudo_labels").items()


def _metrics(run: Path, topic: str) -> dict[str, Any]:
    if not (run / "run.json").is_file():
        raise CrackpipeError(f"{run}: holds no run (run.json is missing); write one with `crackpipe run {run.name}`")
    path = run / "metrics" / f"{topic}.json"
    tree: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return tree


def _cell(sources: dict[str, Any], key: str, *, where: str) -> Cell | None:
    """The cell of column ``<source>.<split>``."""
    source, split = key.split(".")
    scores = sources.get(source, {}).get(split, {})
    if "ods" not in scores or scores["ods"] is None:
        return None
    try:
        return Cell(100 * scores["ods"], 100 * scores["ois"], 100 * scores["ap"], scores["n"])
    except KeyError as error:
        raise CrackpipeError(f"{where}: {key} has no {error}; expected ods, ois, ap and n; run it again") from None


def _other_photographs(columns: Sequence[tuple[str, int]], rows: Sequence[Row]) -> list[str]:
    """One note per column where our photographs are not as many as the paper's."""
    notes = []
    for at, (name, expected) in enumerate(columns):
        counts = sorted({cell.n for row in rows if (cell := row.cells[at]) and cell.n is not None} - {expected})
        if counts:
            found = " or ".join(str(count) for count in counts)
            notes.append(f"{name}: our rows are on {found} photographs, the paper's on {expected}: not the same set.")
    return notes


def _figures(cell: Cell | None) -> str:
    return "–" if cell is None else f"{cell.ods:.2f} / {cell.ois:.2f} / {cell.ap:.2f}"


def _lines(table: Table) -> list[list[str]]:
    heading = ["method", *(f"{name} ({n})" for name, n in table.columns)]
    body = [[f"{row.run}: {row.name}" if row.run else row.name, *map(_figures, row.cells)] for row in table.rows]
    return [heading, *body]


def _text(table: Table) -> str:
    lines = _lines(table)
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    printed = [
        "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    published = sum(not row.run for row in table.rows)
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    ours = [rule, *printed[1 + published :]] if len(table.rows) > published else []
    return "\n".join([table.title, "", printed[0], rule, *printed[1 : 1 + published], *ours, "", *table.notes])


def _markdown(table: Table) -> str:
    heading, *body = _lines(table)
    body = [[f"**{line[0]}**" if row.run else line[0], *line[1:]] for line, row in zip(body, table.rows, strict=True)]
    lines = [heading, ["---"] * len(heading), *body]
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([f"{table.title}:", "", *rows, "", *(f"- {note}" for note in table.notes)])


def _run_line(run: Path) -> str:
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    machine = record["machine"]
    device = machine["gpu"] or f"{machine['cores']} cores of {machine['processor']}"
    minutes = record["total_seconds"] / 60
    dirty = " (uncommitted changes beside it were not part of the run)" if record["dirty"] else ""
    return f"{run.name}: {record['date'][:10]}, commit {record['commit'][:8]}{dirty}, {device}, {minutes:.0f} min."
