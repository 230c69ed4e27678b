"""Thin cracks drawn into training windows, so that hairlines are learned from photographs of wide cracks."""

import numpy as np
from jaxtyping import Bool, Float32

from crackpipe.imaging import images, strokes
from crackpipe.imaging.strokes import Stroke

SPACING_PX = 3.5  # longest segment of a path
CRACKS = (1, 3)  # in a window
ROUGHNESS = (0.08, 0.2)  # standard deviation of midpoint displacement, in shares of a segment
NARROWEST_PX = 0.6
WIDTH_SPREAD = 0.3  # of the logarithm of the width along a crack
DARKNESS = (0.2, 0.7)  # share of the light that a crack swallows
BLUR_PX = (0.4, 1.0)  # sigma of the lens
COVERED = 0.4  # a pixel is crack from this share of it on


def draw(
    levels: Float32[np.ndarray, "s s 3"], random: np.random.Generator, *, min_px: float, max_px: float
) -> tuple[Float32[np.ndarray, "s s 3"], Bool[np.ndarray, "s s"]]:
    """Darken the window along one to three random cracks; return it and the mask of what was drawn.

    Args:
        levels: RGB, 0–255.
        min_px, max_px: mean width of a crack, drawn log-uniformly; it varies along the crack.
    """
    side_px = levels.shape[0]
    cracks = [
        _crack(random, side_px=side_px, min_px=min_px, max_px=max_px)
        for _ in range(int(random.integers(CRACKS[0], CRACKS[1] + 1)))
    ]
    covered = strokes.coverage(strokes.depth(cracks, side_px=side_px))
    shade = images.gaussian_blur(covered, sigma_px=float(random.uniform(*BLUR_PX)))
    darker = levels * (1 - np.float32(random.uniform(*DARKNESS)) * shade[..., None])
    return darker, covered >= COVERED


def _crack(random: np.random.Generator, *, side_px: int, min_px: float, max_px: float) -> Stroke:
    """A rough path through the window, or into it."""
    ends = random.uniform(-0.1, 1.1, (2, 2)) * side_px
    path = strokes.roughen(ends, rng=random, roughness=random.uniform(*ROUGHNESS), spacing_px=SPACING_PX)
    width_px = float(np.exp(random.uniform(np.log(min_px), np.log(max_px))))
    nodes = random.normal(0, WIDTH_SPREAD, max(len(path) // 8, 2) + 1)
    factor = np.exp(np.interp(np.linspace(0, len(nodes) - 1, len(path)), np.arange(len(nodes)), nodes))
    return Stroke(path, np.clip(width_px * factor, NARROWEST_PX, 2 * max_px))
