"""Procedural surfaces: asphalt, concrete, brick, plaster and paving slabs.

Each draws reflectance, shape (side, side, 3), RGB, about 0–1. The generator ``style`` draws what the photographs of one
structure share (colour, grain, size of bricks), ``texture`` what differs between them; a fresh generator of the same
seed repeats it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from crackpipe.imaging import noise, strokes

Rgb = Float[np.ndarray, "h w 3"]
Painter = Callable[[np.random.Generator, np.random.Generator, int], Rgb]


@dataclass(frozen=True, slots=True)
class Bond:
    """Joints of a wall or pavement: course ``k`` begins at row ``row0_px + k · course_px``.

    Attributes:
        course_px, unit_px: height of a course and width of a brick or slab, joint included.
        joint_px: width of a joint.
        row0_px, col0_px: first bed joint and first head joint.
        shift: of every other course, as a share of ``unit_px``.
    """

    course_px: float
    unit_px: float
    joint_px: float
    row0_px: float
    col0_px: float
    shift: float


def brick_bond(style: np.random.Generator, texture: np.random.Generator) -> Bond:
    """Draw a brick wall's running bond: the first draws of :func:`brick`, so that a crack can follow the joints."""
    course = style.uniform(24, 36)
    unit = course * style.uniform(2.3, 3.0)
    return Bond(course, unit, style.uniform(2.5, 4.5), -texture.uniform(0, course), -texture.uniform(0, unit), 0.5)


def asphalt(style: np.random.Generator, texture: np.random.Generator, side_px: int) -> Rgb:
    """Asphalt: bright and dark stones in bitumen, pits, and worn areas."""
    level, stone_px, contrast = style.uniform(0.30, 0.46), style.uniform(0.9, 1.7), style.uniform(0.8, 1.2)
    tint = _tint(style, [1.0, 1.0, 1.0], spread=0.025)
    stones = noise.grain(texture, side_px=side_px, sigma_px=stone_px)
    fine = noise.grain(texture, side_px=side_px, sigma_px=0.6)
    wear = noise.clouds(texture, side_px=side_px, scale_px=90, octaves=3)
    tone = 1 + contrast * (0.13 * np.tanh(stones) + 0.09 * fine) + 0.07 * wear
    tone += 0.35 * contrast * np.clip(stones - 1.5, 0, 1)
    tone *= 1 - 0.55 * np.clip(-stones - 1.6, 0, 1)
    return _coloured(level * np.maximum(tone, 0.15), tint)


def concrete(style: np.random.Generator, texture: np.random.Generator, side_px: int) -> Rgb:
    """Concrete: mottling, pores with a lit lower rim, faint marks of the formwork's boards."""
    level, mottle, board_px = style.uniform(0.50, 0.68), style.uniform(0.04, 0.09), style.uniform(45, 95)
    pores_per_px = style.uniform(1, 7) * 1e-4
    tint = _tint(style, [1.02, 1.0, 0.96], spread=0.02)
    tone = 1 + mottle * noise.clouds(texture, side_px=side_px, scale_px=70, octaves=5)
    tone += 0.03 * noise.grain(texture, side_px=side_px, sigma_px=0.7)
    row = np.arange(side_px) + texture.uniform(0, board_px)
    boards = texture.normal(0, 0.02, int(row[-1] / board_px) + 1)[(row / board_px).astype(int)]
    tone += (boards - 0.05 * (row % board_px < 1.3))[:, None]
    count = texture.poisson(pores_per_px * side_px**2)
    centres = texture.uniform(0, side_px, (count, 2))
    pores = strokes.coverage(strokes.depth(strokes.dots(centres, texture.gamma(2.5, 0.7, count) + 1), side_px=side_px))
    rim = np.clip(np.roll(pores, 1, axis=0) - pores, 0, 1)
    return _coloured(level * (tone * (1 - 0.5 * pores) + 0.10 * rim), tint)


def brick(style: np.random.Generator, texture: np.random.Generator, side_px: int) -> Rgb:
    """Brick wall in running bond: bricks of varying colour, recessed mortar shaded by the brick above."""
    bond = brick_bond(style, texture)
    face = [(0.56, 0.29, 0.21), (0.62, 0.42, 0.28), (0.48, 0.27, 0.24), (0.62, 0.55, 0.45)][style.integers(4)]
    mortar = _tint(style, [1.02, 1.0, 0.95], spread=0.02) * style.uniform(0.42, 0.68)
    rough = noise.grain(texture, side_px=side_px, sigma_px=1.2)
    inside, tone = _laid(bond, texture, side_px=side_px, wobble=rough, spread=0.13)
    cover = strokes.coverage(inside)[..., None]
    speckle = 1 + 0.05 * rough + 0.04 * noise.grain(texture, side_px=side_px, sigma_px=0.6)
    speckle += 0.05 * noise.clouds(texture, side_px=side_px, scale_px=24, octaves=3)
    bricks = _coloured(tone * speckle, _tint(style, face, spread=0.02))
    shade = 1 - 0.28 * np.clip(np.roll(inside, 2, axis=0) - inside, 0, 1) * (inside < 0)
    bed = _coloured((1 + 0.07 * noise.grain(texture, side_px=side_px, sigma_px=0.8)) * shade, mortar)
    return cover * bricks + (1 - cover) * bed


