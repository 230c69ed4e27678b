"""Confidences of pixels made to hold: of those of 0.7, seven in ten shall be crack (Platt 1999)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8
from scipy.special import expit

STEPS = 100  # of Newton's method at most
CLOSE = 1e-9
BINS = 15  # of the calibration error
Counts = Int64[np.ndarray, "256 2"]
"""Pixels by level (0–255) and by truth (none, crack)."""


def count(maps: Iterable[tuple[UInt8[np.ndarray, "_h _w"], Bool[np.ndarray, "_h _w"]]]) -> Counts:
    """Count the pixels of maps of confidence (0–255) with their truth."""
    counts = np.zeros((256, 2), np.int64)
    for levels, truth in maps:
        counts[:, 1] += np.bincount(levels[truth], minlength=256)
        counts[:, 0] += np.bincount(levels[~truth], minlength=256)
    return counts


def error(counts: Counts) -> float:
    """Expected calibration error of the confidence that a pixel is crack, in [0, 1], with 15 bins of equal width.

    Raises:
        ValueError: there is no pixel.
    """
    total = int(counts.sum())
    if not total:
        raise ValueError("there is no pixel; count at least one map")
    levels = np.arange(256) / 255
    bin_of = np.minimum((levels * BINS).astype(int), BINS - 1)
    gap = np.bincount(bin_of, weights=counts[:, 1] - counts.sum(axis=1) * levels, minlength=BINS)
    return float(np.abs(gap).sum() / total)


@dataclass(frozen=True, slots=True)
class PixelCalibration:
    """A confidence p becomes 1 / (1 + exp(−slope · ln(p / (1 − p)) − offset)).

    Attributes:
        slope: above 0, so that no order of pixels changes.
        offset: any number.
    """

    slope: float = 1.0
    offset: float = 0.0

    def table(self) -> UInt8[np.ndarray, "256"]:
        """What each level (0–255) becomes."""
        return np.rint(255 * expit(self.slope * _logits() + self.offset)).astype(np.uint8)


def fit(counts: Counts) -> PixelCalibration:
    """Find the calibration under which the counted pixels are likeliest: logistic regression by Newton's method.

    Steps are halved until the likelihood rises (Lin, Lin and Weng 2007).

    Args:
        counts: of maps with and without cracks.

    Returns:
        That which changes nothing, where all pixels are of one truth or the confidence does not rise with it.
    """
    none, crack = counts.sum(axis=0).tolist()
    if not none or not crack:
        return PixelCalibration()
    total = counts.sum(axis=1).astype(np.float64)
    wanted = counts @ np.array([1 / (none + 2), (crack + 1) / (crack + 2)])  # never quite sure: Platt, section 2.2
    design = np.stack([_logits(), np.ones(256)], axis=1)

    def unlikely(weights: Float64[np.ndarray, "2"]) -> float:
        odds = design @ weights
        return float((total * np.logaddexp(0, odds) - wanted * odds).sum() / total.sum())

    weights = np.array([0.0, math.log((crack + 1) / (none + 1))])
    for _ in range(STEPS):
        chance = expit(design @ weights)
        slope = design.T @ (wanted - total * chance)
        curvature = (design * (total * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-12 * np.trace(curvature) * np.eye(2), slope)
        before, share = unlikely(weights), 1.0
        while unlikely(weights + share * step) > before and share > CLOSE:
            share /= 2
        weights = weights + share * step
        if np.abs(share * step).max() < CLOSE:
            break
    return PixelCalibration(float(weights[0]), float(weights[1])) if weights[0] > 0 else PixelCalibration()


def _logits() -> Float64[np.ndarray, "256"]:
    """Log odds of each level, none infinite: the first and last stand half a level inside."""
    confidence = np.clip(np.arange(256), 0.5, 254.5) / 255
    return np.log(confidence / (1 - confidence))
