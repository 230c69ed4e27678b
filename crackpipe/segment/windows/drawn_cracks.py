"""Cracks of any form, width and filling drawn into training windows, whose exact mask is known.

Photographs of one kind of road show few forms of cracks. Drawn ones have what walls and other roads have: branches and
nets, hairlines that fade, wide ones with one edge lit, cracks filled with sand or lime that are brighter than the
surface, and the bright bloom of lime beside a dark one. The surface under them is the photograph's own.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float32

from crackpipe.imaging import images, noise, strokes
from crackpipe.imaging.strokes import Stroke

Window = Float32[np.ndarray, "s s 3"]
Field = Float32[np.ndarray, "s s"]
Mask = Bool[np.ndarray, "s s"]

SPACING_PX = 3.5  # longest segment of a path
NARROWEST_PX = 0.6
ROUGHNESS = (0.03, 0.2)  # standard deviation of midpoint displacement, in shares of a segment
WIDTH_SPREAD = 0.3  # of the logarithm of the width along a crack
COVERED = 0.4  # a pixel is crack from this share of it on, where the crack is seen
FILLED_P, BLOOM_P, FADED_P, LIT_P = 0.2, 0.1, 0.5, 0.5
SEEN = 1.8  # standard deviations of the surface's grey, at the crack's own scale, that it must differ by
CONTRAST = (0.15, 0.85)  # share of the light that a crack swallows, and of the way to white that a filled one goes
BESIDE_BLOOM = 0.4  # least contrast of a crack beside which lime has dried
BLUR_PX = (0.4, 1.2)  # sigma of the lens


def draw(levels: Window, random: np.random.Generator, *, min_px: float, max_px: float) -> tuple[Window, Mask]:
    """Draw a random crack, branched or not, or a net of them; return the window and the mask of what was drawn.

    Args:
        levels: RGB, 0–255.
        random: generator of everything that is drawn.
        min_px, max_px: mean width of a crack, drawn log-uniformly; it varies along the crack.
    """
    side_px = len(levels)
    width_px = float(np.exp(random.uniform(np.log(min_px), np.log(max_px))))
    form = FORMS[int(random.choice(len(FORMS), p=SHARES))]
    paths = form(random, side_px, width_px)
    if not paths:
        return levels, np.zeros((side_px, side_px), bool)
    width_px = float(np.median(np.concatenate([path.widths_px for path in paths])))  # nets and branches are thinner
    filled = random.random() < FILLED_P
    blur_px = float(random.uniform(*BLUR_PX))
    least, most = _least_contrast(levels, width_px=width_px, blur_px=blur_px, filled=filled), CONTRAST[1]
    if least >= most:  # the surface is so rough that nobody would see it
        return levels, np.zeros((side_px, side_px), bool)
    contrast = float(np.exp(random.uniform(np.log(max(CONTRAST[0], least)), np.log(most))))
    covered = strokes.coverage(strokes.depth(paths, side_px=side_px))
    seen = _faded(random, side_px) if random.random() < FADED_P else np.ones_like(covered)
    shade = images.gaussian_blur(covered * seen, sigma_px=blur_px)
    if filled:
        levels = _filled(levels, shade, random, contrast=contrast)
    else:
        if contrast > BESIDE_BLOOM and random.random() < BLOOM_P:
            levels = _bloom(levels, covered, random)
        levels = _dark(levels, covered, shade, random, darkness=contrast, width_px=width_px)
    return levels, (covered >= COVERED) & (contrast * seen >= least)


def line(random: np.random.Generator, side_px: int, width_px: float) -> list[Stroke]:
    """One rough path through the window, or into it."""
    return [_stroke(random, random.uniform(-0.1, 1.1, (2, 2)) * side_px, width_px)]


def branched(random: np.random.Generator, side_px: int, width_px: float) -> list[Stroke]:
    """A path with one to four thinner ones that leave it."""
    drawn = line(random, side_px, width_px)
    for _ in range(int(random.integers(1, 5))):
        trunk = drawn[int(random.integers(len(drawn)))]
        at = int(random.integers(len(trunk.points)))
        run = trunk.points[min(at + 4, len(trunk.points) - 1)] - trunk.points[max(at - 4, 0)]
        angle = np.arctan2(run[0], run[1]) + random.choice([-1, 1]) * random.uniform(0.4, 1.3)
        end = trunk.points[at] + random.uniform(0.1, 0.5) * side_px * np.array([np.sin(angle), np.cos(angle)])
        thinner = float(random.uniform(0.4, 0.9) * trunk.widths_px[at])
        drawn.append(_stroke(random, np.stack([trunk.points[at], end]), max(NARROWEST_PX, thinner)))
    return drawn


def net(random: np.random.Generator, side_px: int, width_px: float) -> list[Stroke]:
    """Map cracking: the borders of random cells, some of them missing, thinner than a single crack."""
    from scipy.spatial import Voronoi

    cells = int(random.integers(3, 8))
    grid = np.stack(np.meshgrid(np.arange(-1, cells + 1), np.arange(-1, cells + 1), indexing="ij"), -1).reshape(-1, 2)
    diagram = Voronoi((grid + 0.5 + random.uniform(-0.4, 0.4, grid.shape)) * (side_px / cells))
    missing = random.uniform(0.05, 0.5)
    ridges = np.sort(np.asarray(diagram.ridge_vertices), axis=1)
    inner = ridges[ridges[:, 0] >= 0]
    kept = inner[random.random(len(inner)) >= missing]
    width_px = min(width_px, 0.06 * side_px / cells + NARROWEST_PX)
    sides = (diagram.vertices[pair] for pair in kept)
    return [_stroke(random, ends, width_px) for ends in sides if 1 < np.hypot(*(ends[1] - ends[0])) < 2 * side_px]


Form = Callable[[np.random.Generator, int, float], list[Stroke]]
FORMS: tuple[Form, ...] = (line, branched, net)
SHARES = (0.5, 0.35, 0.15)


def _stroke(random: np.random.Generator, ends: np.ndarray, width_px: float) -> Stroke:
    path = strokes.roughen(ends, rng=random, roughness=random.uniform(*ROUGHNESS), spacing_px=SPACING_PX)
    nodes = random.normal(0, WIDTH_SPREAD, max(len(path) // 8, 2) + 1)
    factor = np.exp(np.interp(np.linspace(0, len(nodes) - 1, len(path)), np.arange(len(nodes)), nodes))
    return Stroke(path, np.clip(width_px * factor, NARROWEST_PX, 2 * width_px + NARROWEST_PX))


def _least_contrast(levels: Window, *, width_px: float, blur_px: float, filled: bool) -> float:
    """Share of the light, or of the way to white, by which a crack stands out from the grain of the surface."""
    grey = levels.mean(axis=2)
    grain = images.gaussian_blur(grey, sigma_px=max(0.4, width_px / 3)) - images.gaussian_blur(grey, sigma_px=8.0)
    mean = float(grey.mean())
    left = math.erf(width_px / (2 * math.sqrt(2) * blur_px))  # of the contrast in its middle, by the lens
    return SEEN * float(grain.std()) / (left * max(255 - mean if filled else mean, 1.0))


def _faded(random: np.random.Generator, side_px: int) -> Field:
    """Share of its contrast that a crack has from place to place, 0–1."""
    clouds = noise.clouds(random, side_px=side_px, scale_px=float(random.uniform(15, 60)), octaves=2)
    return np.clip(np.float32(random.uniform(0.5, 1.2)) + np.float32(0.35) * clouds, 0, 1)


def _dark(
    levels: Window, covered: Field, shade: Field, random: np.random.Generator, *, darkness: float, width_px: float
) -> Window:
    """A crack that swallows light; the edge of a wide one is lit where it faces the sun."""
    darker = levels * (1 - np.float32(darkness) * shade[..., None])
    if width_px < 2 or random.random() >= LIT_P:
        return darker
    turn, reach = random.uniform(0, 2 * np.pi), 0.5 * width_px + 1
    down, right = np.rint([reach * np.sin(turn), reach * np.cos(turn)]).astype(int)
    beyond = images.gaussian_blur(noise.shifted(covered, down=int(down), right=int(right)), sigma_px=0.7) * (1 - shade)
    return darker * (1 + np.float32(random.uniform(0, 0.35)) * beyond[..., None])


def _filled(levels: Window, shade: Field, random: np.random.Generator, *, contrast: float) -> Window:
    """A crack that sand, lime or dust has filled: brighter than the surface, with a grain of its own."""
    grain = noise.grain(random, side_px=len(levels), sigma_px=float(random.uniform(0.5, 1.5)))
    tint = (1 - random.uniform(0, 0.2) * np.array([0, 0.3, 1])).astype(np.float32)  # from white to sand
    surface = images.gaussian_blur(levels.mean(axis=2), sigma_px=6.0)
    fill = surface + np.float32(contrast) * (255 - surface)
    fill = np.clip(fill * (1 + np.float32(random.uniform(0, 0.12)) * grain), 0, 255)
    return levels + shade[..., None] * (fill[..., None] * tint - levels)


def _bloom(levels: Window, covered: Field, random: np.random.Generator) -> Window:
    """Lime that has come out of a crack, and dried beside it."""
    reach = images.gaussian_blur(covered, sigma_px=float(random.uniform(3, 10)))
    patchy = np.clip(1 + noise.clouds(random, side_px=len(levels), scale_px=40.0, octaves=2), 0, 2)
    cover = np.clip(np.float32(random.uniform(0.5, 2.0)) * reach * patchy, 0, 0.7)[..., None]
    return levels + cover * (np.float32(random.uniform(190, 245)) - levels)