def plaster(style: np.random.Generator, texture: np.random.Generator, side_px: int) -> Rgb:
    """Painted plaster: a pale colour over a trowelled relief in raking light."""
    colours = [(0.82, 0.76, 0.63), (0.80, 0.79, 0.76), (0.76, 0.62, 0.42), (0.60, 0.68, 0.72), (0.76, 0.60, 0.54)]
    tint = _tint(style, colours[style.integers(5)], spread=0.02)
    scale_px, strength, light = style.uniform(6, 16), style.uniform(0.03, 0.09), style.uniform(0.3, 2.8)
    height = noise.clouds(texture, side_px=side_px, scale_px=scale_px, octaves=3)
    tone = 1 + strength * noise.relief(height, light_rad=light)
    tone += 0.04 * noise.clouds(texture, side_px=side_px, scale_px=100, octaves=3)
    tone += 0.015 * noise.grain(texture, side_px=side_px, sigma_px=0.7)
    return _coloured(tone, tint)


def paving(style: np.random.Generator, texture: np.random.Generator, side_px: int) -> Rgb:
    """Paving slabs: speckled stone with dark, sandy joints."""
    slab = style.uniform(75, 130)
    shift = float(style.choice([0.0, 0.5]))
    row0, col0 = -texture.uniform(0, slab, 2)
    bond = Bond(slab, slab * style.choice([1.0, 1.5]), style.uniform(2, 4), row0, col0, shift)
    tint = _tint(style, [1.0, 0.99, 0.97], spread=0.03) * style.uniform(0.45, 0.65)
    joint = style.uniform(0.30, 0.55)
    rough = noise.grain(texture, side_px=side_px, sigma_px=0.9)
    inside, tone = _laid(bond, texture, side_px=side_px, wobble=rough, spread=0.06)
    tone = tone * (1 + 0.06 * rough + 0.05 * noise.clouds(texture, side_px=side_px, scale_px=50, octaves=3))
    tone *= 1 - 0.3 * np.clip(-rough - 2, 0, 1)
    sand = joint * (1 + 0.2 * noise.grain(texture, side_px=side_px, sigma_px=1.0))
    cover = strokes.coverage(inside)
    return _coloured(cover * tone + (1 - cover) * sand, tint)


PAINTERS: MappingProxyType[str, Painter] = MappingProxyType(
    {"asphalt": asphalt, "brick": brick, "concrete": concrete, "paving": paving, "plaster": plaster}
)


def _laid(
    bond: Bond, texture: np.random.Generator, *, side_px: int, wobble: noise.Field, spread: float
) -> tuple[noise.Field, noise.Field]:
    """Distance into the nearest unit (negative in a joint) and each unit's own tone (mean 1), both (side, side)."""
    row = (np.arange(side_px, dtype=np.float32) - bond.row0_px)[:, None]
    course = np.floor(row / bond.course_px).astype(int)
    col = (np.arange(side_px, dtype=np.float32) - bond.col0_px)[None, :] + (course % 2) * bond.shift * bond.unit_px
    unit = np.floor(col / bond.unit_px).astype(int)
    in_row, in_col = row - course * bond.course_px, col - unit * bond.unit_px
    edge = np.minimum(np.minimum(in_row, bond.course_px - in_row), np.minimum(in_col, bond.unit_px - in_col))
    tones = texture.normal(1, spread, (int(course.max()) + 1, int(unit.max()) + 1))
    inside = edge - bond.joint_px / 2 + 0.35 * wobble
    return inside.astype(np.float32), tones[course, unit].astype(np.float32)


def _tint(style: np.random.Generator, colour: list[float] | tuple[float, ...], *, spread: float) -> np.ndarray:
    return (np.asarray(colour) * (1 + style.normal(0, spread, 3))).astype(np.float32)


def _coloured(tone: np.ndarray, tint: np.ndarray) -> Rgb:
    return tone.astype(np.float32)[..., None] * tint.astype(np.float32)
