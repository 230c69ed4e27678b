"""Decoded photographs on disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

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
