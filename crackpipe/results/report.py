"""The published tables with our rows under them, as text, as Markdown, and as a page of the documentation."""

import re
from collections.abc import Sequence
from pathlib import Path

from crackpipe.results import benches, better_labels, losses, published_tables, record
from crackpipe.results.cells import TableCell
from crackpipe.results.published_tables import Table

PAGE = """# Results

Written by `make docs` from the committed folders of `results/`. Rows in bold are ours, each under the name of its
folder; the others are the papers' own. [Metrics](metrics.md) defines ODS, OIS, AP and the rest.
[Real data](pipeline-and-dvc.md#real-data) says how the folders were made. Where a row stands on several seeds of
training, a figure is their mean ± their standard deviation (of n - 1).

| name in the papers | what it is |
| --- | --- |
| GPLL | König et al.'s labels, or a segmenter on them (ours: `cam_location`) |
| CAM-CRF, CRF | Dong et al.'s labels: an activation map refined by a CRF (ours: `cam_crf`) |
| PWSC | patch-based Grad-CAM, then a CRF (Dong et al.) |
| CAC | confidence-aware co-training on pseudo-labels of varying confidence |
| FSV | trained on ground truth |"""


TOLD = ("stands on", "not comparable")  # columns of text


def folders(results: Path) -> list[Path]:
    """Folders of all runs below ``results``, sorted."""
    return sorted(path.parent for path in results.glob("*/run.json"))


def report(runs: Sequence[Path], *, markdown: bool) -> str:
    """Tables, notes, their sources and the runs as text for a terminal, or as Markdown.

    Args:
        runs: their folders.
        markdown: whether it is written as Markdown.

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    tables = published_tables.tables(runs)
    blocks = [_markdown(table) if markdown else _text(table) for table in tables if table.rows]
    blocks += [part for made in (better_labels.table, benches.table) if (part := made(runs, markdown=markdown))]
    blocks.append(losses.table(runs, markdown=markdown))
    return "\n\n".join([*blocks, _sources(tables, markdown=markdown), *_records(runs, markdown=markdown)])


def page(runs: Sequence[Path]) -> str:
    """The page of results as Markdown: every table that holds a row of ours, the losses, the sources and the runs.

    Args:
        runs: their folders.

    Raises:
        CrackpipeError: see :func:`report`.
    """
    tables = [table for table in published_tables.tables(runs) if any(row.run for row in table.rows)]
    blocks = [_chapter(table) for table in tables]
    comparison, labels = losses.table(runs, markdown=True), better_labels.table(runs, markdown=True)
    blocks += [f"## Kinds of labels, all else equal\n\n{labels}"] if labels else []
    benched = benches.table(runs, markdown=True)
    blocks += [f"## As they are used\n\n{benched}"] if benched else []
    ends = [f"## Losses\n\n{comparison}", f"## Sources\n\n{_sources(tables, markdown=True)}"]
    records = ["## Runs", *_records(runs, markdown=True)] if runs else []
    text = "\n\n".join([PAGE, *blocks, *ends, *records]) + "\n"
    return re.sub(r"(?<=\d) / (?=\d)", "\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}", text)  # figures of one cell on one line


def _chapter(table: Table) -> str:
    """A heading of what the table shows, then its unit, rows and notes."""
    heading, _, unit = table.title.rpartition("; ")
    return f"## {heading}\n\n{unit[:1].upper()}{unit[1:]}.\n\n{_rows(table)}"


def _sources(tables: Sequence[Table], *, markdown: bool) -> str:
    citations = published_tables.published()["sources"]
    names = dict.fromkeys(table.source for table in tables)
    return "\n".join(f"{'- ' if markdown else ''}{name}: {citations[name]['citation']}." for name in names)


def _records(runs: Sequence[Path], *, markdown: bool) -> list[str]:
    return ["\n".join(f"{'- ' if markdown else ''}{_run_line(run)}" for run in runs)] if runs else []


def _figures(cell: TableCell | None) -> str:
    """Figures of a cell, each with its standard deviation over seeds where several are behind it."""
    if cell is None:
        return "–"
    spreads = [f" ± {spread:.2f}" for spread in cell.spreads] or [""] * len(cell.values)
    return " / ".join(f"{value:.2f}{spread}" for value, spread in zip(cell.values, spreads, strict=True))


def text_rows(table: Table) -> list[list[str]]:
    """Heading and rows as text: published rows, then ours, each behind the name of its run."""
    heading = ["method", *(name if n is None else f"{name} ({n})" for name, n in table.columns)]
    body = [[f"{row.run}: {row.name}" if row.run else row.name, *map(_figures, row.cells)] for row in table.rows]
    told = [row.stands_on for row in table.rows], [row.incomparable for row in table.rows]
    for name, texts in zip(TOLD, told, strict=True):
        if any(texts):
            heading.append(name)
            for line, text in zip(body, texts, strict=True):
                line.append(text)
    return [heading, *body]


def _text(table: Table) -> str:
    """The table as lines; what rows stand on, and what of them is not comparable, as numbers that are told below."""
    lines = text_rows(table)
    texts: dict[str, int] = {}
    told = [col for col, name in enumerate(lines[0]) if name in TOLD]
    for line in lines[1:]:
        for col in told:
            line[col] = f"({texts.setdefault(line[col], len(texts) + 1)})" if line[col] else ""
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    printed = [
        "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    published = sum(not row.run for row in table.rows)
    legend = [f"({number}) {text}" for text, number in texts.items()]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    parts = [printed[:1], printed[1 : 1 + published], printed[1 + published :]]  # heading, theirs, ours
    body = [line for part in parts if part for line in (rule, *part)][1:]
    return "\n".join([table.title, "", *body, "", *legend, *table.notes])


def _markdown(table: Table) -> str:
    return f"{table.title}:\n\n{_rows(table)}"


def _rows(table: Table) -> str:
    """Rows and notes as Markdown."""
    heading, *body = text_rows(table)
    body = [[f"**{line[0]}**" if row.run else line[0], *line[1:]] for line, row in zip(body, table.rows, strict=True)]
    lines = [heading, ["---"] * len(heading), *body]
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([*rows, "", *(f"- {note}" for note in table.notes)])


def _run_line(run: Path) -> str:
    entry = record.record(run)
    hardware = entry["machine"]
    device = hardware["gpu"] or f"{hardware['cores']} cores of {hardware['processor']}"
    minutes = entry["total_seconds"] / 60
    training = f" {summary}" if (summary := record.training(run)) else ""
    dirty = " (uncommitted changes beside it were not part of the run)" if entry["dirty"] else ""
    made = f"{entry['date'][:10]}, commit {entry['commit'][:8]}{dirty}"
    jobs = entry.get("jobs", 1)  # earlier runs tell none
    beside = f" ({jobs} stages at a time: the sum of their minutes)" if jobs > 1 else ""
    return f"{run.name}: {made}, {device}, {minutes:.0f} min{beside}.{training}"
