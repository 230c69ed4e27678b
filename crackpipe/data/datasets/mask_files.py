"""Ground truth drawn by people: mask files, and the rule that tells a mask from any other picture."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool

from crackpipe.data.datasets import layout
from crackpipe.errors import PhotoError
from crackpipe.imaging import images
from crackpipe.imaging.picture_files import jpeg_damage, png, upright

_NEAR = 32  # levels that JPEG's ringing may stray from 0 and 255
_NEAR_SHARE = 0.99
_SOFT_LEVELS, _SOFT_SHARE, _EDGE_PX = 5, 0.95, 3  # of anti-aliased edges, see cut


def read(path: Path, *, lossy: bool = False, dark_is_crack: bool = False) -> Bool[np.ndarray, "h w"]:
    """Read a mask file; True = crack.

    A lossless mask (PNG, BMP, TIFF, WebP) may hold two levels at most, 0 and any other: crack is above 0. If its edges
    are anti-aliased, crack is from half its brightest level; see :func:`cut`. A JPEG mask is cut at 128 if at least
    99 % of its pixels lie within 32 levels of 0 or 255. Where pixels are transparent, crack is what is opaque if that
    is of one colour; of several colours, what is opaque and light.

    Args:
        lossy: apply JPEG's rule whatever the file's suffix, for masks that went through JPEG before they became PNG.
        dark_is_crack: cracks are drawn dark on a white ground.

    Raises:
        PhotoError: the file is missing, no picture, damaged, or not of two levels.
    """
    data = layout.read_bytes(path)
    try:
        levels = _levels(data)
        mask = cut(levels, lossy=lossy or path.suffix.lower() in {".jpg", ".jpeg"})
    except PhotoError as error:
        raise PhotoError(f"{path.parent.name}/{path.name}: {error}") from error
    return ~mask if dark_is_crack else mask


def _levels(data: bytes) -> np.ndarray:
    if data[:2] == b"\xff\xd8":
        levels = images.decode_levels(data)
        jpeg_damage.check(data)
        return levels
    turn = 1
    if data[:8] == png.SIGNATURE:
        head = png.head(data)
        if not head.has_alpha:
            return images.decode_levels(data)
        turn = head.orientation
    samples = images.decode_samples(data)
    if samples.ndim < 3 or samples.shape[2] != 4:
        return images.decode_levels(data)
    return upright(_opaque(samples), turn)


def _opaque(samples: np.ndarray) -> np.ndarray:
    """Levels (h, w) of a mask (h, w, 4) with alpha."""
    alpha, colours = samples[..., 3], samples[..., :3]
    seen = colours[alpha > 0]
    if (alpha < alpha.max()).any() and len(seen) and (seen == seen[0]).all():
        return alpha
    return np.where(alpha > alpha.max() // 2, colours.max(axis=2), 0)


def cut(levels: np.ndarray, *, lossy: bool) -> Bool[np.ndarray, "h w"]:
    """Make a mask of grey levels (h, w), uint8 or uint16, after the rule of :func:`read`.

    Levels of a lossless mask come from anti-aliased edges if there are five or more of 8 bits, the brightest is 128 or
    above, 95 % of the pixels lie within 32 levels of 0 or of the brightest, and every other has ground and crack
    within 3 px: classes numbered from 0, and maps of confidence, are no masks.

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
    if _has_soft_edges(levels, present):
        return levels >= (present[-1] + 1) // 2
    if len(present) > 2 or (len(present) == 2 and present[0] != 0):
        shown = ", ".join(str(level) for level in present[:4]) + (", …" if len(present) > 4 else "")
        raise PhotoError(
            f"mask is not binary: it has {len(present)} levels ({shown}), expected 0 and one other; threshold it and "
            "save it as PNG"
        )
    return levels > 0


def _has_soft_edges(levels: np.ndarray, present: np.ndarray) -> bool:
    if levels.dtype != np.uint8 or len(present) < _SOFT_LEVELS or present[0] or present[-1] < 128:
        return False
    ground = levels <= _NEAR
    between = ~ground & (levels < present[-1] - _NEAR)
    crack = levels >= (present[-1] + 1) // 2
    near_both = np.logical_and(
        *(images.dilate_disk(side.astype(np.uint8), radius_px=_EDGE_PX) for side in (ground, crack))
    )
    return bool(between.mean() <= 1 - _SOFT_SHARE and (near_both | ~between).all())
