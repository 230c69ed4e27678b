"""Labels that need no learning: the floor under every method, and the thresholds of König et al.'s Figure 3."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.imaging import dark_map, images

BAND_PX = 1024  # rows that are thresholded at once: skimage takes some 50 bytes a pixel
PATCHES: dict[str, Any] = {
    "side_px": 32,
    "stride_px": 8,
    "classes": 3,
    "bilateral_px": 5,
    "bilateral_sigma": 120.0,
}  # König et al.'s


@dataclass(frozen=True, slots=True)
class LocalThresholds:
    """Settings of the thresholds that each pixel takes from the window around it.

    Attributes:
        window_px: side of the window, odd.
        niblack_k: the threshold is the mean less ``niblack_k`` standard deviations (Niblack 1985).
        sauvola_k: the threshold is ``mean · (1 + sauvola_k · (deviation / 127.5 − 1))`` (Sauvola and Pietikäinen 2000).
    """

    window_px: int
    niblack_k: float
    sauvola_k: float


def all_of(image: UInt8[np.ndarray, "h w 3"], local: LocalThresholds) -> dict[str, UInt8[np.ndarray, "h w"]]:
    """Soft masks, 0–255, of each baseline on the grey levels of a photograph.

    ``darkness`` is 255 − grey. Of the others dark pixels have 255: ``otsu`` and ``multi_otsu`` take those up to the
    lower threshold of the whole photograph, of 2 and 3 classes; ``patch_otsu`` those that every patch which covers them
    puts into its darkest of 3 classes, König et al.'s dark map; ``niblack`` and ``sauvola`` those below the threshold
    of their window.

    Args:
        image: RGB, 0–255.
        local: window and factors of the last two.
    """
    grey = images.to_grey(image)
    dark = {
        "multi_otsu": dark_map.otsu(grey, classes=3),
        "niblack": niblack(grey, window_px=local.window_px, k=local.niblack_k),
        "otsu": dark_map.otsu(grey),
        "patch_otsu": dark_map.dark(image, **PATCHES),
        "sauvola": sauvola(grey, window_px=local.window_px, k=local.sauvola_k),
    }
    return {"darkness": 255 - grey} | {name: mask.astype(np.uint8) * np.uint8(255) for name, mask in dark.items()}


def niblack(grey: UInt8[np.ndarray, "h w"], *, window_px: int, k: float) -> Bool[np.ndarray, "h w"]:
    """Find the levels below Niblack's threshold; windows are mirrored beyond the border."""
    from skimage.filters import threshold_niblack

    return _by_bands(grey, lambda band: threshold_niblack(band, window_size=window_px, k=k), margin_px=window_px // 2)


def sauvola(grey: UInt8[np.ndarray, "h w"], *, window_px: int, k: float) -> Bool[np.ndarray, "h w"]:
    """Find the levels below Sauvola's threshold; windows are mirrored beyond the border."""
    from skimage.filters import threshold_sauvola

    return _by_bands(grey, lambda band: threshold_sauvola(band, window_size=window_px, k=k), margin_px=window_px // 2)


def _by_bands(
    grey: UInt8[np.ndarray, "h w"], threshold: Callable[[np.ndarray], np.ndarray], *, margin_px: int
) -> Bool[np.ndarray, "h w"]:
    """Levels below a threshold of the rows within ``margin_px``, computed band by band."""
    below = np.empty(grey.shape, bool)
    for top in range(0, len(grey), BAND_PX):
        first = max(0, top - margin_px)
        band = grey[first : top + BAND_PX + margin_px]
        rows = slice(top - first, top - first + BAND_PX)
        below[top : top + BAND_PX] = grey[top : top + BAND_PX] < threshold(band)[rows]
    return below
