"""Widths of a crack along its centre-lines, and what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import ndimage

SPREAD_PX = 3  # a maximum is that of medians over so many points: one ragged pixel is no widening


@dataclass(frozen=True, slots=True)
class Widths:
    """Widths of a crack along its centre-lines, pixels.

    Attributes:
        along: at each point of each line; NaN on bridges, at junctions, and where none could be told.
        mean, median, p95: over all points that have one; NaN where none has.
        largest: of the medians of :data:`SPREAD_PX` neighbours.
        at: row and column where that is.
    """

    along: list[Float64[np.ndarray, "_n"]]
    mean: float
    median: float
    p95: float
    largest: float
    at: tuple[float, float]


def smoothed(widths: Float64[np.ndarray, "n"], *, over_px: int) -> Float64[np.ndarray, "n"]:
    """Means over neighbours that have a width: the edges of a mask are steps, and a photograph is noisy.

    Args:
        widths: at points about a pixel apart; NaN where there is none, which stays so.
        over_px: neighbours, odd.
    """
    known = np.isfinite(widths)
    shares = ndimage.uniform_filter1d(known.astype(np.float64), over_px, mode="constant")
    sums = ndimage.uniform_filter1d(np.where(known, widths, 0.0), over_px, mode="constant")
    return np.where(known, sums / np.maximum(shares, 1e-9), np.nan)


def summarised(
    lines: Sequence[Float64[np.ndarray, "_n 2"]], along: list[Float64[np.ndarray, "_n"]], *, otherwise: float
) -> Widths:
    """Summarise the widths of a crack.

    Args:
        lines: its centre-lines.
        along: widths at each point of each line.
        otherwise: the width where no point has one.
    """
    known = np.concatenate(along)
    known = known[np.isfinite(known)]
    if not len(known):
        row, col = lines[0][len(lines[0]) // 2]
        return Widths(along, otherwise, otherwise, otherwise, otherwise, (float(row), float(col)))
    largest, at = _widest(lines, along)
    mean, median, p95 = float(known.mean()), float(np.median(known)), float(np.percentile(known, 95))
    return Widths(along, mean, median, p95, largest, at)


def _widest(
    lines: Sequence[Float64[np.ndarray, "_n 2"]], along: list[Float64[np.ndarray, "_n"]]
) -> tuple[float, tuple[float, float]]:
    """Largest median of neighbouring widths, and its point."""
    best, at = -np.inf, np.zeros(2)
    for line, width in zip(lines, along, strict=True):
        known = np.flatnonzero(np.isfinite(width))
        if len(known):
            medians = ndimage.median_filter(width[known], min(SPREAD_PX, len(known)), mode="nearest")
            top = int(medians.argmax())
            if medians[top] > best:
                best, at = float(medians[top]), line[known[top]]
    return best, (float(at[0]), float(at[1]))
