"""Which files are read in windows: TIFFs with a place on the map, and those that are too large for a photograph."""

from importlib import util
from pathlib import Path

import tifffile

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files.other import refusing
from crackpipe.imaging.scale import geotiff

WORLD_FILES = (".tfw", ".tifw")
MEND = "install them with `pip install 'crackpipe[geo]'`"


def is_map(path: Path, *, max_megapixels: float) -> bool:
    """Whether a file is a TIFF with a transform, by its tags or a world file beside it, or larger than a photograph.

    Args:
        path: of any file.
        max_megapixels: of a photograph.

    Raises:
        PhotoError: it is, but rasterio or pyogrio is missing, or the file is shorter than its tags say.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(4) not in geotiff.MAGIC:
            return False
        file.seek(0)
        try:
            with refusing("TIFF"), tifffile.TiffFile(file) as tiff:
                page = tiff.pages.first
                placed = any(tag in page.tags for tag in (geotiff.PIXEL_SCALE, geotiff.TRANSFORMATION))
                placed = placed or any(path.with_suffix(suffix).is_file() for suffix in WORLD_FILES)
                size = int(page.imagelength) * int(page.imagewidth)
                ends = [start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
        except PhotoError:
            return False  # what is wrong with it is said where it is read as a photograph
    if not placed and size <= max_megapixels * 1e6:
        return False
    _check(size, placed, whole=max(ends, default=0) <= path.stat().st_size)
    return True


def _check(size: int, placed: bool, *, whole: bool) -> None:
    missing = [name for name in ("rasterio", "pyogrio") if util.find_spec(name) is None]
    if missing:
        kind = "a georeferenced TIFF" if placed else f"a TIFF of {size / 1e6:.0f} megapixels"
        raise PhotoError(f"{kind}, which needs {' and '.join(missing)}; {MEND}")
    if not whole:
        raise PhotoError("truncated: the TIFF's pixels lie behind its end; copy it again")
