"""Pictures that the page holds: photographs before and after, and close-ups of the widest places."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from jaxtyping import UInt8

from crackpipe.imaging import images
from crackpipe.imaging.images import Rgb

MOST_WIDTH_PX = 1000
SOUND_WIDTH_PX = 480  # of a photograph without cracks, which is shown small
QUALITY = 75
CLOSEUP_PX = 160  # side as embedded
CLOSEUP_WIDTHS = 8.0  # of the crack that a close-up shows
LEAST_CLOSEUP_PX, MOST_CLOSEUP_PX = 96, 800  # of the photograph

Before = UInt8[np.ndarray, "_h _w 3"] | None


@dataclass(frozen=True, slots=True)
class PicturePair:
    """The pictures of one photograph, as JPEG files.

    Attributes:
        drawn: the photograph with its cracks, numbered.
        photograph: without them, of the same size; ``None`` where its file is gone.
        height_px, width_px: of both.
        closeups: squares around the widest places of some cracks, by the crack's number.
    """

    drawn: bytes
    photograph: bytes | None
    height_px: int
    width_px: int
    closeups: Mapping[int, bytes] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class WidestPlace:
    """Where a crack is widest, and how wide it is there: pixels of the photograph."""

    row_px: float
    col_px: float
    width_px: float


def pair(
    drawn: Rgb, photograph: Before, *, height_px: int, closeups: Mapping[int, WidestPlace] = MappingProxyType({})
) -> PicturePair:
    """Shrink pictures to what the page holds.

    Args:
        drawn: the photograph with its cracks, of its size or smaller.
        photograph: as it was taken; ``None`` where its file is gone.
        height_px: of the photograph, which places are relative to.
        closeups: places to show from near, by the crack's number.
    """
    near = drawn if photograph is None else photograph
    scale = near.shape[0] / height_px
    squares = {number: _closeup(near, place, scale=scale) for number, place in closeups.items()}
    return _shrunk(drawn, photograph, most_width_px=MOST_WIDTH_PX, closeups=squares)


def sound(picture: Rgb) -> PicturePair:
    """Shrink the one picture of a photograph without cracks."""
    return _shrunk(picture, None, most_width_px=SOUND_WIDTH_PX, closeups={})


def uri(jpeg: bytes) -> str:
    """A JPEG file as a data URI."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def _shrunk(drawn: Rgb, photograph: Before, *, most_width_px: int, closeups: Mapping[int, bytes]) -> PicturePair:
    height, width = drawn.shape[:2]
    factor = min(1.0, most_width_px / width)
    size = {"height": max(1, round(height * factor)), "width": max(1, round(width * factor))}
    before = None if photograph is None else _jpeg(photograph, **size)
    return PicturePair(_jpeg(drawn, **size), before, size["height"], size["width"], closeups)


def _jpeg(picture: Rgb, *, height: int, width: int) -> bytes:
    smaller = width < picture.shape[1]
    resized = images.resize(picture, height=height, width=width, method="area" if smaller else "linear")
    return images.encode_jpeg(resized, quality=QUALITY)


def _closeup(picture: Rgb, place: WidestPlace, *, scale: float) -> bytes:
    """Cut a square around a place, moved into the picture where it would reach beyond."""
    side = min(max(CLOSEUP_WIDTHS * place.width_px, LEAST_CLOSEUP_PX), MOST_CLOSEUP_PX) * scale
    side_px = min(max(1, round(side)), *picture.shape[:2])
    top, left = (
        min(max(0, round(middle * scale - side_px / 2)), whole - side_px)
        for middle, whole in zip((place.row_px, place.col_px), picture.shape[:2], strict=True)
    )
    return _jpeg(picture[top : top + side_px, left : left + side_px], height=CLOSEUP_PX, width=CLOSEUP_PX)
