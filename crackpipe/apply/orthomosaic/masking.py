"""The map of confidence of a raster, written window by window; a run that was stopped goes on at its row of windows."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from scipy import ndimage

from crackpipe import console
from crackpipe.apply.orthomosaic import raster, windows
from crackpipe.apply.orthomosaic.raster import Levels, Mosaic
from crackpipe.apply.orthomosaic.windows import Span
from crackpipe.files import atomic
from crackpipe.imaging import images

Segment = Callable[[UInt8[np.ndarray, "h w 3"]], UInt8[np.ndarray, "h w"]]

CONFIDENCE, FADES, DONE = "confidence.tif", "fades.tif", "done.json"
SURROUND_PX = 32  # side of the squares whose mean colours fill what is outside


@dataclass(frozen=True, slots=True)
class Work:
    """A folder of unfinished results.

    Attributes:
        folder: of one raster.
        key: of the raster and the segmenter: results of another key are not gone on with.
    """

    folder: Path
    key: str

    @property
    def confidence(self) -> Path:
        """File of the map, 0–255."""
        return self.folder / CONFIDENCE

    @property
    def fades(self) -> Path:
        """File of what lower edges of windows show, before the windows below fade in."""
        return self.folder / FADES

    @property
    def _whole_key(self) -> str:
        return f"{self.key} {windows.WINDOW_PX} {windows.OVERLAP_PX}"

    def rows_done(self) -> int:
        """Rows of windows that are done."""
        try:
            values = json.loads((self.folder / DONE).read_text(encoding="utf-8"))
            whole = values["key"] == self._whole_key and self.confidence.is_file() and self.fades.is_file()
            return int(values["rows"]) if whole else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def note(self, rows: int) -> None:
        """Note that so many rows of windows are done."""
        atomic.write_text(self.folder / DONE, json.dumps({"key": self._whole_key, "rows": rows}))


def mask(mosaic: Mosaic, segment: Segment, work: Work, *, what: str) -> None:
    """Write the map of confidence of a raster into ``work.confidence``.

    Windows without data cost no network. What lies outside takes colours from around it, so that no dark border is
    seen as a crack, and gets no confidence.

    Args:
        mosaic: the raster.
        segment: RGB to confidence, both 0–255.
        work: folder, which keeps what is done.
        what: name of the progress bar.
    """
    sizes = {"window_px": windows.WINDOW_PX, "overlap_px": windows.OVERLAP_PX}
    down, across = (windows.lay(length, **sizes) for length in (mosaic.grid.height, mosaic.grid.width))
    done = work.rows_done()
    if not done:
        for path in (work.confidence, work.fades):
            raster.create(path, mosaic.grid, compressed=False)
    rows = list(enumerate(down))[done:]
    for number, row in console.bar(rows, what=what, total=len(rows), unit="rows of windows"):
        with (
            raster.levels_file(work.confidence, writable=True) as confidence,
            raster.levels_file(work.fades, writable=True) as fades,
        ):
            _mask_row(mosaic, segment, row, across, confidence, fades)
        work.note(number + 1)


def _mask_row(
    mosaic: Mosaic, segment: Segment, row: Span, across: list[Span], confidence: Levels, fades: Levels
) -> None:
    """Mask a row of windows. Its lower fade goes into a file of its own: the row can be done again from its start."""
    right: UInt8[np.ndarray, "_h _w"] | None = None
    for col in across:
        levels = _window(mosaic, segment, row, col)[row.kept, col.kept]
        if right is not None:
            levels[:, : col.fade_in] = windows.faded(right, levels[:, : col.fade_in], axis=1)
        width = levels.shape[1] - col.fade_out
        right = levels[:, width:]
        cols = slice(col.first, col.last - col.fade_out)
        levels = levels[:, :width].copy()
        if row.fade_in:
            above = fades.read(slice(row.first, row.first + row.fade_in), cols)
            levels[: row.fade_in] = windows.faded(above, levels[: row.fade_in], axis=0)
        height = len(levels) - row.fade_out
        confidence.write(slice(row.first, row.last - row.fade_out), cols, levels[:height])
        if row.fade_out:
            fades.write(slice(row.last - row.fade_out, row.last), cols, levels[height:])


def _window(mosaic: Mosaic, segment: Segment, row: Span, col: Span) -> UInt8[np.ndarray, "_h _w"]:
    rows, cols = slice(row.start, row.stop), slice(col.start, col.stop)
    inside = mosaic.inside(rows, cols)
    if not inside.any():
        return np.zeros(inside.shape, np.uint8)
    levels = segment(surrounded(mosaic.rgb(rows, cols), inside))
    return np.where(inside, levels, np.uint8(0))


def surrounded(image: UInt8[np.ndarray, "h w 3"], inside: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """An image whose outside has the mean colour of the nearest square that is inside, or partly so.

    Args:
        image: RGB, 0–255.
        inside: True on at least one pixel.
    """
    if inside.all():
        return image
    height, width = inside.shape
    rows, cols = -(-height // SURROUND_PX), -(-width // SURROUND_PX)
    weight = images.resize(inside.astype(np.float32), height=rows, width=cols, method="area")
    known = np.where(inside[..., None], image, np.uint8(0))
    total = images.resize(known.astype(np.float32), height=rows, width=cols, method="area")
    at = ndimage.distance_transform_edt(weight <= 0, return_distances=False, return_indices=True)
    means = (total / np.maximum(weight, 1e-6)[..., None])[tuple(at)]
    smooth = images.resize(np.rint(means).clip(0, 255).astype(np.uint8), height=height, width=width, method="linear")
    return np.where(inside[..., None], image, smooth)
