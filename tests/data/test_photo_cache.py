"""Decoded photographs on disk, and squares cut from them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images, patch_grid

SIZES = {"s/a": (20, 30), "s/b": (7, 5), "s/c": (40, 16)}


def pixels_of(name: str) -> np.ndarray:
    return np.random.default_rng(sum(name.encode())).integers(0, 256, (*SIZES[name], 3), dtype=np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    def rows() -> Iterator[parquet.Row]:
        for name, (height, width) in SIZES.items():
            place = {"photo_id": name, "source": "s", "split": "train", "group_id": name}
            size = {"height_px": height, "width_px": width, "image": images.encode_rgb(pixels_of(name))}
            yield place | size | dict.fromkeys(("mask", "label", "caption", "attributes", "mm_per_px"))

    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, rows())
    return tmp_path / "photos"


def test_the_wanted_photographs_and_no_others_are_there_with_their_own_pixels(photos: Path, tmp_path: Path) -> None:
    with PhotoCache(photos, wanted=["s/c", "s/a"], workers=2, folder=tmp_path / "kept") as cache:
        assert sorted(cache) == ["s/a", "s/c"]
        assert len(cache) == 2
        assert "s/b" not in cache
        for name in cache:
            assert np.array_equal(cache[name], pixels_of(name))
            assert not cache[name].flags.writeable
        with pytest.raises(KeyError, match="s/b"):
            cache["s/b"]
    assert not list((tmp_path / "kept").iterdir())


def test_nothing_wanted_is_an_empty_cache(photos: Path, tmp_path: Path) -> None:
    with PhotoCache(photos, wanted=(), workers=1, folder=tmp_path) as cache:
        assert not list(cache)


def mirrored(index: int, length: int, *, twice: bool) -> int:
    """Where a pixel beyond the border is found again; ``twice``: the border pixel itself is repeated."""
    if not twice:
        return index if index < length else 2 * length - 2 - index
    index %= 2 * length
    return index if index < length else 2 * length - 1 - index


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    side=st.integers(1, 48),
    row=st.integers(0, 39),
    col=st.integers(0, 39),
)
def test_a_crop_equals_the_mirrored_photograph(height: int, width: int, side: int, row: int, col: int) -> None:
    assume(row < height and col < width)
    pixels = np.arange(height * width, dtype=np.uint16).reshape(height, width)
    before = pixels.copy()
    over = max(0, row + side - height), max(0, col + side - width)
    twice = over[0] >= height or over[1] >= width  # too small to be mirrored without the border pixel
    expected = [
        [pixels[mirrored(r, height, twice=twice), mirrored(c, width, twice=twice)] for c in range(col, col + side)]
        for r in range(row, row + side)
    ]
    found = patch_grid.crop(pixels, row_px=row, col_px=col, side_px=side)
    assert found.tolist() == [[int(value) for value in line] for line in expected]
    assert np.array_equal(pixels, before)


def test_an_overhang_larger_than_the_rest_is_mirrored_from_the_whole_photograph() -> None:
    line = np.arange(10, dtype=np.uint8)[None].repeat(10, axis=0)
    assert patch_grid.crop(line, row_px=0, col_px=8, side_px=8)[0].tolist() == [8, 9, 8, 7, 6, 5, 4, 3]


@given(height=st.integers(1, 70), width=st.integers(1, 70), stride=st.sampled_from([8, 16, 32]))
def test_crops_equal_the_patches_of_the_photograph_padded_once(height: int, width: int, stride: int) -> None:
    pixels = np.arange(height * width, dtype=np.uint16).reshape(height, width)
    rows, cols = (patch_grid.starts(length, side_px=32, stride_px=stride).tolist() for length in (height, width))
    padded = images.pad_reflect(pixels, bottom=rows[-1] + 32 - height, right=cols[-1] + 32 - width)
    for row in rows:
        for col in cols:
            found = patch_grid.crop(pixels, row_px=row, col_px=col, side_px=32)
            assert np.array_equal(found, padded[row : row + 32, col : col + 32])
