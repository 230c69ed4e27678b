"""Labels that need no learning: the floor under every method."""

import numpy as np
from jaxtyping import UInt8

from crackpipe.imaging import dark_map, images


def all_of(image: UInt8[np.ndarray, "h w 3"]) -> dict[str, UInt8[np.ndarray, "h w"]]:
    """Soft masks, 0–255, of each baseline: ``otsu`` on grey, and plain soft ``darkness`` (255 − grey)."""
    grey = images.to_grey(image)
    return {"darkness": 255 - grey, "otsu": np.where(dark_map.otsu(grey), np.uint8(255), np.uint8(0))}
