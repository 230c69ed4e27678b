"""TIFF files: depth, bands, planes, alpha, areas without data, pages and compression, as tifffile sees them."""

import io
import logging
from dataclasses import dataclass

import numpy as np
import tifffile
from jaxtyping import Bool
from PIL import Image

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import camera_raw, jpeg_damage, tiff_codecs
from crackpipe.imaging.picture_files.other import from_pillow, refusing
from crackpipe.imaging.picture_files.picture import Samples, check_size

_GREY_INVERTED, _GREY, _RGB = 0, 1, 2
_CONVERTED = {3: "palette", 5: "CMYK", 6: "YCbCr", 8: "CIELAB"}
_RAW = frozenset({32803, 34892})  # photometric: colour filter array, linear RAW
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType: a smaller copy, a mask
_NODATA, _ORIENTATION = 42113, 274
_ALPHA = frozenset({1, 2})  # ExtraSamples: associated, unassociated
_BYTES_PER_PX = 32  # that a picture of the largest size may take, decoded
_JPEG = 7


@dataclass(frozen=True, slots=True)
class _Bands:
    """Samples (h, w, bands) of a page, and the notes of how they were read."""

    levels: np.ndarray
    notes: tuple[str, ...] = ()


def samples(data: bytes, *, max_megapixels: float) -> Samples:
    """Decode a TIFF's first page; a camera RAW in TIFF's clothes is developed.

    Raises:
        PhotoError: it is damaged, truncated or too large, or of a compression or colours that cannot be read here.
    """
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is wrong is raised
    with refusing("TIFF"), tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = [page.aspage() for page in file.pages]
        if _is_raw(pages):
            return camera_raw.samples(data, max_megapixels=max_megapixels)
        whole = [page for page in pages if not page.subfiletype & (_REDUCED | _MASK)] or pages[:1]
        page = whole[0]
        _check(page, data, max_megapixels=max_megapixels)
        notes = (f"first of {len(whole)} pages",) if len(whole) > 1 else ()
        masks = [page for page in pages if page.subfiletype & _MASK and page.shape[:2] == whole[0].shape[:2]]
        turn = int(page.tags.valueof(_ORIENTATION, 1))
        if page.photometric in _CONVERTED:
            return _converted(data, page, notes)
        if page.photometric not in (_GREY_INVERTED, _GREY, _RGB):
            raise PhotoError(f"a TIFF of colours that cannot be read ({_name(page.photometric)}); save it as RGB")
        bands = _bands(data, page, index=pages.index(page))
        levels, chosen = _colours(page, bands.levels)
        inside = _inside(page, bands.levels, levels, masks)
        simple = levels.dtype == np.uint8 and not page.extrasamples and page.photometric != _GREY_INVERTED
        plain = simple and len(pages) == 1 and turn == 1
        return Samples(levels, inside, (*notes, *bands.notes, *chosen), turn, plain=plain)


def size_px(data: bytes) -> tuple[int, int]:
    """Read (height, width) of the first page from its tags.

    Raises:
        PhotoError: they are damaged.
    """
    with refusing("TIFF"), tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        return int(page.imagelength), int(page.imagewidth)


def _is_raw(pages: list[tifffile.TiffPage]) -> bool:
    below = [page.pages for page in pages if page.subifds]  # a RAW file's first page is often a small preview
    every = [*pages, *(sub.aspage() for kids in below if kids is not None for sub in kids)]
    return any(page.photometric in _RAW for page in every)


def _check(page: tifffile.TiffPage, data: bytes, *, max_megapixels: float) -> None:
    height, width = int(page.imagelength), int(page.imagewidth)
    check_size(height, width, max_megapixels=max_megapixels)
    if page.imagedepth > 1 or page.axes not in ("YX", "YXS", "SYX"):
        raise PhotoError(f"a TIFF of axes {page.axes}, expected one picture; save a page of it as a picture")
    if page.nbytes > max_megapixels * 1e6 * _BYTES_PER_PX:
        raise PhotoError(
            f"{page.samplesperpixel} bands of {width}×{height} pixels take {page.nbytes / 1e9:.1f} GB, decoded; save "
            "red, green and blue alone"
        )
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if offset + count > len(data):
            raise PhotoError("truncated: the TIFF's pixels lie behind its end; copy the photograph again")
        if page.compression == _JPEG and count:
            strip = data[offset : offset + count]
            jpeg_damage.check(page.jpegtables[:-2] + strip[2:] if page.jpegtables else strip)


