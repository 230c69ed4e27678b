"""Fully connected CRF over a class activation map (Dong et al. 2020; Krähenbühl and Koltun 2011).

The only file that knows pydensecrf.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe import images


def refine(
    image: UInt8[np.ndarray, "h w 3"],
    probability: Float32[np.ndarray, "h w"],
    *,
    iterations: int,
    gaussian_sxy: float,
    gaussian_compat: float,
    bilateral_sxy: float,
    bilateral_srgb: float,
    bilateral_compat: float,
    confidence: float,
) -> Float32[np.ndarray, "h w"]:
    """Marginal crack probability of each pixel after mean-field inference.

    Args:
        image: RGB, 0–255.
        probability: the unary evidence in [0, 1], e.g. a class activation map; pulled into
            [1 − confidence, confidence], as a certain pixel could never be changed.
        gaussian_sxy, gaussian_compat: pixels and weight of the smoothness term.
        bilateral_sxy, bilateral_srgb, bilateral_compat: pixels, grey levels and weight of the appearance term.
    """
    from pydensecrf import densecrf

    height, width = probability.shape
    crack = np.clip(probability, 1 - confidence, confidence).astype(np.float32)
    energy = -np.log(np.stack([1 - crack, crack])).reshape(2, -1)
    field = densecrf.DenseCRF2D(width, height, 2)
    field.setUnaryEnergy(np.ascontiguousarray(energy, np.float32))
    field.addPairwiseGaussian(sxy=gaussian_sxy, compat=gaussian_compat)
    field.addPairwiseBilateral(
        sxy=bilateral_sxy, srgb=bilateral_srgb, rgbim=np.ascontiguousarray(image), compat=bilateral_compat
    )
    marginals = np.asarray(field.inference(iterations), np.float32)
    return marginals[1].reshape(height, width)


def label(
    image: UInt8[np.ndarray, "h w 3"],
    cam: Float32[np.ndarray, "h w"],
    *,
    iterations: int,
    gaussian_sxy: float,
    gaussian_compat: float,
    bilateral_sxy: float,
    bilateral_srgb: float,
    bilateral_compat: float,
    confidence: float,
) -> UInt8[np.ndarray, "h w"]:
    """Dong et al.'s pseudo-label: the activation map after :func:`refine`, 0–255."""
    found = refine(
        image,
        cam,
        iterations=iterations,
        gaussian_sxy=gaussian_sxy,
        gaussian_compat=gaussian_compat,
        bilateral_sxy=bilateral_sxy,
        bilateral_srgb=bilateral_srgb,
        bilateral_compat=bilateral_compat,
        confidence=confidence,
    )
    return images.to_levels(found)
