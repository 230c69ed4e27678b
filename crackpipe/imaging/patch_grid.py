"""Grids of square patches over a photograph, and the symmetries of the square."""

import numpy as np
from jaxtyping import Int

from crackpipe.imaging import images

SYMMETRIES = (0, 4, 2, 6, 1, 5, 3, 7)
"""Symmetries of the square in the order in which few are taken: as it is, mirrored, upside down, then quarter turns."""


def starts(length_px: int, *, side_px: int, stride_px: int) -> Int[np.ndarray, "n"]:
    """First pixels of the patches along one axis: every ``stride_px``, until one reaches the border.

    The last patch may stand over the border; its reader mirrors the photograph there.

    Args:
        length_px: of the axis, 1 or more.
        side_px, stride_px: of the patches, 1 or more.
    """
    last = max(0, -(-(length_px - side_px) // stride_px))
    return np.arange(last + 1, dtype=np.int32) * stride_px


def apply_symmetry(pixels: np.ndarray, symmetry: int) -> np.ndarray:
    """Turn a picture by ``symmetry % 4`` quarters to the left, then mirror it left–right if ``symmetry`` ≥ 4 (0–7)."""
    turned = np.rot90(pixels, symmetry % 4)
    return turned[:, ::-1] if symmetry >= 4 else turned


def undo_symmetry(pixels: np.ndarray, symmetry: int) -> np.ndarray:
    """Undo :func:`apply_symmetry`."""
    return np.rot90(pixels[:, ::-1] if symmetry >= 4 else pixels, -(symmetry % 4))


def crop(pixels: np.ndarray, *, row_px: int, col_px: int, side_px: int) -> np.ndarray:
    """Cut a square; where it stands over the lower or right border the photograph is mirrored.

    Args:
        pixels: (h, w) or (h, w, c).
        row_px, col_px: first pixel of the square, inside the photograph.
        side_px: of the square.
    """
    part = pixels[row_px : row_px + side_px, col_px : col_px + side_px]
    missing = side_px - part.shape[0], side_px - part.shape[1]
    if not any(missing):
        return part
    # mirror the whole photograph, not the part: a narrow rest could not be mirrored far enough
    padded = images.pad_reflect(
        pixels[row_px - min(row_px, side_px) :, col_px - min(col_px, side_px) :], bottom=missing[0], right=missing[1]
    )
    row, col = min(row_px, side_px), min(col_px, side_px)
    return padded[row : row + side_px, col : col + side_px]
