"""Ground truth drawn by people: mask files, and the rule that tells a mask from any other picture."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool

from crackpipe.data.datasets import layout
from crackpipe.errors import PhotoError
from crackpipe.imaging import images

_NEAR = 32  # levels that JPEG's ringing may stray from 0 and 255
_NEAR_SHARE = 0.99


def read(path: Path, *, lossy: bool = False, dark_is_crack: bool = False) -> Bool[np.ndarray, "h w"]:
    """Read a mask file; True = crack.

    A lossless mask (PNG, BMP, TIFF, WebP) may hold two levels at most, 0 and any other: crack is above 0. A JPEG mask
    is cut at 128 if at least 99 % of its pixels lie within 32 levels of 0 or 255.

    Args:
        lossy: apply JPEG's rule whatever the file's suffix, for masks that went through JPEG before they became PNG.
        dark_is_crack: cracks are drawn dark on a white ground.

    Raises:
        PhotoError: the file is missing, no picture, or not of two levels.
    """
    levels = images.decode_levels(layout.read_bytes(path))
    try:
        mask = cut(levels, lossy=lossy or path.suffix.lower() in {".jpg", ".jpeg"})
    except PhotoError as error:
        raise PhotoError(f"{path.parent.name}/{path.name}: {error}") from error
    return ~mask if dark_is_crack else mask


def cut(levels: np.ndarray, *, lossy: bool) -> Bool[np.ndarray, "h w"]:
    """Make a mask of grey levels (h, w), uint8 or uint16, after the rule of :func:`read`.

    Raises:
        PhotoError: more levels than a mask can have.
    """
    if levels.dtype not in (np.uint8, np.uint16):
        raise PhotoError(f"mask has levels of type {levels.dtype}, expected 8 or 16 bits; save it as 8-bit PNG")
    counts = np.bincount(levels.ravel(), minlength=256)
    if lossy and levels.dtype == np.uint8:
        share = float(counts[: _NEAR + 1].sum() + counts[255 - _NEAR :].sum()) / levels.size
        if share < _NEAR_SHARE:
            raise PhotoError(
                f"mask is not binary: {share:.1%} of its pixels lie within {_NEAR} levels of 0 or 255, expected at "
                f"least {_NEAR_SHARE:.0%} in a JPEG; threshold it and save it as PNG"
            )
        return levels >= 128
    present = np.flatnonzero(counts)
    if len(present) > 2 or (len(present) == 2 and present[0] != 0):
        shown = ", ".join(str(level) for level in present[:4]) + (", …" if len(present) > 4 else "")
        raise PhotoError(
            f"mask is not binary: it has {len(present)} levels ({shown}), expected 0 and one other; threshold it and "
            "save it as PNG"
        )
    return levels > 0
