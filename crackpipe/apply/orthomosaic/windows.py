"""Windows over a raster: each overlaps the next, and in the middle of the overlap one fades into the other.

What a network, an octave or a threshold of darkness sees of a window differs from what it sees of the next one. Fading
makes no step of that.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

WINDOW_PX = 5120  # side of a window: its halves see cracks up to a metre wide at 0.5 mm a pixel
OVERLAP_PX = 1024  # least overlap of two windows, and pixels over which they fade
CELL_PX = 4096  # side of a cell, in which pieces are found and a mask is written; of the largest crop, too


@dataclass(frozen=True, slots=True)
class Span:
    """A window along one axis.

    Attributes:
        start, stop: pixels that are read.
        first, last: pixels of these that count, with the fades at either end.
        fade_in, fade_out: pixels from ``first`` on, and up to ``last``, that the window before, or behind, has too.
    """

    start: int
    stop: int
    first: int
    last: int
    fade_in: int
    fade_out: int

    @property
    def kept(self) -> slice:
        """Pixels that count, from the first that is read."""
        return slice(self.first - self.start, self.last - self.start)


def lay(length: int, *, window_px: int, overlap_px: int) -> list[Span]:
    """Lay windows of one size along an axis, evenly; a shorter axis is one window.

    Args:
        length: of the raster along the axis, at least 1.
        window_px: side of a window.
        overlap_px: less than a third of it, even.
    """
    side = min(length, window_px)
    count = 1 + -(-(length - side) // (window_px - overlap_px))
    starts = np.rint(np.linspace(0, length - side, count)).astype(int).tolist()
    middles = [(before + side + after) // 2 for before, after in itertools.pairwise(starts)]
    firsts = [0, *(middle - overlap_px // 2 for middle in middles)]
    lasts = [*(middle + overlap_px // 2 for middle in middles), length]
    fades = [0, *([overlap_px] * len(middles)), 0]
    return [
        Span(start, start + side, first, last, fade_in, fade_out)
        for start, first, last, fade_in, fade_out in zip(starts, firsts, lasts, fades[:-1], fades[1:], strict=True)
    ]


def faded(before: UInt8[np.ndarray, "h w"], after: UInt8[np.ndarray, "h w"], *, axis: int) -> UInt8[np.ndarray, "h w"]:
    """Levels that go from one map to another along an axis."""
    length = before.shape[axis]
    share = (np.arange(1, length + 1, dtype=np.float32) / (length + 1)).reshape((-1, 1) if axis == 0 else (1, -1))
    low = before.astype(np.float32)
    return np.rint(low + share * (after - low)).astype(np.uint8)


def cells(length: int) -> list[slice]:
    """Cut an axis into cells, which do not overlap."""
    return [slice(start, min(start + CELL_PX, length)) for start in range(0, length, CELL_PX)]
