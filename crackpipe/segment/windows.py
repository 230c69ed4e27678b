"""Square training windows of photographs and their labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Shaped, UInt8

from crackpipe import images, runtime
from crackpipe.data import photo_cache, slices
from crackpipe.segment.labels import decode


@dataclass(frozen=True, slots=True)
class Window:
    """Where a training window lies: which photograph, its corner as a share of the room to move, its symmetry."""

    photo_id: str
    down: float
    across: float
    symmetry: int


def plan(photo_ids: Sequence[str], *, symmetries: int, seed: int) -> list[Window]:
    """``symmetries`` windows of each photograph, each at a random place of its own and with another symmetry."""
    found = []
    for number, photo_id in enumerate(photo_ids):
        random = runtime.generator(seed, number)
        for symmetry in range(symmetries):
            down, across = random.random(2)
            found.append(Window(photo_id, float(down), float(across), symmetry))
    return found


def take(
    pixels: Shaped[np.ndarray, "h w ..."],
    window: Window,
    *,
    side_px: int,
    fit: Literal["crop", "resize"],
    method: images.Method,
) -> Shaped[np.ndarray, "s s ..."]:
    """Cut (or squeeze to) a square of ``side_px`` and turn it by the window's symmetry.

    Args:
        fit: ``crop`` keeps the scale, and mirrors a photograph that is smaller; ``resize`` takes all of it.
        method: of resizing: ``nearest`` for labels.
    """
    if fit == "resize":
        square = images.resize(pixels, height=side_px, width=side_px, method=method)
    else:
        height, width = pixels.shape[:2]
        row = round(window.down * max(0, height - side_px))
        col = round(window.across * max(0, width - side_px))
        square = photo_cache.crop(pixels, row_px=row, col_px=col, side_px=side_px)
    return np.ascontiguousarray(slices.apply_symmetry(square, window.symmetry))


def take_label(
    label: Bool[np.ndarray, "h w"], window: Window, *, side_px: int, fit: Literal["crop", "resize"]
) -> Bool[np.ndarray, "s s"]:
    """The window of a label; when it is squeezed, a pixel is crack if a quarter of what it covers is (thin cracks)."""
    levels = label.astype(np.uint8) * 255
    return take(levels, window, side_px=side_px, fit=fit, method="area") >= 64


def item(
    window: Window,
    *,
    photos: Mapping[str, np.ndarray],
    labels: Mapping[str, bytes],
    binarise: float,
    side_px: int,
    fit: Literal["crop", "resize"],
) -> tuple[UInt8[np.ndarray, "s s 3"], Bool[np.ndarray, "s s"]]:
    """Pixels and label of a window, from decoded photographs and encoded labels."""
    pixels = photos[window.photo_id]
    method: images.Method = "area" if side_px < min(pixels.shape[:2]) else "linear"
    label = decode(labels[window.photo_id], binarise=binarise)
    return (
        take(pixels, window, side_px=side_px, fit=fit, method=method),
        take_label(label, window, side_px=side_px, fit=fit),
    )
