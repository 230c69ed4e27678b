"""The two tables of an inspection and its classes, as every part of the page reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.measures.width_classes import Limits

WHOLE = ("height_px", "width_px", "inside_px", "cracks")  # a refused photograph has none of these

DIRECTED = 0.1
"""Least coherence of a crack that has one direction: a crooked line has 0.2 to 0.5, a net of cracks less than 0.1."""


@dataclass(frozen=True)
class Survey:
    """What one run of `crackpipe inspect` has found.

    Attributes:
        photos: a row a photograph.
        cracks: a row a crack.
        run: what made them: versions, model, settings.
        limits: of the classes in both tables.
    """

    photos: pd.DataFrame
    cracks: pd.DataFrame
    run: Mapping[str, Any]
    limits: Limits

    @cached_property
    def inspected(self) -> pd.DataFrame:
        """Photographs that were looked at, in the order in which they were given."""
        return self.photos[self.photos["reason"] == ""].astype(dict.fromkeys(WHOLE, "int64"))

    @cached_property
    def refused(self) -> pd.DataFrame:
        """Photographs that were not."""
        return self.photos[self.photos["reason"] != ""]

    @cached_property
    def number(self) -> dict[str, int]:
        """Numbers of the photographs on the page, by name: 1 is the first that was looked at."""
        return {name: number for number, name in enumerate(self.inspected["name"], start=1)}

    @cached_property
    def has_scale(self) -> bool:
        """Whether any photograph has millimetres."""
        return bool(self.inspected["mm_per_px"].notna().any())

    @cached_property
    def lacks_scale(self) -> bool:
        """Whether any photograph has none."""
        return bool(self.inspected["mm_per_px"].isna().any())

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Cracks in the unit that comparisons are made in: those with millimetres, or all where none has."""
        return self.cracks[self.cracks["width_max_mm"].notna()] if self.has_scale else self.cracks

    @cached_property
    def unit(self) -> str:
        """Unit of comparisons: ``mm``, or ``px`` where no photograph has a scale."""
        return "mm" if self.has_scale else "px"

    @cached_property
    def taken(self) -> str:
        """Day or days on which the photographs were taken, by the cameras' clocks; empty where none tells."""
        days = sorted({time.split()[0] for time in self.inspected["taken"] if time})
        return " to ".join(days if len(days) < 2 else (days[0], days[-1]))

    def widest(self, most: int) -> pd.DataFrame:
        """So many cracks, the widest first."""
        by = [f"width_max_{self.unit}", f"length_{self.unit}"]
        return self.measured.sort_values(by, ascending=False, kind="stable").head(most)

    def directed(self) -> pd.DataFrame:
        """Cracks that run in one direction."""
        return self.cracks[self.cracks["coherence"] >= DIRECTED]

    def css(self, class_name: str) -> str:
        """Style of a class: ``class-0`` of the thinnest cracks, then ``class-1``, …; ``class-none`` without one."""
        names = self.limits.names
        return f"class-{names.index(class_name)}" if class_name in names else "class-none"


def total(values: pd.Series) -> float:
    """Sum of a column; what is not known counts nothing."""
    return float(np.nansum(values.to_numpy(float)))
