"""The pseudo-label methods: localisation maps of a classifier to a soft mask."""

from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.imaging import dark_map, images


def cam(image: UInt8[np.ndarray, "h w 3"], cam: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The activation map itself, 0–255: the baseline of both papers."""
    return images.to_levels(cam)


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
        wanted=where > 0,
    )
    levels = images.to_levels(np.where(dark, where, np.float32(0)))
    if bilateral:
        levels = images.bilateral(
            levels, diameter_px=bilateral_px, sigma_colour=bilateral_sigma, sigma_space=bilateral_sigma
        )
    return images.close(levels, times=closings)


def soft_location(
    image: UInt8[np.ndarray, "h w 3"],
    *maps: Float32[np.ndarray, "h w"],
    smooth_px: float,
    near: float,
    classes: Literal[2, 3],
    softness: float,
    bilateral_px: int,
    bilateral_sigma: float,
) -> UInt8[np.ndarray, "h w"]:
    """Our pseudo-label: the localisation times a soft darkness whose threshold the localisation chooses, 0–255.

    The localisation E is the mean of ``maps`` (patch maps of several sizes, activation map), in [0, 1]. Multi-Otsu is
    taken of *one* histogram of the photograph, in which each pixel with ``E > near · max E`` weighs E, others nothing:
    so its lowest class is the crack among its surroundings, and neither a shadow elsewhere nor a patch without a crack
    gets a threshold of its own. With that class's upper level t, the label is
    ``E · sigmoid((t − grey) / softness)``: nothing is thrown away on fine cracks, which are never quite dark.

    Args:
        image: RGB, 0–255.
        smooth_px: sigma of the Gaussian blur of the grey levels after the bilateral filter; 0 leaves it out.
        near: share of the strongest localisation from which a pixel counts, 0–1.
        classes: of multi-Otsu.
        softness: grey levels over which a pixel turns from dark to bright; 0 is a hard threshold.
        bilateral_px, bilateral_sigma: the filter before the grey conversion; 0 px leaves it out.
    """
    found = np.mean(maps, axis=0, dtype=np.float32)
    grey = dark_map.filtered_grey(image, bilateral_px=bilateral_px, bilateral_sigma=bilateral_sigma)
    if smooth_px:
        grey = images.gaussian_blur(grey, sigma_px=smooth_px)
    weights = images.to_levels(np.where(found > near * found.max(), found, np.float32(0)))
    threshold = dark_map.weighted_threshold(grey, weights, classes=classes)
    if threshold == dark_map.NONE_DARK:
        return np.zeros_like(grey)
    return images.to_levels(found * dark_map.soft_darkness(grey, threshold=threshold, softness=softness))
