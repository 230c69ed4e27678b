"""Contact sheets: each picture in its cell, in its own proportions, whatever is written under it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crackpipe.imaging import contact_sheet
from crackpipe.imaging.contact_sheet import CELL_PX

RED, GREEN, BLUE = (250, 0, 0), (0, 250, 0), (0, 0, 250)


def plain(colour: tuple[int, int, int], *, height: int = 40, width: int = 60) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def drawn(path: Path, *pictures: np.ndarray, texts: list[str] | None = None, heading: str = "wide crack") -> np.ndarray:
    titles = [f"{i + 1}  0.123  s/photo" for i in range(len(pictures))]
    contact_sheet.draw(path, pictures, titles, texts or ["Crack is observed."] * len(pictures), heading=heading)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def box(pixels: np.ndarray, colour: tuple[int, int, int]) -> tuple[slice, slice]:
    rows, cols = np.nonzero(np.abs(pixels.astype(int) - colour).max(axis=2) < 60)
    return slice(rows.min(), rows.max() + 1), slice(cols.min(), cols.max() + 1)


def test_pictures_stand_in_rows_of_four_in_their_order(tmp_path: Path) -> None:
    pixels = drawn(tmp_path / "a.png", *[plain(RED)] * 3, plain(GREEN), plain(BLUE))
    assert pixels.shape == (2 * CELL_PX + 40, 4 * CELL_PX, 3)
    row, col = box(pixels, GREEN)
    assert (row.start >= 40, row.stop <= 40 + CELL_PX) == (True, True)
    assert (col.start >= 3 * CELL_PX, col.stop <= 4 * CELL_PX) == (True, True)
    row, col = box(pixels, BLUE)
    assert (row.start >= 40 + CELL_PX, col.stop <= CELL_PX) == (True, True)


@pytest.mark.parametrize(("height", "width"), [(40, 60), (60, 40), (900, 1600), (2000, 50)])
def test_proportions_are_kept(tmp_path: Path, height: int, width: int) -> None:
    row, col = box(drawn(tmp_path / "a.png", plain(RED, height=height, width=width)), RED)
    shown = row.stop - row.start, col.stop - col.start
    assert shown[0] / shown[1] == pytest.approx(height / width, rel=0.02 + 1 / min(shown))
    assert max(shown) > 0.6 * CELL_PX


def test_what_is_written_is_seen_and_long_texts_stay_in_their_cell(tmp_path: Path) -> None:
    short = drawn(tmp_path / "a.png", plain(RED), plain(RED), texts=["", ""])
    long = drawn(tmp_path / "b.png", plain(RED), plain(RED), texts=["Crack is observed in the wall. " * 30, ""])
    rows, cols = np.nonzero((short != long).any(axis=2))
    assert len(rows) > 100
    assert (rows.min() > 40 + CELL_PX - contact_sheet.TEXT_PX, cols.max() < CELL_PX) == (True, True)


@pytest.mark.parametrize("text", ["The rating is Ⅲ.", "costs $5 to $10_a^", "床版にひびわれ", "a\nb"])
def test_any_text_can_stand_there(tmp_path: Path, text: str) -> None:
    drawn(tmp_path / "a.png", plain(RED), texts=[text], heading=text)


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("deep/a.jpg", "JPEG"), ("a.JPEG", "JPEG")])
def test_the_suffix_chooses_the_format_and_twice_gives_the_same_bytes(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    drawn(path, plain(RED))
    with Image.open(path) as picture:
        assert picture.format == kind
    first = path.read_bytes()
    drawn(path, plain(RED))
    assert path.read_bytes() == first
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_overlay_is_grey_with_the_mask_in_colour() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[..., 0] = 100  # red of luma 30
    found = contact_sheet.overlay(image, np.array([[True, False], [False, False]]), (1, 2, 3))
    assert found[0, 0].tolist() == [1, 2, 3]
    assert found[1, 1].tolist() == [30, 30, 30]
    assert (found.shape, found.dtype) == ((2, 2, 3), np.dtype(np.uint8))
