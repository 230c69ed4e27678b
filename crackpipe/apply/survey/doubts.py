"""Doubts about a photograph: what a segmenter cannot see there, so that no crack found does not mean none is there."""

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.errors import PhotoError
from crackpipe.imaging import detail, images

SHORT_PX = 128  # shorter sides: a segmenter has seen no cracks that small
BLURRED = 0.5  # of a photograph's size is detail
DARK, BRIGHT = 25.0, 235.0  # mean grey levels
FLAT = 6.0  # standard deviation of grey levels
CLIPPED = 0.25  # share of pixels that are black or white


def of(image: UInt8[np.ndarray, "h w 3"], inside: Bool[np.ndarray, "h w"] | None) -> tuple[str, ...]:
    """Say what makes cracks of a photograph hard to see, a sentence each; nothing where nothing does.

    Args:
        image: RGB, 0–255.
        inside: False where alpha or nodata say that there is no picture; ``None``: nowhere.

    Raises:
        PhotoError: there is no picture anywhere.
    """
    grey = images.to_grey(image)
    seen = grey if inside is None else grey[inside]
    if not seen.size:
        raise PhotoError("all of it is transparent or nodata, so there is nothing to look at")
    mean, spread = float(seen.mean()), float(seen.std())
    clipped = float(((seen <= 1) | (seen >= 254)).mean())
    factor = detail.finest(image)
    doubts = {
        f"its shorter side has {min(grey.shape)} px: too small for hairlines": min(grey.shape) < SHORT_PX,
        f"blurred or enlarged: it holds the detail of {100 * factor:.0f} % of its size": factor < BLURRED,
        "very dark: cracks may not show": mean < DARK,
        "very bright: cracks may not show": mean > BRIGHT,
        "almost of one grey: cracks may not show": spread < FLAT,
        f"{100 * clipped:.0f} % of it is pure black or white: nothing can be seen there": clipped > CLIPPED,
    }
    return tuple(text for text, doubtful in doubts.items() if doubtful)
