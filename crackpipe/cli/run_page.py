"""The page of a run of the pipeline, and on it the papers' tables with the run's rows."""

from pathlib import Path

from crackpipe.report import run_page
from crackpipe.report.run_page import PaperTable
from crackpipe.results import published_tables, record, report


def write(project: Path) -> Path:
    """Write report.html of a project; see :func:`crackpipe.report.run_page.write`."""
    return run_page.write(project, papers(record.of_project(project)))


def papers(run: record.Run) -> list[PaperTable]:
    """The papers' tables that have rows of a run."""
    found = []
    for table in published_tables.with_rows([run]):
        own = sum(bool(row.run) for row in table.rows)
        if own:
            heading, *rows = report.text_rows(table)
            found.append(PaperTable(table.title, heading, rows, own, report.TOLD, table.notes))
    return found
