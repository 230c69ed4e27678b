"""Light that falls on a surface: a structure's own lighting, and the shadows that things cast on it.

Every function returns a factor of shape (side, side), 0–1.5: 1 leaves the surface as it is.
"""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from crackpipe.imaging import images, noise

Caster = Callable[[np.random.Generator, int], noise.Field]


def lighting(style: np.random.Generator, *, side_px: int) -> noise.Field:
    """Exposure, a slope of light across the photograph, and the lens's vignetting."""
    exposure, angle = style.uniform(0.82, 1.12), style.uniform(0, 2 * np.pi)
    slope, vignette = style.uniform(0.05, 0.5), style.uniform(0.1, 0.5)
    row, col = (np.mgrid[:side_px, :side_px].astype(np.float32) + 0.5) / side_px - 0.5
    light = 1 + slope * (np.float32(np.sin(angle)) * row + np.float32(np.cos(angle)) * col)
    return (exposure * light * (1 - vignette * 2 * (row**2 + col**2))).astype(np.float32)


def edge(rng: np.random.Generator, side_px: int) -> noise.Field:
    """The shadow of a wall or roof: everything beyond a straight border, hard or soft, is darker."""
    away = _away(rng, side_px=side_px)
    softness = rng.choice([0.6, 2.0, 12.0])
    return _darkened(np.clip(0.5 + away / (2 * softness), 0, 1), rng=rng)


def pole(rng: np.random.Generator, side_px: int) -> noise.Field:
    """The shadow of a pole or railing: a straight band 10–30 px wide."""
    away = _away(rng, side_px=side_px)
    softness = rng.uniform(0.6, 3.0)
    return _darkened(np.clip(0.5 + (rng.uniform(5, 15) - np.abs(away)) / (2 * softness), 0, 1), rng=rng)


def wire(rng: np.random.Generator, side_px: int) -> noise.Field:
    """The shadow of one or two sagging cables: smooth dark lines as thin as cracks."""
    light = np.ones((side_px, side_px), np.float32)
    away, along = _away(rng, side_px=side_px), _away(rng, side_px=side_px)
    sag = rng.uniform(-0.25, 0.25) / side_px
    half, softness = rng.uniform(0.6, 2.2), rng.uniform(0.5, 1.4)
    for number in range(int(rng.integers(1, 3))):
        line = away + sag * along**2 - number * rng.uniform(0.06, 0.3) * side_px
        light *= _darkened(np.clip(0.5 + (half - np.abs(line)) / (2 * softness), 0, 1), rng=rng)
    return light


def foliage(rng: np.random.Generator, side_px: int) -> noise.Field:
    """The dappled shadow of a tree."""
    leaves = noise.grain(rng, side_px=side_px, sigma_px=rng.uniform(2.5, 7))
    crown = noise.clouds(rng, side_px=side_px, scale_px=0.6 * side_px, octaves=1)
    cover = np.clip(2.5 * (0.8 * leaves + 1.3 * crown - 0.1), 0, 1)
    return _darkened(images.gaussian_blur(cover, sigma_px=float(rng.uniform(1.0, 3.0))), rng=rng)


CASTERS: MappingProxyType[str, Caster] = MappingProxyType(
    {"edge": edge, "foliage": foliage, "pole": pole, "wire": wire}
)


def _away(rng: np.random.Generator, *, side_px: int) -> noise.Field:
    """Signed distance of each pixel to a straight line through the middle half of the photograph, pixels."""
    angle = rng.uniform(0, 2 * np.pi)
    row0, col0 = rng.uniform(0.25, 0.75, 2) * side_px
    row, col = np.mgrid[:side_px, :side_px].astype(np.float32)
    return ((row - row0) * np.cos(angle) - (col - col0) * np.sin(angle)).astype(np.float32)


def _darkened(cover: Float[np.ndarray, "h w"], *, rng: np.random.Generator) -> noise.Field:
    return (1 - rng.uniform(0.3, 0.62) * cover).astype(np.float32)
