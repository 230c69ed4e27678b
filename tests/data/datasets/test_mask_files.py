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


def lines(scale: int) -> np.ndarray:
    """A slanting line, two pixels wide at scale 1, as levels of 0 and 255."""
    row, col = (np.mgrid[: 60 * scale, : 80 * scale] + 0.5) / scale
    return np.where(np.abs(row - 10 - col / 2) < 1.2, 255, 0).astype(np.uint8)


def soft() -> np.ndarray:
    """The line with anti-aliased edges: means of 4 × 4 finer pixels."""
    return lines(4).reshape(60, 4, 80, 4).mean(axis=(1, 3)).astype(np.uint8)


def test_an_anti_aliased_mask_is_cut_at_half_its_brightest_level(tmp_path: Path) -> None:
    assert len(np.unique(soft())) >= 5
    np.testing.assert_array_equal(mask_files.read(save(tmp_path / "a.png", soft())), soft() >= 128)
    np.testing.assert_array_equal(mask_files.cut(soft() // 2 + soft() // 4, lossy=False), soft() >= 128)


def test_classes_and_maps_of_confidence_are_no_masks() -> None:
    classes = np.zeros((60, 80), np.uint8)
    for number in range(6):
        classes[:, number * 3] = number * 50
    thick = np.zeros((60, 80), np.uint8)
    thick[20:31, 20:31] = 120  # far from the ground, as no edge is
    thick[40, :4] = 1, 2, 3, 255
    for levels in (classes // 50, np.repeat(classes, 3, axis=1), thick):
        with pytest.raises(PhotoError, match="mask is not binary"):
            mask_files.cut(levels, lossy=False)


def rgba(colour: tuple[int, int, int], alpha: np.ndarray) -> np.ndarray:
    return np.dstack([np.full((*alpha.shape, 3), colour, np.uint8), alpha])


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (255, 0, 0)])
def test_a_mask_drawn_in_alpha_is_crack_where_it_is_opaque(
    tmp_path: Path, suffix: str, colour: tuple[int, int, int]
) -> None:
    path = tmp_path / f"a.{suffix}"
    settings = {"lossless": True, "exact": True} if suffix == "webp" else {}
    Image.fromarray(rgba(colour, lines(1))).save(path, **settings)
    np.testing.assert_array_equal(mask_files.read(path), lines(1) > 0)


def test_a_mask_with_two_colours_and_alpha_is_crack_where_it_is_opaque_and_light(tmp_path: Path) -> None:
    drawn = np.repeat(lines(1)[..., None], 4, axis=2)
    drawn[..., 3] = 255
    np.testing.assert_array_equal(mask_files.read(save(tmp_path / "a.png", drawn)), lines(1) > 0)
    drawn[:, :20, 3] = 0
    expected = lines(1) > 0
    expected[:, :20] = False
    np.testing.assert_array_equal(mask_files.read(save(tmp_path / "b.png", drawn)), expected)


def test_a_palette_mask_is_read_by_its_colours(tmp_path: Path) -> None:
    image = Image.fromarray((lines(1) > 0).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(mask_files.read(tmp_path / "a.png"), lines(1) > 0)


def test_a_damaged_jpeg_mask_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(lines(4)).save(path, quality=95)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"\xff\xd9")
    with pytest.raises(PhotoError, match=r"a\.jpg: damaged: the JPEG is not whole"):
        mask_files.read(path)
