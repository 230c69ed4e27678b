"""The picture of a photograph's cracks: the photograph, crack pixels in red, the number of each crack beside it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw, ImageFont

from crackpipe.imaging import images
from crackpipe.imaging.contact_sheet import thumbnail
from crackpipe.measures.geometry import Crack

SIDE_PX = 2000  # longest side of the picture
RED = (230, 30, 40)
SHARE = 0.65  # of red in crack pixels
NUMBERED = 60  # cracks that get a number, the longest first
TEXT_PX = 14


def draw(
    image: UInt8[np.ndarray, "h w 3"], crack: Bool[np.ndarray, "h w"], cracks: Sequence[Crack]
) -> UInt8[np.ndarray, "r c 3"]:
    """Draw the cracks of a photograph.

    Args:
        image: RGB, 0–255.
        crack: True on crack pixels.
        cracks: in the order of their numbers, from 1.

    Returns:
        The picture, RGB, with its longer side at most ``SIDE_PX``.
    """
    small = thumbnail(image, side_px=SIDE_PX)
    rows, cols = small.shape[:2]
    share = images.resize(crack.astype(np.uint8) * 255, height=rows, width=cols, method="area")
    factor = rows / len(image)
    lines = [max(one.lines, key=len) for one in cracks[:NUMBERED]]
    places = [(line[len(line) // 2] * factor).tolist() for line in lines]
    return paint(small, share, places, shrunk=max(crack.shape) > SIDE_PX)


def paint(
    small: UInt8[np.ndarray, "r c 3"],
    share: UInt8[np.ndarray, "r c"],
    places: Sequence[Sequence[float]],
    *,
    shrunk: bool,
) -> UInt8[np.ndarray, "r c 3"]:
    """Draw cracks on a picture of final size.

    Args:
        small: RGB, 0–255.
        share: of crack in each pixel, 0–255.
        places: row and column of each crack, in the order of their numbers, from 1.
        shrunk: whether a pixel stands for several: hairlines would fade.
    """
    rows, cols = share.shape
    if shrunk:
        share = np.where(share > 0, np.maximum(share, 128), share).astype(np.uint8)
    tint = share[..., None].astype(np.float32) / 255 * SHARE
    picture = Image.fromarray(np.rint(small * (1 - tint) + np.array(RED, np.float32) * tint).astype(np.uint8))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(TEXT_PX)
    for number, (row, col) in enumerate(places[:NUMBERED], start=1):
        place = (float(np.clip(col + 6, 0, cols - TEXT_PX)), float(np.clip(row - TEXT_PX / 2, 0, rows - TEXT_PX)))
        pen.text(place, str(number), fill=(255, 255, 255), font=font, stroke_width=2, stroke_fill=(0, 0, 0))
    return np.asarray(picture)
