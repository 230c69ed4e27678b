"""The picture and the mask of a scene: surface, marks, cracks, light, grass, and the camera's blur and noise."""

import functools

import numpy as np
from jaxtyping import Bool

from crackpipe.data.demo import grass, shadow
from crackpipe.data.demo.mark import MARKERS
from crackpipe.data.demo.scene import Scene, cracks
from crackpipe.data.demo.surface import PAINTERS, Rgb
from crackpipe.imaging import images, noise
from crackpipe.imaging.strokes import coverage, depth

JPEG_QUALITY = 92


def read_image(scene: Scene) -> bytes:
    """Draw the scene's photograph: the bytes of a JPEG file."""
    return _drawn(scene)[0]


def read_mask(scene: Scene) -> Bool[np.ndarray, "h w"]:
    """Draw the scene's exact mask: True where a visible crack covers half of a pixel or more."""
    return _drawn(scene)[1].copy()


@functools.lru_cache(maxsize=4)  # image and mask of one scene are asked for one after the other
def _drawn(scene: Scene) -> tuple[bytes, Bool[np.ndarray, "h w"]]:
    side_px = scene.side_px
    rgb = PAINTERS[scene.surface](scene.structure_rng("surface"), scene.photograph_rng("surface"), side_px)
    for name in scene.hazards:
        if name in MARKERS:
            rgb = MARKERS[name](scene.photograph_rng(name), rgb)
    inside = depth(cracks(scene), side_px=side_px)
    if scene.topology is not None:
        rgb = _opened(rgb, inside, rng=scene.photograph_rng("contrast"))
    light = shadow.lighting(scene.structure_rng("lighting"), side_px=side_px)
    for name in scene.hazards:
        if name in shadow.CASTERS:
            light = light * shadow.CASTERS[name](scene.photograph_rng(name), side_px)
    visible = coverage(inside)
    if "grass" in scene.hazards:
        colour, cover = grass.grow(scene.photograph_rng("grass"), side_px=side_px)
        rgb = rgb + cover[..., None] * (colour - rgb)
        visible = visible * (1 - cover)
    picture = _photographed(
        rgb * light[..., None], lens=scene.structure_rng("lens"), noise_rng=scene.photograph_rng("noise")
    )
    return images.encode_jpeg(picture, quality=JPEG_QUALITY), visible >= 0.5


def _opened(rgb: Rgb, inside: noise.Field, *, rng: np.random.Generator) -> Rgb:
    """Darken the surface where it is cracked: faint to black, deeper where the crack is wide, one rim chipped."""
    side_px = len(rgb)
    faint = rng.random() < 0.3
    contrast = rng.uniform(0.34, 0.46) if faint else rng.uniform(0.46, 0.82)
    uneven = 1 + 0.13 * noise.clouds(rng, side_px=side_px, scale_px=24, octaves=2)
    deep = 0.22 * np.clip(inside / 3, 0, 1)
    dark = coverage(inside) * np.clip(contrast * uneven + deep, 0.2, 0.93)
    wide = np.clip(inside.max() - 1, 0, 1)
    chipped = np.clip(1 - np.abs(np.roll(inside, (1, 1), axis=(0, 1)) + 1.0), 0, 1) * (inside < -0.5)
    return rgb * (1 - dark[..., None]) * (1 + 0.10 * wide * chipped[..., None])


def _photographed(radiance: Rgb, *, lens: np.random.Generator, noise_rng: np.random.Generator) -> images.Rgb:
    """Blur, white balance, sensor noise and rounding: radiance about 0–1 to levels 0–255."""
    warmth = lens.normal(0, 0.02)
    balance = np.array([1 + warmth, 1, 1 - warmth], np.float32)
    soft = images.gaussian_blur(radiance, sigma_px=float(lens.uniform(0.35, 0.75))) * balance
    grain = noise_rng.standard_normal(soft.shape, dtype=np.float32) * np.float32(lens.uniform(0.004, 0.012))
    return np.rint(np.clip(soft + grain, 0, 1) * 255).astype(np.uint8)
