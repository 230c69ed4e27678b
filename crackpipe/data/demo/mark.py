"""Marks on a surface that are no cracks: joints, stains and painted lines. They change the surface's reflectance."""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from crackpipe.data.demo.surface import Rgb
from crackpipe.imaging import noise
from crackpipe.imaging.strokes import coverage

Marker = Callable[[np.random.Generator, Rgb], Rgb]


def joint(rng: np.random.Generator, surface: Rgb) -> Rgb:
    """An expansion or construction joint: a straight dark groove of even width, one edge lit."""
    side_px = len(surface)
    across = _across(rng, side_px=side_px, tilt_rad=0.06)
    half, dark = rng.uniform(1.0, 3.2), rng.uniform(0.35, 0.75)
    ragged = 0.25 * noise.grain(rng, side_px=side_px, sigma_px=1.5)
    groove = coverage(half - np.abs(across) + ragged)[..., None]
    lit = coverage(1.0 - np.abs(across - half - 1.0))[..., None]
    return surface * (1 - dark * groove) * (1 + 0.16 * lit * (1 - groove))


def stain(rng: np.random.Generator, surface: Rgb) -> Rgb:
    """Water, oil or rust: one to three ragged dark areas with a darker rim, sometimes with streaks that run down."""
    side_px = len(surface)
    colour = np.array([(0.62, 0.44, 0.24), (0.56, 0.30, 0.14), (0.58, 0.40, 0.26)][rng.integers(3)], np.float32)
    row, col = np.mgrid[:side_px, :side_px].astype(np.float32)
    ragged = noise.clouds(rng, side_px=side_px, scale_px=0.17 * side_px, octaves=4)
    wet = np.zeros((side_px, side_px), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre, size = rng.uniform(0.1, 0.9, 2) * side_px, rng.uniform(0.12, 0.25) * side_px
        run = rng.choice([1.0, 1.0, 0.4])  # below 1 the area is drawn out downwards
        away = np.hypot((row - centre[0]) * run, col - centre[1]) / size
        wet = np.maximum(wet, 1.15 - away + 0.30 * ragged)
    body = np.clip(wet * 3, 0, 1)
    rim = np.clip(1 - np.abs(wet - 0.12) * 7, 0, 1)
    strength = rng.uniform(0.7, 0.95) * body * (0.75 + 0.25 * rim)
    return surface * (1 - strength[..., None] * (1 - colour / colour.max() * rng.uniform(0.45, 0.7)))


def paint(rng: np.random.Generator, surface: Rgb) -> Rgb:
    """A worn painted line, white or yellow, straight, along or across the photograph."""
    side_px = len(surface)
    across = _across(rng, side_px=side_px, tilt_rad=0.25)
    worn = noise.clouds(rng, side_px=side_px, scale_px=20, octaves=4)
    gaps = noise.grain(rng, side_px=side_px, sigma_px=0.9)
    cover = coverage(rng.uniform(9, 22) - np.abs(across) + 0.8 * gaps)
    cover *= np.clip(rng.uniform(1.0, 1.9) + worn + 0.35 * gaps, 0, 1) * rng.uniform(0.8, 0.95)
    colour = np.array([(0.86, 0.86, 0.83), (0.84, 0.68, 0.24)][int(rng.random() < 0.3)], np.float32)
    grey = surface.mean(axis=2, keepdims=True)
    painted = colour * (0.75 + 0.25 * grey / grey.mean())
    return surface * (1 - cover[..., None]) + painted * cover[..., None]


MARKERS: MappingProxyType[str, Marker] = MappingProxyType({"joint": joint, "paint": paint, "stain": stain})


def _across(rng: np.random.Generator, *, side_px: int, tilt_rad: float) -> noise.Field:
    """Signed distance of each pixel to a straight line that is nearly level or nearly upright, pixels."""
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, tilt_rad)
    row0, col0 = rng.uniform(0.12, 0.88, 2) * side_px
    row, col = np.mgrid[:side_px, :side_px].astype(np.float32)
    away = (row - row0) * np.cos(angle) - (col - col0) * np.sin(angle)
    return away.astype(np.float32)
