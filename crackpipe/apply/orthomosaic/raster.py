"""Rasters read and written in windows; beside the reader of odd TIFFs the only file that knows rasterio."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from jaxtyping import Bool, Float64, UInt8
from rasterio import warp
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import CRSError, NodataShadowWarning, NotGeoreferencedWarning, RasterioError

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import depth
from crackpipe.imaging.picture_files.depth import Rule
from crackpipe.imaging.scale import geotiff

BLOCK_PX = 512  # of what is written
CACHE_MB = 256  # of decoded blocks
SAMPLED_PX = 2048  # longest side of the smaller copy of a deep raster that decides how it is brought to 8 bits
COLOURS = frozenset({ColorInterp.gray, ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.undefined})
Affine6 = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the pixels of a raster lie.

    Attributes:
        height, width: pixels.
        transform: (a, b, c, d, e, f): the corner of a pixel is at x = a·col + b·row + c, y = d·col + e·row + f.
        crs: of x and y, as WKT; empty where the raster names none.
        placed: whether the raster has a transform at all; else x are columns and y rows.
    """

    height: int
    width: int
    transform: Affine6
    crs: str
    placed: bool


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what rasterio raises into a reason against the file, and leave out what it warns of.

    Raises:
        PhotoError: the file is damaged, or no raster.
    """
    with warnings.catch_warnings():
        for known in (NotGeoreferencedWarning, NodataShadowWarning):
            warnings.simplefilter("ignore", known)
        try:
            with rasterio.Env(GDAL_CACHEMAX=CACHE_MB, GDAL_TIFF_INTERNAL_MASK=True, GDAL_PAM_ENABLED=False):
                yield
        except (RasterioError, CRSError, UnicodeError) as error:
            reason = error.__cause__ or error
            raise PhotoError(
                f"a raster that cannot be read or written ({reason}); copy it again, or make room for results"
            ) from error


class Mosaic:
    """A raster of any size, read in windows as RGB levels 0–255; :func:`opened` makes one."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        kinds = dataset.colorinterp
        if not set(kinds) <= COLOURS | {ColorInterp.alpha}:
            told = ", ".join(kind.name for kind in kinds)
            raise PhotoError(f"a raster whose bands are {told}; save it as RGB, e.g. with `gdal_translate -expand rgb`")
        visible = [band for band, kind in enumerate(kinds, start=1) if kind != ColorInterp.alpha]
        self._alpha = kinds.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in kinds else None
        self._colours = visible[:3] if len(visible) >= 3 else visible[:1]
        if not self._colours:
            raise PhotoError("a raster of transparency alone; save it with its colours")
        left_out = len(visible) - len(self._colours)
        self.notes: tuple[str, ...] = (f"first of {dataset.count} bands read",) if left_out else ()
        if left_out and len(self._colours) == 3:
            self.notes = (f"first three bands of {dataset.count} read as red, green and blue",)
        self._rule = Rule(1.0)
        crs, transform = dataset.crs, dataset.transform
        wkt = crs.to_wkt() if crs else ""
        self.grid = Grid(dataset.height, dataset.width, tuple(transform)[:6], wkt, not transform.is_identity)
        flags = [flag for band in self._colours for flag in dataset.mask_flag_enums[band - 1]]
        self.has_outside = self._alpha is not None or MaskFlags.all_valid not in flags or self._is_float
        if dataset.dtypes[0] != "uint8":
            self._choose_rule()

    @property
    def _is_float(self) -> bool:
        return np.dtype(self._dataset.dtypes[0]).kind == "f"

    def _choose_rule(self) -> None:
        samples = self._shrunk(SAMPLED_PX, Resampling.nearest)
        inside = self._inside_of(size=samples.shape[:2])
        if not inside.any():
            raise PhotoError("all of it is transparent or without data; there is nothing to look at")
        self._rule = depth.rule_of(samples, inside)
        self.notes += (depth.to_eight_bits(samples, inside).note,)

    def rgb(self, rows: slice, cols: slice) -> UInt8[np.ndarray, "_h _w 3"]:
        """Levels of a window."""
        return self._levels(np.moveaxis(self._dataset.read(self._colours, window=_window(rows, cols)), 0, 2))

    def inside(self, rows: slice, cols: slice) -> Bool[np.ndarray, "_h _w"]:
        """Which pixels of a window hold data: alpha and masks above 0, other than nodata, finite."""
        if not self.has_outside:
            return np.ones((rows.stop - rows.start, cols.stop - cols.start), bool)
        return self._inside_of(window=_window(rows, cols))

    def small(self, *, side_px: int) -> UInt8[np.ndarray, "_r _c 3"]:
        """The whole raster with its longer side at most ``side_px``."""
        return self._levels(self._shrunk(side_px, Resampling.average))

    def pixel(self) -> geotiff.Pixel:
        """A pixel on the ground, by the transform and the coordinate system."""
        a, b, _, d, e, f = self.grid.transform
        crs = self._dataset.crs
        if not self.grid.placed:
            return geotiff.Pixel()
        if not crs:
            return geotiff.Pixel(notes=("GeoTIFF: it names no coordinate system, its transform is not used",))
        steps = np.array([[-e, -d], [b, a]])
        northing = d * self.grid.width / 2 + e * self.grid.height / 2 + f
        if crs.is_geographic:
            return geotiff.in_angles(steps, northing, radians=crs.units_factor[1])
        if crs.to_epsg() in geotiff.WEB_MERCATOR:
            return geotiff.in_web_mercator(steps, northing)
        try:
            return geotiff.in_lengths(steps, metres=crs.linear_units_factor[1])
        except CRSError:
            return geotiff.Pixel(notes=("GeoTIFF: in a unit that is not known, its transform is not used",))

    def _shrunk(self, side_px: int, resampling: Resampling) -> np.ndarray:
        height, width = self.grid.height, self.grid.width
        factor = min(1.0, side_px / max(height, width))
        shape = (len(self._colours), max(1, round(height * factor)), max(1, round(width * factor)))
        return np.moveaxis(self._dataset.read(self._colours, out_shape=shape, resampling=resampling), 0, 2)

    def _inside_of(self, window: Any = None, size: tuple[int, int] | None = None) -> Bool[np.ndarray, "_h _w"]:
        def read(reader: Callable[..., np.ndarray], bands: list[int]) -> np.ndarray:
            return reader(bands, window=window, out_shape=None if size is None else (len(bands), *size))

        inside = np.asarray((read(self._dataset.read_masks, self._colours) > 0).any(axis=0))
        if self._alpha is not None:
            inside &= read(self._dataset.read, [self._alpha])[0] > 0
        if self._is_float:
            inside &= np.isfinite(read(self._dataset.read, self._colours)).all(axis=0)
        return inside

    def _levels(self, samples: np.ndarray) -> UInt8[np.ndarray, "_h _w 3"]:
        levels = self._rule.levels(samples)
        return np.ascontiguousarray(np.repeat(levels, 3, axis=2) if levels.shape[2] == 1 else levels)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Mosaic]:
    """Open a TIFF of any size.

    Raises:
        PhotoError: it is damaged, or has colours that cannot be read.
    """
    with refusing(), rasterio.open(str(path.absolute()), driver="GTiff") as dataset:
        yield Mosaic(dataset)


