"""A segmenter's map sharpened by the darkness of the photograph: soft location with the map as localisation."""

import numpy as np
from jaxtyping import UInt8

from crackpipe.imaging import dark_map
from crackpipe.imaging.dark_map import soft_darkness

BAND_PX = 1024  # rows that are filtered at once
HALO_PX = 16  # rows around them that the filter may see


def darkened(
    image: UInt8[np.ndarray, "h w 3"],
    levels: UInt8[np.ndarray, "h w"],
    *,
    share: float,
    near: float,
    softness: float,
    bilateral_px: int,
    bilateral_sigma: float,
) -> UInt8[np.ndarray, "h w"]:
    """``P · (1 − share + share · sigmoid((t − grey) / softness))`` of a map P, 0–255.

    t is the upper level of the darkest of three classes that multi-Otsu finds in the photograph's grey levels, each
    pixel weighing its P where that is more than ``near`` of the strongest: a network blurs what is 1–3 px wide, and
    the photograph knows better. Where t does not exist (fewer than three levels) the map stays as it is.

    Beside image and map it takes one byte a pixel, and floats for ``BAND_PX`` rows.

    Args:
        image: RGB, 0–255.
        levels: crack confidence, 0–255.
        share: how much of the confidence darkness decides, 0–1.
        near, softness, bilateral_px, bilateral_sigma: as in :class:`crackpipe.pseudo.methods.SoftLocationSettings`.
    """
    grey = _filtered(image, bilateral_px=bilateral_px, bilateral_sigma=bilateral_sigma)
    floor = near * float(levels.max())
    counts = np.zeros(dark_map.LEVELS, np.int64)
    for top in range(0, len(grey), BAND_PX):
        band = levels[top : top + BAND_PX]
        weights = np.where(band > floor, band, np.uint8(0))
        counts += dark_map.weighted_histogram(grey[top : top + BAND_PX], weights)
    threshold = int(dark_map.lower_threshold(counts[None], classes=3)[0])
    if threshold == dark_map.NONE_DARK:
        return levels.copy()
    dark = soft_darkness(np.arange(256, dtype=np.uint8)[None], threshold=threshold, softness=softness)[0]
    factor = 1 - np.float32(share) + np.float32(share) * dark
    table = np.rint(np.arange(256, dtype=np.float32)[:, None] * factor[None]).astype(np.uint8)
    sharpened = np.empty_like(levels)
    for top in range(0, len(grey), BAND_PX):
        sharpened[top : top + BAND_PX] = table[levels[top : top + BAND_PX], grey[top : top + BAND_PX]]
    return sharpened


def _filtered(
    image: UInt8[np.ndarray, "h w 3"], *, bilateral_px: int, bilateral_sigma: float
) -> UInt8[np.ndarray, "h w"]:
    """Grey levels after the bilateral filter, band by band."""
    grey = np.empty(image.shape[:2], np.uint8)
    for top in range(0, len(grey), BAND_PX):
        above = min(top, HALO_PX)
        part = image[top - above : top + BAND_PX + HALO_PX]
        filtered = dark_map.filtered_grey(part, bilateral_px=bilateral_px, bilateral_sigma=bilateral_sigma)
        grey[top : top + BAND_PX] = filtered[above : above + BAND_PX]
    return grey
