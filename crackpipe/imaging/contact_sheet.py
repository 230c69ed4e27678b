"""A contact sheet: small pictures in rows, a line or two under each."""

import math
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.files import atomic
from crackpipe.imaging import images

COLUMNS = 4
CELL_PX = 300
TEXT_PX = 80  # of it under the picture
LINES, LINE_CHARS = 4, 46
SUFFIXES = (".png", ".jpg", ".jpeg")


def draw(
    path: Path,
    pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    titles: Sequence[str],
    texts: Sequence[str],
    *,
    heading: str,
) -> None:
    """Write a sheet of at least one picture as PNG or JPEG, by the suffix of ``path``; it appears whole or not at all.

    Args:
        path: file to write.
        pictures: RGB, 0–255, of any size and proportions, which are kept.
        titles: one line under each picture.
        texts: under that, cut after three lines.
        heading: above all pictures.
    """
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    figure = Figure(figsize=(columns * CELL_PX / 100, (rows * CELL_PX + 40) / 100), dpi=100)
    top = 1 - 40 / (rows * CELL_PX + 40)
    figure.text(0.5, (1 + top) / 2, heading, fontsize=12, ha="center", va="center", parse_math=False)
    for number, (picture, title, text) in enumerate(zip(pictures, titles, texts, strict=True)):
        row, col = divmod(number, columns)
        height, width = top / rows, 1 / columns
        below = TEXT_PX / CELL_PX * height
        left, bottom = (col + 0.02) * width, top - (row + 1) * height
        axes = figure.add_axes((left, bottom + below, 0.96 * width, 0.98 * height - below))
        axes.imshow(thumbnail(picture, side_px=2 * CELL_PX))
        axes.set_axis_off()
        caption = "\n".join([title, *textwrap.wrap(text, LINE_CHARS, max_lines=LINES - 1, placeholder=" …")])
        figure.text(left, bottom + 0.95 * below, caption, fontsize=7.5, va="top", parse_math=False)
    with atomic.replacing(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # drawn as a box
        figure.savefig(temporary, format=path.suffix[1:].lower())


def thumbnail(picture: UInt8[np.ndarray, "h w 3"], *, side_px: int) -> UInt8[np.ndarray, "r c 3"]:
    """Shrink a picture until its longer side is at most ``side_px``; a smaller one stays as it is."""
    height, width = picture.shape[:2]
    if max(height, width) <= side_px:
        return picture
    factor = side_px / max(height, width)
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return images.resize(picture, height=size[0], width=size[1], method="area")


def overlay(
    image: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"], colour: tuple[int, int, int]
) -> UInt8[np.ndarray, "h w 3"]:
    """Draw a photograph in grey, with a mask in a colour over it.

    Args:
        image: RGB, 0–255.
        mask: True where the colour goes.
        colour: RGB, 0–255.
    """
    grey = np.repeat(images.to_grey(image)[..., None], 3, axis=2)
    return np.where(mask[..., None], np.array(colour, np.uint8), grey)
