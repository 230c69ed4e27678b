"""The page's two tables: cracks and photographs, as text that the reader's browser sorts and filters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from crackpipe.apply.report_page import figures
from crackpipe.apply.report_page.survey import DIRECTED, Survey

MOST_ROWS = 5000
"""Rows of a table on the page; a browser takes seconds to sort more."""

SHOWN_ROWS = 200
"""Rows shown at first."""

Kind = Literal["text", "number", "class"]
Row = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it is sorted as, its text of a row, and what a filter asks it for."""

    heading: str
    kind: Kind
    text: Callable[[Row], str]
    filter: Literal["", "width", "class", "name"] = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell, the target of its link and the style of its class; both may be empty."""

    text: str
    target: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page; ``left_out`` rows are in its CSV file only."""

    id: str
    columns: list[Column]
    rows: list[list[Cell]]
    left_out: int


def cracks(survey: Survey, *, pictured: frozenset[str]) -> Table:
    """All cracks, the widest first.

    Args:
        survey: the inspection.
        pictured: names of photographs that have a picture on the page, to link to.
    """
    columns = [
        Column("Photograph", "text", lambda row: row["name"], "name"),
        Column("No.", "number", lambda row: str(row["crack"])),
        *_in_units(survey, "Widest", "width_max_{}", digits={"mm": 2, "px": 1}, is_filter=True),
        *_in_units(survey, "Median width", "width_median_{}", digits={"mm": 2, "px": 1})[:1],
        *_in_units(survey, "Length", "length_{}", digits={"mm": 0, "px": 0}),
        *([Column("Class", "class", lambda row: row["class"], "class")] if survey.has_scale else []),
        Column("Direction", "number", direction),
        Column("Sure", "number", lambda row: figures.share(row["confidence"], 1)),
    ]
    order = [f"width_max_{survey.unit}", "width_max_px"]
    rows = survey.cracks.sort_values(order, ascending=False, kind="stable")
    return _filled("cracks", columns, rows, survey, pictured)


def photographs(survey: Survey, *, pictured: frozenset[str]) -> Table:
    """All photographs that were looked at, in the order in which they were given; arguments as of :func:`cracks`."""
    columns = [
        Column("No.", "number", lambda row: str(survey.number[row["name"]])),
        Column("Photograph", "text", lambda row: row["name"], "name"),
        Column("Cracks", "number", lambda row: str(row["cracks"])),
        *_in_units(survey, "Widest", "widest_{}", digits={"mm": 2, "px": 1}, is_filter=True),
        *([Column("Length, m", "number", lambda row: figures.fixed(row["length_m"], digits=2))] * survey.has_scale),
        *([Column("Length, px", "number", lambda row: figures.fixed(row["length_px"], digits=0))] * survey.lacks_scale),
        *([Column("m/m²", "number", lambda row: figures.fixed(row["density_m_per_m2"], digits=2))] * survey.has_scale),
        *([Column("Class", "class", lambda row: row["class"], "class")] if survey.has_scale else []),
        *([Column("mm a pixel", "number", lambda row: figures.fixed(row["mm_per_px"], digits=3))] * survey.has_scale),
    ]
    return _filled("photographs", columns, survey.inspected, survey, pictured)


def direction(row: Row) -> str:
    """Direction of a crack in degrees; a dash where it has no single one."""
    if not row["coherence"] >= DIRECTED:
        return figures.NOT_KNOWN
    return f"{round(row['orientation_deg']) % 180}°"


def _in_units(
    survey: Survey, heading: str, column: str, *, digits: dict[str, int], is_filter: bool = False
) -> list[Column]:
    """A column in millimetres where any photograph has a scale, one in pixels where any has none."""
    units = ["mm"] * survey.has_scale + ["px"] * (survey.lacks_scale or not survey.has_scale)

    def shown(unit: str) -> Callable[[Row], str]:
        return lambda row: figures.fixed(row[column.format(unit)], digits=digits[unit])

    return [
        Column(f"{heading}, {unit}", "number", shown(unit), "width" if is_filter and unit == units[0] else "")
        for unit in units
    ]


def _filled(
    identifier: str, columns: list[Column], rows: pd.DataFrame, survey: Survey, pictured: frozenset[str]
) -> Table:
    def cell(column: Column, row: Row) -> Cell:
        if column.filter == "name" and row["name"] in pictured:
            return Cell(column.text(row), target=f"#photo-{survey.number[row['name']]}")
        if column.kind == "class":
            return Cell(column.text(row), css=survey.css(row["class"]))
        return Cell(column.text(row))

    cells = [[cell(column, row) for column in columns] for row in rows.head(MOST_ROWS).to_dict("records")]
    return Table(identifier, columns, cells, max(0, len(rows) - MOST_ROWS))
