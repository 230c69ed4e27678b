"""Doubts about a mask that fits its photograph's size: drawn inverted, or on the pixels before EXIF turned them."""

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.imaging import images
from crackpipe.imaging.picture_files import Picture, upright

_INVERTED = 0.5  # share of crack pixels above which a mask is rather the wall's
_RING_PX = 5  # width of the surroundings that crack pixels are compared with


def of(mask: Bool[np.ndarray, "h w"], picture: Picture) -> tuple[str, ...]:
    """Return what is doubtful about a mask, each a plain sentence.

    A mask is taken for one of the sensor's pixels where these were turned, its pixels are as light as what surrounds
    them or lighter, and those of the same mask, turned, are darker.

    Args:
        mask: of the photograph, True = crack.
        picture: the photograph, of the same size.
    """
    share = float(mask.mean() if picture.inside is None else mask[picture.inside].mean())
    doubts = []
    if share > _INVERTED:
        doubts.append(f"{share:.0%} of its mask is crack; if it was drawn black on white, invert it")
    if picture.turned and mask.any():
        grey = images.to_grey(picture.rgb)
        turned = upright(mask, picture.orientation)
        if turned.shape == mask.shape and _contrast(grey, mask) <= 0 < _contrast(grey, turned):
            doubts.append(
                "EXIF turns the photograph, and its mask lies on light pixels: turned likewise it would lie on dark "
                "ones; draw the mask on the turned photograph, or turn it"
            )
    return tuple(doubts)


def _contrast(grey: UInt8[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"]) -> float:
    """Mean level of a mask's surroundings less that of its pixels."""
    near = images.dilate_disk(mask.astype(np.uint8), radius_px=_RING_PX) > 0
    ring = near & ~mask
    return float(grey[ring].mean()) - float(grey[mask].mean()) if ring.any() else 0.0
