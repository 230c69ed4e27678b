"""Cracks whose length and width are known: shapes drawn by their signed distance, and hairlines in a photograph.

A shape becomes a map of confidence with edges between pixels, or a plain mask.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

SIDE = 400
ROWS, COLS = np.mgrid[:SIDE, :SIDE].astype(float)
Point = tuple[float, float]
Drawing = Callable[[Float[np.ndarray, "h w"]], UInt8[np.ndarray, "h w"]]


def bar(start: Point, end: Point, width: float) -> Float[np.ndarray, "h w"]:
    """Signed distance of a straight bar with square ends, row and column."""
    first, along = np.array(start), np.subtract(end, start)
    length = float(np.hypot(*along))
    unit = along / length
    on = (ROWS - first[0]) * unit[0] + (COLS - first[1]) * unit[1]
    off = (COLS - first[1]) * unit[0] - (ROWS - first[0]) * unit[1]
    return np.maximum(np.abs(off) - width / 2, np.abs(on - length / 2) - length / 2)


def turned(length: float, width: float, degrees: float) -> Float[np.ndarray, "h w"]:
    """A bar around the middle; 0° runs along a row, 90° up a column."""
    half = length / 2 * np.array([-np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    middle = np.array([SIDE / 2 + 0.3, SIDE / 2 - 0.4])
    return bar(tuple(middle - half), tuple(middle + half), width)


def ring(radius: float, width: float) -> Float[np.ndarray, "h w"]:
    return np.abs(np.hypot(ROWS - SIDE / 2, COLS - SIDE / 2) - radius) - width / 2


def soft(distance: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Confidence that falls from 255 to 0 over a pixel."""
    return np.rint(np.clip(0.5 - distance, 0, 1) * 255).astype(np.uint8)


def hard(distance: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """A mask of 0 and 255."""
    return ((distance < 0) * 255).astype(np.uint8)


HAIRLINE_SIDE, HAIRLINE_PX = 200, 180  # of the picture, and length of the line
INSIDE = 0.2  # share of the surface's light that a hairline reflects, as GeometrySettings takes it
FINE = 8  # parts of a pixel that a hairline is drawn in


def hairline(
    width: float,
    degrees: float,
    *,
    blur: float,
    surface: Float[np.ndarray, "s s"],
) -> tuple[UInt8[np.ndarray, "s s"], UInt8[np.ndarray, "s s"]]:
    """A dark line in a photograph, and the map that a segmenter might give of it: three pixels wide at least.

    Args:
        width: of the line, pixels; it may be a part of one.
        degrees: its direction; 0° runs along a row, 90° up a column.
        blur: standard deviation of the lens's blur of the line, pixels.
        surface: grey levels without the line, ``HAIRLINE_SIDE`` rows and columns.

    Returns:
        Confidence and grey levels, 0–255.
    """
    rows, cols = ((np.mgrid[: HAIRLINE_SIDE * FINE, : HAIRLINE_SIDE * FINE] + 0.5) / FINE - 0.5).astype(np.float32)
    up, right = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    off = np.abs((cols - 99.6) * up + (rows - 100.3) * right)
    on = np.abs((cols - 99.6) * right - (rows - 100.3) * up)

    def covered(half: float) -> Float[np.ndarray, "s s"]:
        inside = ((off < half) & (on < HAIRLINE_PX / 2)).astype(np.float32)
        return inside.reshape(HAIRLINE_SIDE, FINE, HAIRLINE_SIDE, FINE).mean(axis=(1, 3))

    dark = ndimage.gaussian_filter(covered(width / 2), blur) if blur else covered(width / 2)
    grey = surface * (1 - (1 - INSIDE) * dark)
    confidence = covered(max(3.0, width) / 2)
    return np.rint(confidence * 255).astype(np.uint8), np.clip(np.rint(grey), 0, 255).astype(np.uint8)
