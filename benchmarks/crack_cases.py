"""Cracks to measure: drawn ones whose length and width are known, and masks of photographs, without truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8
from scipy import ndimage

from benchmarks.drawn_cracks import (
    COLS,
    HAIRLINE_PX,
    HAIRLINE_SIDE,
    ROWS,
    Drawing,
    bar,
    hairline,
    ring,
    turned,
)
from benchmarks.photographs import Photograph
from crackpipe.imaging import images

BAR_PX, BAR_WIDTHS = 240, (2.0, 3.0, 5.0, 10.0, 20.0, 40.0)
BAR_DEGREES = (0, 15, 22.5, 45, 60, 90, 105, 135, 170)
HAIRLINE_WIDTHS, HAIRLINE_DEGREES = (0.4, 0.8, 1.5, 2.0, 3.0), (17, 45, 100)
BLURS, NOISE, LEVEL = (0.0, 0.5, 1.0), 5.0, 170.0  # pixels; grey levels
PHOTO_BLUR = 0.8
CLEAR_PX = 10  # between a hairline's window and the photograph's own cracks


@dataclass(frozen=True, slots=True)
class Case:
    """A map to measure, and what is known of it.

    Attributes:
        confidence: 0–255; from 128 on a pixel is crack.
        grey: the photograph, 0–255, where there is one.
        length_px, width_px: as drawn; the width is the mean along the crack. ``None`` where nobody knows.
    """

    confidence: UInt8[np.ndarray, "h w"]
    grey: UInt8[np.ndarray, "h w"] | None
    length_px: float | None
    width_px: float | None


def bars(draw: Drawing) -> list[Case]:
    """Straight bars of any width and direction."""
    return [
        Case(draw(turned(BAR_PX, width, degrees)), None, BAR_PX, width)
        for width in BAR_WIDTHS
        for degrees in BAR_DEGREES
    ]


def shapes(draw: Drawing) -> list[Case]:
    """Rings, Ys, combs, a taper, a line one pixel wide, and a crack that leaves the picture on both sides."""
    found = [Case(draw(ring(120, width)), None, 2 * np.pi * 120, width) for width in (2.0, 6.0, 20.0)]
    arms = [(40.3, 200.4), (300.3, 80.4), (300.3, 320.4)]  # edges along pixel centres would be on neither side
    for width in (3.0, 8.0, 20.0):
        y = np.minimum.reduce([bar((200.3, 200.4), end, width) for end in arms])
        found.append(Case(draw(y), None, 160 + 2 * float(np.hypot(100, 120)), width))
    for width in (2.0, 4.0, 10.0):
        teeth = [bar((100.3, col), (180.3, col), width) for col in np.arange(60.4, 350, 40)]
        comb = np.minimum.reduce([bar((100.3, 30.4), (100.3, 370.4), width), *teeth])
        found.append(Case(draw(comb), None, 340 + 80 * len(teeth), width))
    width = 2 + 18 * (COLS - 50) / 300
    taper = np.maximum(np.abs(ROWS - 200.2) - width / 2, np.maximum(50 - COLS, COLS - 350))
    return [
        *found,
        Case(draw(taper), None, 300, 11),
        Case(draw(bar((200.0, 49.5), (200.0, 349.5), 1.0)), None, 300, 1),
        Case(draw(bar((200.0, -50.0), (230.0, 500.0), 6.0)), None, float(np.hypot(400, 400 * 30 / 550)), 6),
    ]


def hairlines() -> list[Case]:
    """Hairlines in a plain surface, blurred and noisy."""
    surface = LEVEL + np.random.default_rng(0).normal(0, NOISE, (HAIRLINE_SIDE, HAIRLINE_SIDE))
    return [
        Case(*hairline(width, degrees, blur=blur, surface=surface), HAIRLINE_PX, width)
        for blur in BLURS
        for degrees in HAIRLINE_DEGREES
        for width in HAIRLINE_WIDTHS
    ]


def hairlines_in_photographs(chosen: Sequence[Photograph]) -> list[Case]:
    """Hairlines in a window without cracks of each photograph that has one."""
    return [
        Case(*hairline(width, degrees, blur=PHOTO_BLUR, surface=surface), HAIRLINE_PX, width)
        for surface, degrees in zip(_surfaces(chosen), np.arange(len(chosen)) * 29.0, strict=False)
        for width in HAIRLINE_WIDTHS
    ]


def masks(chosen: Sequence[Photograph]) -> list[Case]:
    """Masks of photographs that have any crack."""
    return [Case(one.mask.astype(np.uint8) * 255, None, None, None) for one in chosen if one.mask.any()]


def _surfaces(chosen: Sequence[Photograph]) -> Iterator[Float32[np.ndarray, "s s"]]:
    """The first window of each photograph that is clear of its cracks."""
    for one in chosen:
        near = ndimage.binary_dilation(one.mask, iterations=CLEAR_PX)
        rows, cols = (range(0, side - HAIRLINE_SIDE + 1, CLEAR_PX) for side in near.shape)
        windows = ((slice(row, row + HAIRLINE_SIDE), slice(col, col + HAIRLINE_SIDE)) for row in rows for col in cols)
        free = next((window for window in windows if not near[window].any()), None)
        if free is not None:
            yield images.to_grey(one.image)[free].astype(np.float32)
