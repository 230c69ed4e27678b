"""The pseudo-label methods: evidence of a classifier to a soft mask."""

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe import images
from crackpipe.pseudo import dark_map


def localisation(
    cam: Float32[np.ndarray, "h w"], patch_map: Float32[np.ndarray, "h w"], *, threshold: float, erosions: int
) -> Float32[np.ndarray, "h w"]:
    """Mean of the two maps, 0 where it is not above ``threshold``, then grey erosion (König et al., III-B)."""
    mean = (cam + patch_map) * np.float32(0.5)
    return images.erode(np.where(mean > threshold, mean, np.float32(0)), times=erosions)


def cam_location(
    image: UInt8[np.ndarray, "h w 3"],
    cam: Float32[np.ndarray, "h w"],
    patch_map: Float32[np.ndarray, "h w"],
    *,
    threshold: float,
    erosions: int,
    dark_side_px: int,
    dark_stride_px: int,
    dark_classes: int,
    bilateral_px: int,
    bilateral_sigma: float,
    bilateral: bool,
    closings: int,
) -> UInt8[np.ndarray, "h w"]:
    """König et al.'s pseudo-label (section III): dark pixels where the classifier localises a crack, 0–255.

    ``bilateral=False`` and ``closings=0`` (with ``erosions=0``) are the ablations of their Table VII.
    """
    where = localisation(cam, patch_map, threshold=threshold, erosions=erosions)
    dark = dark_map.dark(
        image,
        side_px=dark_side_px,
        stride_px=dark_stride_px,
        classes=dark_classes,
        bilateral_px=bilateral_px if bilateral else 0,
        bilateral_sigma=bilateral_sigma,
    )
    levels = images.to_levels(np.where(dark, where, np.float32(0)))
    if bilateral:
        levels = images.bilateral(
            levels, diameter_px=bilateral_px, sigma_colour=bilateral_sigma, sigma_space=bilateral_sigma
        )
    return images.close(levels, times=closings)
