"""Fully connected CRF over a class activation map (Dong et al. 2020; Krähenbühl and Koltun 2011).

The only file that knows pydensecrf.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.imaging import images


@dataclass(frozen=True, slots=True)
class CrfSettings:
    """Settings of the CRF.

    Attributes:
        half_at: in (0, 1); the activation that is read as a probability of one half, ``cam ** (log 0.5 / log
            half_at)``. Dong et al. read the map itself, 0.5; but its values are shares of its own maximum.
        iterations: of mean-field inference.
        gaussian_sxy, gaussian_compat: pixels and weight of the smoothness term.
        bilateral_sxy, bilateral_srgb, bilateral_compat: pixels, grey levels and weight of the appearance term.
        confidence: in (0.5, 1); probabilities are pulled into [1 − confidence, confidence] first, as a certain pixel
            could never be changed.
    """

    half_at: float
    iterations: int
    gaussian_sxy: float
    gaussian_compat: float
    bilateral_sxy: float
    bilateral_srgb: float
    bilateral_compat: float
    confidence: float


def label(
    image: UInt8[np.ndarray, "h w 3"], cam: Float32[np.ndarray, "h w"], settings: CrfSettings
) -> UInt8[np.ndarray, "h w"]:
    """Marginal crack probability of each pixel after mean-field inference, 0–255.

    Args:
        image: RGB, 0–255.
        cam: class activation map in [0, 1].
        settings: of the CRF.
    """
    from pydensecrf import densecrf

    height, width = cam.shape
    probability = np.clip(cam, 0, 1) ** (math.log(0.5) / math.log(settings.half_at))
    crack = np.clip(probability, 1 - settings.confidence, settings.confidence).astype(np.float32)
    energy = -np.log(np.stack([1 - crack, crack])).reshape(2, -1)
    field = densecrf.DenseCRF2D(width, height, 2)
    field.setUnaryEnergy(np.ascontiguousarray(energy, np.float32))
    field.addPairwiseGaussian(sxy=settings.gaussian_sxy, compat=settings.gaussian_compat)
    field.addPairwiseBilateral(
        sxy=settings.bilateral_sxy,
        srgb=settings.bilateral_srgb,
        rgbim=np.ascontiguousarray(image),
        compat=settings.bilateral_compat,
    )
    marginals = np.asarray(field.inference(settings.iterations), np.float32)
    return images.to_levels(marginals[1].reshape(height, width))
