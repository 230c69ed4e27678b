"""Grass and weeds in front of a surface: they hide what lies behind them."""

import numpy as np
from jaxtyping import Float32

from crackpipe.data.demo.surface import Rgb
from crackpipe.imaging import noise
from crackpipe.imaging.strokes import Stroke, coverage, depth


def grow(rng: np.random.Generator, *, side_px: int) -> tuple[Rgb, Float32[np.ndarray, "h w"]]:
    """Draw one or two tufts of bent, tapering blades.

    Returns:
        their colour, (side, side, 3), and the share of each pixel that they cover, (side, side), 0–1.
    """
    cover = np.zeros((side_px, side_px), np.float32)
    tone: np.ndarray = np.ones((side_px, side_px), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        root = rng.uniform(0.05, 0.95, 2) * side_px
        spread_rad = float(rng.choice([0.8, np.pi]))  # in front of a wall, or seen from above
        for shade in rng.uniform(0.45, 1.15, 4):  # four layers, so that blades stand out against each other
            inside = depth(_tuft(rng, root=root, spread_rad=spread_rad, side_px=side_px), side_px=side_px)
            layer = coverage(inside)
            tone = tone + layer * (np.float32(shade) - tone)
            cover = np.maximum(cover, layer)
    green = np.array([rng.uniform(0.28, 0.50), rng.uniform(0.40, 0.55), rng.uniform(0.14, 0.24)], np.float32)
    tone = tone * (1 + 0.12 * noise.grain(rng, side_px=side_px, sigma_px=1.0))
    return tone[..., None] * green, cover


def _tuft(rng: np.random.Generator, *, root: np.ndarray, spread_rad: float, side_px: int) -> list[Stroke]:
    blades = []
    share = np.linspace(0, 1, 9)
    for _ in range(int(rng.integers(6, 14))):
        foot = root + rng.normal(0, 0.02, 2) * side_px
        angle, bend = -np.pi / 2 + rng.uniform(-spread_rad, spread_rad), rng.normal(0, 0.7)
        length = min(rng.uniform(0.06, 0.16) * side_px, 40)  # longer blades would need more points
        direction = angle + bend * share
        step = np.stack([np.sin(direction), np.cos(direction)], axis=1) * (length / len(share))
        width = rng.uniform(1.2, 2.8)
        blades.append(Stroke(foot + np.cumsum(step, axis=0), width * (1.0 - 0.75 * share)))
    return blades
