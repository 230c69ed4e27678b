"""Things that are no cracks drawn into training windows: shadows, joints, bricks, stains, pores. No label has them.

Photographs that were taken of cracks show few of these, so a network that learned from those alone takes edges of
shadows and joints for cracks. A crack that one of them covers keeps its label. The demo draws such things, too, by its
own code and otherwise: what is quiet on its surfaces (:mod:`crackpipe.tune.bench`) is told of drawings that a network
has seen the like of.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

from crackpipe.imaging import images, noise, strokes
from crackpipe.imaging.strokes import Stroke

Window = Float32[np.ndarray, "s s 3"]
Field = Float32[np.ndarray, "s s"]

THINGS = (1, 2)  # in a window
SHADE = (0.25, 0.65)  # share of the light that a shadow takes
SOFTNESS_PX = (0.5, 12.0)  # of a shadow's edge, drawn log-uniformly
CABLE_PX, BAND_PX = (0.6, 4.0), (4.0, 40.0)  # half widths of such shadows
JOINT_PX, GROOVE = (0.8, 5.0), (0.3, 0.8)  # half width of a joint; share of the light that it swallows
APART_PX = (40.0, 160.0)  # of joints that run side by side
WET = (0.1, 0.5)  # share of the light that a stain takes
PAINT_PX, WHITE = (6.0, 40.0), (170.0, 245.0)  # half width of a painted line; its grey level
COURSE_PX, MORTAR_PX = (14.0, 70.0), (0.6, 3.5)  # height of a course of bricks; half width of a joint
PORES, PORE_PX = (5, 60), (1.5, 9.0)  # in a window; diameter
TWIGS, TWIG_PX = (1, 12), (0.8, 3.5)  # in a window; width of a twig, a blade of grass or a scratch


def draw(levels: Window, random: np.random.Generator) -> Window:
    """Draw one or two random things over a window.

    Args:
        levels: RGB, 0–255.
        random: generator of everything that is drawn.
    """
    for _ in range(int(random.integers(THINGS[0], THINGS[1] + 1))):
        levels = KINDS[int(random.integers(len(KINDS)))](levels, random)
    return levels


def shadow(levels: Window, random: np.random.Generator) -> Window:
    """The shadow of a wall: what lies beyond a straight border is darker."""
    softness = _log_uniform(random, *SOFTNESS_PX)
    return _darker(levels, np.clip(0.5 + _away(random, len(levels)) / (2 * softness), 0, 1), random.uniform(*SHADE))


def cable(levels: Window, random: np.random.Generator) -> Window:
    """The shadow of a sagging cable or of a pole: a smooth band of even width."""
    side_px = len(levels)
    half = _log_uniform(random, *(CABLE_PX if random.random() < 0.5 else BAND_PX))
    away, along = _axes(random, side_px)
    sag = np.float32(random.uniform(-0.3, 0.3) / side_px)
    line = np.abs(away + sag * along**2) / np.hypot(1, 2 * sag * along)
    softness = random.uniform(0.5, 2.0)
    return _darker(levels, np.clip(0.5 + (half - line) / (2 * softness), 0, 1), random.uniform(*SHADE))


def leaves(levels: Window, random: np.random.Generator) -> Window:
    """The dappled shadow of a tree."""
    side_px = len(levels)
    spots = noise.grain(random, side_px=side_px, sigma_px=float(random.uniform(2, 8)))
    crown = noise.clouds(random, side_px=side_px, scale_px=0.6 * side_px, octaves=1)
    cover = images.gaussian_blur(np.clip(2.5 * (spots + crown), 0, 1), sigma_px=float(random.uniform(0.6, 3.0)))
    return _darker(levels, cover, random.uniform(*SHADE))


def joints(levels: Window, random: np.random.Generator) -> Window:
    """Straight grooves of even width, alone or side by side, one edge lit."""
    away, half = _away(random, len(levels)), _log_uniform(random, *JOINT_PX)
    if random.random() < 0.5:
        apart = np.float32(random.uniform(*APART_PX))
        away = (away + apart / 2) % apart - apart / 2
    groove = np.clip(half - np.abs(away) + 0.5, 0, 1)
    lit = np.clip(1.5 - np.abs(away - half - 1), 0, 1) * (1 - groove)
    darker = _darker(levels, groove, random.uniform(*GROOVE))
    return darker * (1 + np.float32(random.uniform(0, 0.25)) * lit[..., None])


def stain(levels: Window, random: np.random.Generator) -> Window:
    """Water, oil or rust: a ragged darker area, its rim darker still."""
    side_px = len(levels)
    wet = noise.clouds(random, side_px=side_px, scale_px=float(random.uniform(0.2, 0.8)) * side_px, octaves=4)
    wet = wet - np.float32(random.uniform(0, 1))
    body, rim = np.clip(wet * np.float32(random.uniform(3, 20)), 0, 1), np.clip(1 - np.abs(wet) * 8, 0, 1)
    tint = (1 - random.uniform(0, 0.4, 3) * np.array([0, 0.5, 1])).astype(np.float32)
    share = np.float32(random.uniform(*WET)) * np.clip(body + np.float32(random.uniform(0, 0.6)) * rim, 0, 1.4)
    return levels * (1 - share[..., None]) * (1 - body[..., None] * (1 - tint))


def paint(levels: Window, random: np.random.Generator) -> Window:
    """A worn painted line."""
    side_px = len(levels)
    worn = 0.8 * noise.grain(random, side_px=side_px, sigma_px=1.0)
    cover = np.clip(_log_uniform(random, *PAINT_PX) - np.abs(_away(random, side_px)) + worn, 0, 1)[..., None]
    texture = levels / np.maximum(levels.mean(), np.float32(1))
    return levels + cover * (np.float32(random.uniform(*WHITE)) * (0.7 + 0.3 * texture) - levels)


def bricks(levels: Window, random: np.random.Generator) -> Window:
    """A wall of bricks or tiles, or paving: courses with dark or bright joints, each brick of a shade of its own."""
    side_px = len(levels)
    away, along = _axes(random, side_px)
    height = _log_uniform(random, *COURSE_PX)
    half = min(_log_uniform(random, *MORTAR_PX), height / 8)
    length = height * np.float32(random.uniform(1.0, 3.5))
    away = away + np.float32(random.uniform(0.2, 1.0)) * noise.clouds(random, side_px=side_px, scale_px=30.0, octaves=2)
    course = np.floor(away / height)
    along = along + course * length * np.float32(random.choice([0.0, 0.25, 0.5], p=[0.3, 0.1, 0.6]))
    brick = np.floor(along / length)
    across = np.abs(away - (course + 0.5) * height) - height / 2  # 0 in the middle of a joint, below that inside
    beside = np.abs(along - (brick + 0.5) * length) - length / 2
    joint = np.clip(half + np.maximum(across, beside) + 0.5, 0, 1)
    shade = np.float32(random.uniform(0, 0.12)) * np.sin(12.9898 * course + 78.233 * brick)
    built = levels * (1 + shade[..., None])
    if random.random() < 0.6:
        return _darker(built, joint, random.uniform(0.15, 0.7))
    mortar = np.minimum(levels.mean() * np.float32(random.uniform(1.1, 1.7)), np.float32(250))
    return built + joint[..., None] * np.float32(random.uniform(0.4, 0.9)) * (mortar - built)


def pores(levels: Window, random: np.random.Generator) -> Window:
    """Holes of air in concrete, or pitch on asphalt: dark round spots."""
    side_px, count = len(levels), int(random.integers(PORES[0], PORES[1] + 1))
    sizes = np.exp(random.uniform(np.log(PORE_PX[0]), np.log(PORE_PX[1]), count))
    spots = strokes.dots(random.uniform(0, side_px, (count, 2)), sizes)
    holes = images.gaussian_blur(strokes.coverage(strokes.depth(spots, side_px=side_px)), sigma_px=0.7)
    return _darker(levels, holes, random.uniform(*GROOVE))


def twigs(levels: Window, random: np.random.Generator) -> Window:
    """Short smooth strokes of any colour, with their shadows: twigs, blades of grass, straws, or bright scratches."""
    side_px = len(levels)
    drawn = [_twig(random, side_px) for _ in range(int(random.integers(TWIGS[0], TWIGS[1] + 1)))]
    cover = images.gaussian_blur(strokes.coverage(strokes.depth(drawn, side_px=side_px)), sigma_px=0.6)
    tint = [random.uniform(0.85, 1.0), random.uniform(0.85, 1.0), random.uniform(0.5, 1.0)]
    colour = (random.uniform(50, 240) * np.array(tint)).astype(np.float32)
    reach = int(random.integers(0, 4))  # of their shadows; none of a scratch
    shadow_of = noise.shifted(cover, down=reach, right=reach)
    shaded = _darker(levels, shadow_of, random.uniform(*SHADE)) if reach else levels
    return shaded + np.float32(random.uniform(0.6, 1.0)) * cover[..., None] * (colour - shaded)


def _twig(random: np.random.Generator, side_px: int) -> Stroke:
    """A bent stroke that grows thinner."""
    start, angle = random.uniform(0, side_px, 2), random.uniform(0, 2 * np.pi)
    length, turn = random.uniform(0.05, 0.5) * side_px, random.uniform(-1.2, 1.2)
    steps = max(3, int(length / 3.5))
    heading = angle + turn * np.linspace(0, 1, steps)
    points = start + np.cumsum(np.stack([np.sin(heading), np.cos(heading)], axis=1), axis=0) * (length / steps)
    return Stroke(points, _log_uniform(random, *TWIG_PX) * np.linspace(1, 0.4, steps))


KINDS: tuple[Callable[[Window, np.random.Generator], Window], ...] = (
    *(shadow, cable, leaves, joints, stain, paint),
    *(bricks, bricks, pores, twigs),  # bricks twice: most walls have them
)


def _axes(random: np.random.Generator, side_px: int) -> tuple[Field, Field]:
    """Signed distances of each pixel to a straight line through the window, and to one across it, pixels."""
    angle = random.uniform(0, 2 * np.pi)
    down, right = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    row0, col0 = (random.uniform(0, 1, 2) * side_px).astype(np.float32)
    row, col = np.mgrid[:side_px, :side_px].astype(np.float32)
    return (row - row0) * down - (col - col0) * right, (row - row0) * right + (col - col0) * down


def _away(random: np.random.Generator, side_px: int) -> Field:
    return _axes(random, side_px)[0]


def _darker(levels: Window, cover: Field, share: float) -> Window:
    return levels * (1 - np.float32(share) * cover[..., None])


def _log_uniform(random: np.random.Generator, low: float, high: float) -> np.float32:
    return np.float32(np.exp(random.uniform(np.log(low), np.log(high))))
