"""What a user says of the scale of photographs: one figure, a table, a marker's side, the camera's distance."""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from crackpipe.errors import CrackpipeError, did_you_mean

COLUMNS = ("photo", "mm_per_px")


@dataclass(frozen=True, slots=True)
class ScaleSources:
    """What is known of all photographs beforehand; each is ``None`` where nothing is said.

    Attributes:
        mm_per_px: side of a pixel on the surface, of every photograph, above 0.
        table: the same by photograph, see :func:`read_table`.
        marker_mm: side of the black square of a marker that may be in the picture, above 0.
        distance_m: from the camera's lens to the surface, above 0.

    Raises:
        CrackpipeError: a figure is not finite or not above 0.
    """

    mm_per_px: float | None = None
    table: Mapping[str, float] | None = None
    marker_mm: float | None = None
    distance_m: float | None = None

    def __post_init__(self) -> None:
        for option, value, unit in (
            ("--mm-per-px", self.mm_per_px, "mm"),
            ("--marker-mm", self.marker_mm, "mm"),
            ("--distance-m", self.distance_m, "m"),
        ):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise CrackpipeError(f"{option}: got {value:g}, expected a length in {unit} above 0")

    def of_table(self, photo: str) -> float | None:
        """The table's figure for a photograph: by its whole name as given, else by its file's name."""
        table = self.table or {}
        return table.get(photo, table.get(PurePath(photo).name))

    def not_of(self, photos: Iterable[str]) -> list[str]:
        """The table's names that are none of these photographs, in the table's order."""
        known = {name for photo in photos for name in (photo, PurePath(photo).name)}
        return [name for name in self.table or {} if name not in known]


def read_table(path: Path) -> dict[str, float]:
    """Read a CSV with the columns ``photo`` (a path, or a file's name) and ``mm_per_px``.

    Raises:
        CrackpipeError: the file cannot be read, a column is missing or unknown, or in a line a figure is no number
            above 0, or a photograph has another figure than before; the text tells the line.
    """
    try:
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), strict=True)
        head = [name.strip() for name in next(lines, [])]
        _check_head(head, path=path)
        found: dict[str, float] = {}
        for cells in lines:
            if any(cell.strip() for cell in cells):
                where = f"{path}, line {lines.line_num}"
                photo, scale = _row(head, cells, where=where)
                if found.setdefault(photo, scale) != scale:
                    raise CrackpipeError(
                        f"{where}: {photo} has mm_per_px {scale:g} here and {found[photo]:g} in an earlier line; keep "
                        "the right one"
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CrackpipeError(f"{path}: cannot be read as a table: {error}; expected a CSV file in UTF-8") from error
    return found


def _check_head(head: list[str], *, path: Path) -> None:
    for name in head:
        if name not in COLUMNS:
            hint = "; separate columns by commas" if ";" in name or "\t" in name else did_you_mean(name, COLUMNS)
            raise CrackpipeError(f"{path}, line 1: unknown column {name!r}, expected {' and '.join(COLUMNS)}{hint}")
    for name in COLUMNS:
        if head.count(name) != 1:
            raise CrackpipeError(
                f"{path}, line 1: column {name!r} is there {head.count(name)} times, expected once; "
                f"let the first line be {','.join(COLUMNS)}"
            )


def _row(head: list[str], cells: list[str], *, where: str) -> tuple[str, float]:
    if len(cells) > len(head):
        raise CrackpipeError(
            f"{where}: {len(cells)} cells, expected {len(head)}; write numbers with a point, and names that have a "
            "comma in quotes"
        )
    named = dict(zip(head, cells, strict=False))
    photo, text = (named.get(name, "").strip() for name in COLUMNS)
    if not photo:
        raise CrackpipeError(f"{where}: no photograph is named; fill the column photo, or delete the line")
    try:
        scale = float(text)
    except ValueError:
        raise CrackpipeError(
            f"{where}: mm_per_px of {photo} is {text!r}, which is no number; write it as 0.25, with a point"
        ) from None
    if not (math.isfinite(scale) and scale > 0):
        raise CrackpipeError(f"{where}: mm_per_px of {photo} is {text}, expected a length above 0")
    return photo, scale
