"""The rule that tells a mask from any other picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crackpipe.data.datasets import mask_files
from crackpipe.errors import PhotoError

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)


def save(path: Path, levels: np.ndarray) -> Path:
    Image.fromarray(levels).save(path)
    return path


@pytest.mark.parametrize("level", [1, 2, 127, 255])
def test_crack_is_whatever_lies_above_zero(tmp_path: Path, level: int) -> None:
    path = save(tmp_path / "a.png", CROSS.astype(np.uint8) * np.uint8(level))
    np.testing.assert_array_equal(mask_files.read(path), CROSS)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_one_bit_masks_are_read_in_every_lossless_format(tmp_path: Path, suffix: str) -> None:
    np.testing.assert_array_equal(mask_files.read(save(tmp_path / f"a.{suffix}", CROSS)), CROSS)


def test_a_16_bit_mask_of_0_and_1_keeps_its_cracks(tmp_path: Path) -> None:
    np.testing.assert_array_equal(mask_files.read(save(tmp_path / "a.png", CROSS.astype(np.uint16))), CROSS)


def test_dark_cracks_on_white_are_turned_over(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.where(CROSS, 0, 255).astype(np.uint8))
    np.testing.assert_array_equal(mask_files.read(path, dark_is_crack=True), CROSS)


def test_an_empty_mask_has_no_crack_and_a_white_one_is_all_crack(tmp_path: Path) -> None:
    assert not mask_files.read(save(tmp_path / "a.png", np.zeros((4, 5), np.uint8))).any()
    assert mask_files.read(save(tmp_path / "b.png", np.full((4, 5), 255, np.uint8))).all()


def test_a_png_of_three_levels_is_no_mask(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.array([[0, 127, 255]], np.uint8))
    with pytest.raises(
        PhotoError, match=r"a\.png: mask is not binary: it has 3 levels \(0, 127, 255\), expected 0 and"
    ):
        mask_files.read(path)


def test_two_levels_without_a_zero_are_no_mask() -> None:
    with pytest.raises(PhotoError, match=r"it has 2 levels \(100, 200\), expected 0 and one other; threshold it"):
        mask_files.cut(np.array([[100, 200]], np.uint8), lossy=False)


def test_a_photograph_is_no_mask() -> None:
    with pytest.raises(PhotoError, match=r"it has 256 levels \(0, 1, 2, 3, …\)"):
        mask_files.cut(np.arange(256, dtype=np.uint8)[None], lossy=False)


def test_a_jpeg_mask_is_cut_at_128_in_spite_of_its_ringing(tmp_path: Path) -> None:
    drawn = np.zeros((64, 64), bool)
    drawn[21:38, 5:57] = True  # its edges lie within JPEG's blocks of 8 px
    path = tmp_path / "a.jpg"
    Image.fromarray(drawn.astype(np.uint8) * 255).save(path, quality=95)
    assert len(np.unique(np.asarray(Image.open(path)))) > 2
    np.testing.assert_array_equal(mask_files.read(path), drawn)


def test_a_jpeg_with_too_many_middle_levels_is_no_mask() -> None:
    levels = np.zeros((10, 10), np.uint8)
    levels[0, 0] = 128
    assert mask_files.cut(levels, lossy=True).sum() == 1  # 99 of 100 pixels are near 0: just enough
    levels[0, 1] = 60
    with pytest.raises(
        PhotoError, match=r"98\.0% of its pixels lie within 32 levels of 0 or 255, expected at least 99%"
    ):
        mask_files.cut(levels, lossy=True)


def test_a_float_mask_is_refused() -> None:
    with pytest.raises(PhotoError, match="levels of type float32, expected 8 or 16 bits"):
        mask_files.cut(np.zeros((2, 2), np.float32), lossy=False)
