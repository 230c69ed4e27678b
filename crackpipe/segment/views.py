"""Augmented training windows: scale, rotation, flips, light, blur, noise, and simulated thin cracks.

Crack widths differ between cameras more than anything else does; shrinking a photograph of wide cracks makes them as
thin as another camera's.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe import images
from crackpipe.segment import thin_cracks

Window = UInt8[np.ndarray, "s s 3"]
Target = UInt8[np.ndarray, "s s"]


def view(
    pixels: UInt8[np.ndarray, "h w 3"],
    label: UInt8[np.ndarray, "h w"],
    random: np.random.Generator,
    *,
    side_px: int,
    scale_min: float,
    scale_max: float,
    rotation_deg: float,
    contrast: float,
    brightness: float,
    grey_p: float,
    blur_p: float,
    blur_px: float,
    noise_p: float,
    noise: float,
    thin_cracks_p: float,
    thin_min_px: float,
    thin_max_px: float,
) -> tuple[Window, Target]:
    """A random square of a photograph and of its label (0–255).

    Args:
        label: 0–255; where the window shrinks the photograph, a pixel of the target is the share that is crack.
        scale_min, scale_max: factor on the photograph's size, log-uniform.
        rotation_deg: largest turn to either side.
        contrast: the contrast is multiplied by 1 ± this share at most; each colour by up to a quarter of that.
        brightness: grey levels that are added or subtracted at most.
        grey_p: probability that the colours are taken away.
        blur_p, blur_px: probability of a Gaussian blur, and its largest sigma.
        noise_p, noise: probability of Gaussian noise, and its largest sigma in grey levels.
        thin_cracks_p, thin_min_px, thin_max_px: probability and widths of :func:`thin_cracks.draw`.
    """
    window, target = _place(
        pixels,
        label,
        random,
        side_px=side_px,
        scale=float(np.exp(random.uniform(np.log(scale_min), np.log(scale_max)))),
        rotation_deg=rotation_deg,
    )
    levels = window.astype(np.float32)
    if random.random() < thin_cracks_p:
        levels, drawn = thin_cracks.draw(levels, random, min_px=thin_min_px, max_px=thin_max_px)
        target = np.where(drawn, np.uint8(255), target)
    if random.random() < blur_p:
        levels = images.gaussian_blur(levels, sigma_px=float(random.uniform(0.3, max(blur_px, 0.3))))
    levels = _light(levels, random, contrast=contrast, brightness=brightness, grey_p=grey_p)
    if random.random() < noise_p:
        sigma = np.float32(random.uniform(0, noise))
        levels = levels + sigma * random.standard_normal(levels.shape, np.float32)
    return np.rint(levels).clip(0, 255).astype(np.uint8), target


def _place(
    pixels: UInt8[np.ndarray, "h w 3"],
    label: UInt8[np.ndarray, "h w"],
    random: np.random.Generator,
    *,
    side_px: int,
    scale: float,
    rotation_deg: float,
) -> tuple[Window, Target]:
    """Shrink or enlarge the photograph, then cut a turned square from it, as far inside as it goes."""
    height, width = (max(8, round(length * scale)) for length in pixels.shape[:2])
    method: images.Method = "area" if scale < 1 else "linear"
    turn_deg = float(random.uniform(-rotation_deg, rotation_deg))
    row, col = (_inside(random, length, side_px) for length in (height, width))
    mirrored = random.random() < 0.5
    cut = []
    for layer in (pixels, label):
        sized = images.resize(layer, height=height, width=width, method=method)
        square = images.turned_window(sized, centre_row=row, centre_col=col, turn_deg=turn_deg, side_px=side_px)
        cut.append(np.ascontiguousarray(square[:, ::-1]) if mirrored else square)
    return cut[0], cut[1]


def _inside(random: np.random.Generator, length: int, side_px: int) -> float:
    """The centre of a square of whole pixels, inside the photograph or, where that is smaller, in its middle."""
    room = length - side_px
    first = int(random.integers(0, room + 1)) if room > 0 else room // 2
    return first + (side_px - 1) / 2


def _light(
    levels: Float32[np.ndarray, "s s 3"],
    random: np.random.Generator,
    *,
    contrast: float,
    brightness: float,
    grey_p: float,
) -> Float32[np.ndarray, "s s 3"]:
    """Change contrast and brightness, then take the colours away, or change them."""
    mean = levels.mean()
    levels = (levels - mean) * np.float32(1 + random.uniform(-contrast, contrast)) + mean
    levels = levels + np.float32(random.uniform(-brightness, brightness))
    if random.random() < grey_p:
        return np.repeat(levels.mean(axis=2, keepdims=True), 3, axis=2)
    return levels * (1 + contrast / 4 * random.uniform(-1, 1, 3)).astype(np.float32)
