"""Shapes drawn by their signed distance, as a map of confidence with edges between pixels, or as a plain mask."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, UInt8

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
