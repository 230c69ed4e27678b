"""Cells and rows of the tables of results."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableCell:
    """Figures of one method on one set of photographs.

    Attributes:
        values: in percent; images per second as they are.
        n: number of photographs, ``None`` where it is not known.
    """

    values: tuple[float, ...]
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One method in one table.

    Attributes:
        run: name of our run; empty for a published row.
        name: of the method.
        cells: one per column, ``None`` where there is no figure.
        basis: what the figures stand on: of ours see :mod:`crackpipe.results.basis`, else what the paper tells.
        incomparable: columns that cannot be held against the published rows, and why; empty where there are none.
    """

    run: str
    name: str
    cells: tuple[TableCell | None, ...]
    basis: str = ""
    incomparable: str = ""
