"""The published tables with our rows under them, as text or Markdown, and in the README."""

import re
from collections.abc import Sequence
from pathlib import Path

from crackpipe.errors import CrackpipeError
from crackpipe.results import losses, published_tables, record
from crackpipe.results.published_tables import Table
from crackpipe.results.table_rows import TableCell

BEGIN, END = "<!-- results -->", "<!-- /results -->"
_PART = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def folders(results: Path) -> list[Path]:
    """Folders of all runs below ``results``, sorted."""
    return sorted(path.parent for path in results.glob("*/run.json"))


def report(runs: Sequence[Path], *, markdown: bool, readme: bool = False) -> str:
    """Tables, notes, their sources and the runs as text for a terminal, or as Markdown.

    Args:
        runs: their folders.
        markdown: whether it is written as Markdown.
        readme: only the tables that ``published.json`` chooses for the README, and that hold a row of ours.

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    tables = [
        table
        for table in published_tables.tables(runs)
        if not readme or (table.readme and any(row.run for row in table.rows))
    ]
    blocks = [_markdown(table) if markdown else _text(table) for table in tables]
    blocks.append(losses.table(runs, markdown=markdown))
    bullet = "- " if markdown else ""
    sources = dict.fromkeys(table.source for table in tables)
    citations = published_tables.published()["sources"]
    blocks.append("\n".join(f"{bullet}{name}: {citations[name]['citation']}." for name in sources))
    blocks += ["\n".join(f"{bullet}{_run_line(run)}" for run in runs)] if runs else []
    return "\n\n".join(blocks)


def write_readme(readme: Path, runs: Sequence[Path]) -> None:
    """Replace the part between the marks by the Markdown report, and leave the rest.

    Args:
        readme: file to change.
        runs: folders of the runs in it.

    Raises:
        CrackpipeError: the file or its marks are missing.
    """
    text = readme.read_text(encoding="utf-8")
    readme.write_text(_with_part(readme, text, runs), encoding="utf-8")


def check_readme(readme: Path, runs: Sequence[Path]) -> None:
    """Check that :func:`write_readme` would change nothing.

    Args:
        readme: file to check.
        runs: folders of the runs in it.

    Raises:
        CrackpipeError: it would, or the marks are missing.
    """
    text = readme.read_text(encoding="utf-8")
    if _with_part(readme, text, runs) != text:
        raise CrackpipeError(f"{readme}: its results are not those of the committed runs; run `make readme`")


def _with_part(readme: Path, text: str, runs: Sequence[Path]) -> str:
    if len(_PART.findall(text)) != 1:
        raise CrackpipeError(f"{readme}: expected one part between {BEGIN} and {END}; add the two lines")
    part = f"{BEGIN}\n{report(runs, markdown=True, readme=True)}\n{END}"
    return _PART.sub(lambda _: part, text)


def _figures(cell: TableCell | None) -> str:
    return "–" if cell is None else " / ".join(f"{value:.2f}" for value in cell.values)


def _lines(table: Table) -> list[list[str]]:
    heading = ["method", *(name if n is None else f"{name} ({n})" for name, n in table.columns)]
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
    entry = record.record(run)
    hardware = entry["machine"]
    device = hardware["gpu"] or f"{hardware['cores']} cores of {hardware['processor']}"
    minutes = entry["total_seconds"] / 60
    training = f" {summary}" if (summary := record.training(run)) else ""
    dirty = " (uncommitted changes beside it were not part of the run)" if entry["dirty"] else ""
    made = f"{entry['date'][:10]}, commit {entry['commit'][:8]}{dirty}"
    return f"{run.name}: {made}, {device}, {minutes:.0f} min.{training}"