class Levels:
    """A raster of levels 0–255 on the grid of another; :func:`levels_file` opens one."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def read(self, rows: slice, cols: slice) -> UInt8[np.ndarray, "_h _w"]:
        """Levels of a window; 0 where none were written."""
        return np.asarray(self._dataset.read(1, window=_window(rows, cols)))

    def write(self, rows: slice, cols: slice, levels: UInt8[np.ndarray, "h w"]) -> None:
        """Write a window."""
        self._dataset.write(levels, 1, window=_window(rows, cols))

    def write_inside(self, rows: slice, cols: slice, inside: Bool[np.ndarray, "h w"]) -> None:
        """Write which pixels of a window hold data."""
        self._dataset.write_mask(inside, window=_window(rows, cols))


def create(path: Path, grid: Grid, *, compressed: bool) -> None:
    """Make a file of levels, 0 all over, in tiles that take room once they are written.

    Args:
        path: of the file.
        grid: of it.
        compressed: by Deflate, for a file of which every tile is written once.
    """
    how = {"compress": "deflate", "predictor": 2} if compressed else {}
    sides = {"blockxsize": BLOCK_PX, "blockysize": BLOCK_PX, "tiled": True}
    size = {"height": grid.height, "width": grid.width, "count": 1, "dtype": "uint8"}
    place = {"transform": rasterio.Affine(*grid.transform), "crs": CRS.from_wkt(grid.crs) if grid.crs else None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        refusing(),
        rasterio.open(
            str(path.absolute()),
            "w",
            driver="GTiff",
            bigtiff="IF_SAFER",
            sparse_ok=True,
            **size,
            **sides,
            **how,
            **(place if grid.placed else {}),
        ),
    ):
        pass


@contextlib.contextmanager
def levels_file(path: Path, *, writable: bool = False) -> Iterator[Levels]:
    """Open a file of levels.

    Raises:
        PhotoError: it is damaged, or a disk is full.
    """
    with refusing(), rasterio.open(str(path.absolute()), "r+" if writable else "r", driver="GTiff") as dataset:
        yield Levels(dataset)


def degrees(grid: Grid, x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n 2"]:
    """Longitude and latitude (WGS84) of places in a raster's coordinates; not finite where there are none."""
    with refusing():
        longitude, latitude = warp.transform(CRS.from_wkt(grid.crs), CRS.from_epsg(4326), x, y)
    return np.stack([longitude, latitude], axis=1)


def _window(rows: slice, cols: slice) -> tuple[tuple[int, int], tuple[int, int]]:
    return (rows.start, rows.stop), (cols.start, cols.stop)
