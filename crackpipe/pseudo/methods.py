"""The pseudo-label methods: localisation maps of a classifier to a soft mask."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.imaging import dark_map, images


@dataclass(frozen=True, slots=True)
class CamLocationSettings:
    """Settings of König et al.'s pseudo-label, :func:`cam_location`.

    ``bilateral=False`` and ``closings=0`` (with ``erosions=0``) are the ablations of their Table VII.

    Attributes:
        threshold: mean of the two maps above which a pixel counts as localised, 0–1.
        erosions: 3×3 grey erosions of the localisation.
        dark_side_px, dark_stride_px: patches of the dark map; the side is a multiple of the stride.
        dark_classes: of multi-Otsu: 3 (the paper) or 2 (its ablation).
        bilateral: whether grey levels and label are filtered.
        bilateral_px, bilateral_sigma: diameter, and sigma in pixels and grey levels, of that filter.
        closings: 3×3 grey closings of the label.
    """

    threshold: float
    erosions: int
    dark_side_px: int
    dark_stride_px: int
    dark_classes: int
    bilateral: bool
    bilateral_px: int
    bilateral_sigma: float
    closings: int


@dataclass(frozen=True, slots=True)
class SoftLocationSettings:
    """Settings of our pseudo-label, :func:`soft_location`.

    Attributes:
        smooth_px: sigma of the Gaussian blur of the grey levels after the bilateral filter; 0 leaves it out.
        near: share of the strongest localisation from which a pixel counts, 0–1.
        classes: of multi-Otsu.
        softness: grey levels over which a pixel turns from dark to bright; 0 is a hard threshold.
        bilateral_px, bilateral_sigma: the filter before the grey conversion; 0 px leaves it out.
    """

    smooth_px: float
    near: float
    classes: Literal[2, 3]
    softness: float
    bilateral_px: int
    bilateral_sigma: float


def cam(image: UInt8[np.ndarray, "h w 3"], cam: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The activation map itself, 0–255: the baseline of both papers.

    Args:
        image: RGB, 0–255; not read.
        cam: activation map in [0, 1].
    """
    return images.to_levels(cam)


def localisation(
    cam: Float32[np.ndarray, "h w"], patch_map: Float32[np.ndarray, "h w"], *, threshold: float, erosions: int
) -> Float32[np.ndarray, "h w"]:
    """Mean of the two maps, 0 where it is not above ``threshold``, then grey erosion (König et al., III-B).

    Args:
        cam, patch_map: activation map and patch map, in [0, 1].
        threshold: 0–1.
        erosions: number of 3×3 erosions.
    """
    mean = (cam + patch_map) * np.float32(0.5)
    return images.erode(np.where(mean > threshold, mean, np.float32(0)), times=erosions)


def cam_location(
    image: UInt8[np.ndarray, "h w 3"],
    cam: Float32[np.ndarray, "h w"],
    patch_map: Float32[np.ndarray, "h w"],
    settings: CamLocationSettings,
) -> UInt8[np.ndarray, "h w"]:
    """König et al.'s pseudo-label (section III): dark pixels where the classifier localises a crack, 0–255.

    Args:
        image: RGB, 0–255.
        cam, patch_map: activation map and patch map, in [0, 1].
        settings: of the method.
    """
    localised = localisation(cam, patch_map, threshold=settings.threshold, erosions=settings.erosions)
    dark = dark_map.dark(
        image,
        side_px=settings.dark_side_px,
        stride_px=settings.dark_stride_px,
        classes=settings.dark_classes,
        bilateral_px=settings.bilateral_px if settings.bilateral else 0,
        bilateral_sigma=settings.bilateral_sigma,
        wanted=localised > 0,
    )
    levels = images.to_levels(np.where(dark, localised, np.float32(0)))
    if settings.bilateral:
        sigma = settings.bilateral_sigma
        levels = images.bilateral(levels, diameter_px=settings.bilateral_px, sigma_colour=sigma, sigma_space=sigma)
    return images.close(levels, times=settings.closings)


def soft_location(
    image: UInt8[np.ndarray, "h w 3"], *maps: Float32[np.ndarray, "h w"], settings: SoftLocationSettings
) -> UInt8[np.ndarray, "h w"]:
    """Our pseudo-label: the localisation times a soft darkness whose threshold the localisation chooses, 0–255.

    The localisation E is the mean of ``maps``. Multi-Otsu is taken of *one* histogram of the photograph, in which each
    pixel with ``E > near · max E`` weighs E, others nothing: so its lowest class is the crack among its surroundings,
    and neither a shadow elsewhere nor a patch without a crack gets a threshold of its own. With that class's upper
    level t, the label is ``E · sigmoid((t − grey) / softness)``: nothing is thrown away on fine cracks, which are never
    quite dark.

    Args:
        image: RGB, 0–255.
        maps: patch maps of several sizes and the activation map, in [0, 1]; at least one.
        settings: of the method.
    """
    localised = np.mean(maps, axis=0, dtype=np.float32)
    grey = dark_map.filtered_grey(image, bilateral_px=settings.bilateral_px, bilateral_sigma=settings.bilateral_sigma)
    if settings.smooth_px:
        grey = images.gaussian_blur(grey, sigma_px=settings.smooth_px)
    near = localised > settings.near * localised.max()
    weights = images.to_levels(np.where(near, localised, np.float32(0)))
    threshold = dark_map.weighted_threshold(grey, weights, classes=settings.classes)
    if threshold == dark_map.NONE_DARK:
        return np.zeros_like(grey)
    return images.to_levels(localised * dark_map.soft_darkness(grey, threshold=threshold, softness=settings.softness))
