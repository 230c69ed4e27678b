"""Cells and rows of the tables of results."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TableCell:
    """Figures of one method on one set of photographs.

    Attributes:
        values: in percent; images per second as they are.
        n: number of photographs, ``None`` where it is not known.
        spreads: of each value, its standard deviation (of n - 1) over seeds; empty where one training is told.
    """

    values: tuple[float, ...]
    n: int | None = None
    spreads: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One method in one table.

    Attributes:
        run: name of our run; empty for a published row.
        name: of the method.
        cells: one per column, ``None`` where there is no figure.
        basis: what the figures stand on: of ours see :mod:`crackpipe.results.basis`, else what the paper tells.
        incomparable: columns that cannot be held against the published rows, and why; empty where there are none.
        seeds: trainings behind our figures, of which they are the means; 0 where none is behind them, or told.
    """

    run: str
    name: str
    cells: tuple[TableCell | None, ...]
    basis: str = ""
    incomparable: str = ""
    seeds: int = 0

    @property
    def stands_on(self) -> str:
        """The basis, where it is known, and the number of seeds."""
        if not self.basis:
            return ""
        spread = ", ± their standard deviation" if any(cell and cell.spreads for cell in self.cells) else ""
        seeds = counted(self.seeds, "seed", "seeds")
        return f"{self.basis}; {seeds}{spread}" if seeds else self.basis


def counted(number: Any, one: str, several: str) -> str:
    """``number`` and the word for so many; empty for none."""
    return f"{number} {one if number == 1 else several}" if number else ""