def _converted(data: bytes, page: tifffile.TiffPage, notes: tuple[str, ...]) -> Samples:
    """Leave palettes, CMYK and the like to Pillow, which turns them upright."""
    colours = _CONVERTED[page.photometric]
    if page.dtype != np.uint8:
        raise PhotoError(f"a {colours} TIFF of {page.dtype}, expected 8 bits; save it as RGB")
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        found = from_pillow(picture, frames=1, orientation=int(page.tags.valueof(_ORIENTATION, 1)))
    said = (*notes, *(found.notes or ((f"{colours} converted to RGB",) if colours != "palette" else ())))
    return Samples(found.levels, found.inside, said, found.orientation, upright=True)


def _bands(data: bytes, page: tifffile.TiffPage, *, index: int) -> _Bands:
    """Samples (h, w, bands), by the first reader that knows the compression.

    Raises:
        PhotoError: none does.
    """
    if tiff_codecs.in_tifffile(page):
        levels = page.asarray()
        if levels.ndim == 2:
            levels = levels[..., None]
        return _Bands(np.moveaxis(levels, 0, 2) if page.axes == "SYX" else levels)
    levels = tiff_codecs.by_libtiff(data, page, index=index)
    return _Bands(levels)


def _alpha(page: tifffile.TiffPage) -> int | None:
    """Band that holds alpha."""
    extra = [int(kind) for kind in page.extrasamples]
    for number, kind in enumerate(extra):
        if kind in _ALPHA:
            return int(page.samplesperpixel) - len(extra) + number
    return None


def _colours(page: tifffile.TiffPage, bands: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Grey (h, w) or RGB (h, w, 3) of the bands, and a note where some are left out."""
    total, alpha = bands.shape[2], _alpha(page)
    visible = [band for band in range(total) if band != alpha]
    wanted = visible[:3] if len(visible) >= 3 else visible[:1]
    if not wanted:
        raise PhotoError("a TIFF of transparency alone; save it with its colours")
    levels = bands[..., wanted[0]] if len(wanted) == 1 else bands[..., wanted]
    left_out = len(visible) - len(wanted)
    named = "first three bands" if len(wanted) == 3 else "first band"
    notes = (f"{named} of {total} read{' as red, green and blue' if len(wanted) == 3 else ''}",) if left_out else ()
    if page.photometric == _GREY_INVERTED:
        levels = ~levels if levels.dtype.kind in "ub" else levels.max() - levels
    return levels, notes


def _inside(
    page: tifffile.TiffPage, bands: np.ndarray, levels: np.ndarray, masks: list[tifffile.TiffPage]
) -> Bool[np.ndarray, "h w"] | None:
    """Pixels with data: alpha and mask above 0, other than nodata, finite; ``None`` where all are."""
    inside = np.ones(bands.shape[:2], bool)
    alpha = _alpha(page)
    if alpha is not None:
        inside &= bands[..., alpha] > 0
    if masks:
        inside &= masks[0].asarray() > 0
    colours = bands[..., [band for band in range(bands.shape[2]) if band != alpha]]
    said = page.tags.valueof(_NODATA)
    if said is not None:
        try:
            nodata = float(str(said).strip("\0 "))
        except ValueError:
            nodata = np.nan
        inside &= (colours != nodata).any(axis=2)
    if levels.dtype.kind == "f":
        inside &= np.isfinite(levels if levels.ndim == 2 else levels.sum(axis=2))
    return None if inside.all() else inside


def _name(value: int) -> str:
    return str(getattr(value, "name", value))
