"""Augmented training windows: scale, rotation, flips, light, blur, noise, drawn cracks and things that are none.

Crack widths differ between cameras more than anything else does; shrinking a photograph of wide cracks makes them as
thin as another camera's. A view remembers where it was taken, so that any label of the photograph can be cut to it.
"""

from dataclasses import dataclass
from math import floor
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from crackpipe.imaging import images
from crackpipe.segment.windows import drawn_cracks, lookalikes, thin_cracks

Window = UInt8[np.ndarray, "s s 3"]
Target = UInt8[np.ndarray, "s s"]
Cracks = Bool[np.ndarray, "s s"]
Symmetries = Literal["none", "mirror", "all"]

KEPT = 4 / 9  # of a pixel, that bilinear sampling between three of a line's neighbours leaves of it at least


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes of a window.

    Attributes:
        scale_min, scale_max: factor on the photograph's size, log-uniform.
        rotation_deg: largest turn to either side.
        symmetries: ``mirror`` exchanges left and right in half of the windows, at random; ``all`` also turns by 0, 90,
            180 or 270 degrees: the eight symmetries of the square; ``none`` does neither.
        contrast: the contrast is multiplied by 1 ± this share at most; each colour by up to a quarter of that.
        brightness: grey levels that are added or subtracted at most.
        grey_p: probability that the colours are taken away.
        blur_p, blur_px: probability of a Gaussian blur, and its largest sigma.
        noise_p, noise: probability of Gaussian noise, and its largest sigma in grey levels.
        thin_cracks_p, thin_min_px, thin_max_px: probability and widths of :func:`thin_cracks.draw`.
        drawn_cracks_p, drawn_min_px, drawn_max_px: probability and widths of :func:`drawn_cracks.draw`.
        lookalikes_p: probability of :func:`lookalikes.draw`.
    """

    scale_min: float
    scale_max: float
    rotation_deg: float
    symmetries: Symmetries
    contrast: float
    brightness: float
    grey_p: float
    blur_p: float
    blur_px: float
    noise_p: float
    noise: float
    thin_cracks_p: float
    thin_min_px: float
    thin_max_px: float
    drawn_cracks_p: float
    drawn_min_px: float
    drawn_max_px: float
    lookalikes_p: float


@dataclass(frozen=True, slots=True)
class Placement:
    """The way from the photograph, or from any label of it, to the window.

    Attributes:
        side_px: of the window.
        squeezed: whether the whole photograph is squeezed to a square of that side first, as CrackCLIP does.
        scale: factor on the size of the photograph, after that.
        centre_row, centre_col: the window's centre, pixels after scaling.
        turn_deg: turn of the window about its centre, counter-clockwise.
        mirrored: whether left and right are exchanged at the end.
    """

    side_px: int
    squeezed: bool
    scale: float
    centre_row: float
    centre_col: float
    turn_deg: float
    mirrored: bool


@dataclass(frozen=True, slots=True)
class View:
    """A training window.

    Attributes:
        pixels: RGB levels 0–255.
        placement: where it was cut.
        drawn: cracks that were drawn into it, which are in no label; ``None`` where there are none.
    """

    pixels: Window
    placement: Placement
    drawn: Bool[np.ndarray, "s s"] | None


def view(
    pixels: UInt8[np.ndarray, "h w 3"],
    random: np.random.Generator,
    *,
    side_px: int,
    fit: Literal["crop", "resize"],
    augmentation: Augmentation,
) -> View:
    """Cut a random square from a photograph and change it; :func:`target` cuts a label to it.

    Args:
        pixels: RGB, 0–255.
        random: generator of everything that is drawn.
        side_px: of the window.
        fit: ``resize`` squeezes the whole photograph to a square of ``side_px`` first, as CrackCLIP does.
        augmentation: ranges and probabilities of the changes.
    """
    scale = np.exp(random.uniform(np.log(augmentation.scale_min), np.log(augmentation.scale_max)))
    placement = _placement(
        random,
        pixels.shape[:2],
        side_px=side_px,
        squeezed=fit == "resize",
        scale=float(scale),
        rotation_deg=augmentation.rotation_deg,
        symmetries=augmentation.symmetries,
    )
    levels, drawn = _cut(pixels, placement).astype(np.float32), None
    if random.random() < augmentation.thin_cracks_p:
        levels, drawn = thin_cracks.draw(
            levels, random, min_px=augmentation.thin_min_px, max_px=augmentation.thin_max_px
        )
    # where there are none no number is drawn: trainings of before them keep their windows
    if augmentation.drawn_cracks_p and random.random() < augmentation.drawn_cracks_p:
        levels, more = drawn_cracks.draw(
            levels, random, min_px=augmentation.drawn_min_px, max_px=augmentation.drawn_max_px
        )
        drawn = more if drawn is None else drawn | more
    if augmentation.lookalikes_p and random.random() < augmentation.lookalikes_p:
        levels = lookalikes.draw(levels, random)
    if random.random() < augmentation.blur_p:
        levels = images.gaussian_blur(levels, sigma_px=float(random.uniform(0.3, max(augmentation.blur_px, 0.3))))
    levels = _change_light(levels, random, augmentation)
    if random.random() < augmentation.noise_p:
        sigma = np.float32(random.uniform(0, augmentation.noise))
        levels = levels + sigma * random.standard_normal(levels.shape, np.float32)
    return View(np.rint(levels).clip(0, 255).astype(np.uint8), placement, drawn)


def target(label: UInt8[np.ndarray, "h w"], placement: Placement, *, drawn: Bool[np.ndarray, "s s"] | None) -> Target:
    """Cut a photograph's label (0–255) to a window, and add what was drawn into the window.

    Where the window shrinks the photograph, a pixel is the share of it that is crack.

    Args:
        label: of the whole photograph.
        placement, drawn: of the window's :class:`View`.
    """
    cut = _cut(label, placement)
    return cut if drawn is None else np.where(drawn, np.uint8(255), cut)


def crack(label: UInt8[np.ndarray, "h w"], placement: Placement, *, drawn: Bool[np.ndarray, "s s"] | None) -> Cracks:
    """Which pixels of a window are crack.

    A pixel is crack where 4/9 of it are: a line one pixel wide keeps as much somewhere along each step, however it is
    turned. Where the window shrinks the photograph, 4/9 of what one of the photograph's pixels covers are enough, so
    that no line of it vanishes; an edge moves outwards by up to a pixel of the window then.

    Args:
        label, placement, drawn: as of :func:`target`.
    """
    squeeze = min(1.0, placement.side_px / max(label.shape)) if placement.squeezed else 1.0
    least = max(1, floor(255 * KEPT * squeeze * min(1.0, placement.scale)))  # levels are rounded: at least so much
    return target(label, placement, drawn=drawn) >= least


def _placement(
    random: np.random.Generator,
    shape: tuple[int, ...],
    *,
    side_px: int,
    squeezed: bool,
    scale: float,
    rotation_deg: float,
    symmetries: Symmetries,
) -> Placement:
    """A turned square, as far inside the scaled photograph as it goes."""
    sides = (side_px, side_px) if squeezed else shape
    turn_deg = float(random.uniform(-rotation_deg, rotation_deg))
    row, col = (_centre(random, _scaled(length, scale), side_px) for length in sides)
    mirrored = bool(random.random() < 0.5)  # drawn in any case, so that a choice of symmetries moves no window
    if symmetries == "all":
        turn_deg += 90.0 * int(random.integers(4))
    return Placement(side_px, squeezed, scale, row, col, turn_deg, mirrored and symmetries != "none")


def _cut(layer: np.ndarray, placement: Placement) -> np.ndarray:
    """Squeeze, shrink or enlarge a photograph or a label, then cut the turned square from it."""
    if placement.squeezed:
        layer = images.squeezed(layer, side_px=placement.side_px)
    height, width = (_scaled(length, placement.scale) for length in layer.shape[:2])
    layer = images.resize(layer, height=height, width=width, method="area" if placement.scale < 1 else "linear")
    square = images.turned_window(
        layer,
        centre_row=placement.centre_row,
        centre_col=placement.centre_col,
        turn_deg=placement.turn_deg,
        side_px=placement.side_px,
    )
    return np.ascontiguousarray(square[:, ::-1]) if placement.mirrored else square


def _scaled(length: int, scale: float) -> int:
    return max(8, round(length * scale))


def _centre(random: np.random.Generator, length: int, side_px: int) -> float:
    """The centre of a square of whole pixels, inside the photograph or, where that is smaller, in its middle."""
    room = length - side_px
    first = int(random.integers(0, room + 1)) if room > 0 else room // 2
    return first + (side_px - 1) / 2


def _change_light(
    levels: Float32[np.ndarray, "s s 3"], random: np.random.Generator, augmentation: Augmentation
) -> Float32[np.ndarray, "s s 3"]:
    """Change contrast and brightness, then take the colours away, or change them."""
    contrast, brightness = augmentation.contrast, augmentation.brightness
    mean = levels.mean()
    levels = (levels - mean) * np.float32(1 + random.uniform(-contrast, contrast)) + mean
    levels = levels + np.float32(random.uniform(-brightness, brightness))
    if random.random() < augmentation.grey_p:
        return np.repeat(levels.mean(axis=2, keepdims=True), 3, axis=2)
    return levels * (1 + contrast / 4 * random.uniform(-1, 1, 3)).astype(np.float32)
