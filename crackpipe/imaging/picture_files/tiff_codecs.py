"""Readers of a TIFF's samples: tifffile for the compressions that need no further package, libtiff for others."""

import io

import numpy as np
import tifffile
from PIL import Image

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files.picture import upright

_NONE, _PACKBITS = 1, 32773
_IN_TIFFFILE = frozenset({_NONE, 8, 32946, _PACKBITS})  # plain, Deflate under two numbers, PackBits
_ORIENTATION = 274
_TURNED_BACK = {**{same: same for same in range(1, 8)}, 6: 8, 8: 6}  # Pillow has turned what it loads
_DIFFERENCES = frozenset({1, 2})  # predictors: none, horizontal


def in_tifffile(page: tifffile.TiffPage) -> bool:
    """Tell whether tifffile decodes a page without further packages."""
    bits = page.bitspersample
    return page.compression in _IN_TIFFFILE and page.predictor in _DIFFERENCES and bits in (1, 8, 16, 32, 64)


def by_libtiff(data: bytes, page: tifffile.TiffPage, *, index: int) -> np.ndarray:
    """Samples (h, w, bands) by libtiff, which Pillow has for 8 bits, and rasterio for all.

    Raises:
        PhotoError: more than 8 bits or 4 bands, and rasterio is not installed.
        Exception: of theirs, where the file is damaged.
    """
    if page.dtype == np.uint8 and page.bitspersample == 8 and not index and page.samplesperpixel in (1, 3, 4):
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode in ("L", "RGB", "RGBA", "RGBX"):
                picture.load()
                levels = upright(np.asarray(picture), _TURNED_BACK[page.tags.valueof(_ORIENTATION, 1)])
                levels = levels if page.photometric else ~levels  # Pillow inverts grey that counts from white
                return levels[..., None] if levels.ndim == 2 else levels
    try:
        from rasterio.io import MemoryFile
    except ImportError as error:
        name = getattr(page.compression, "name", page.compression)
        raise PhotoError(
            f"a TIFF of {page.samplesperpixel} × {page.bitspersample} bits, {name}-compressed, which needs rasterio; "
            "install it with `pip install 'crackpipe[geo]'`, or save the picture uncompressed or with Deflate"
        ) from error
    with MemoryFile(data) as memory, memory.open(driver="GTiff") as dataset:
        return np.moveaxis(dataset.read(), 0, 2)
