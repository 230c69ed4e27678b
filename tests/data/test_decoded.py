"""Photographs of the table, decoded in its order."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from crackpipe.data import decoded
from crackpipe.errors import PhotoError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

SPLITS = {"s/a": "train", "s/b": "test", "s/c": "val", "s/d": "test"}


def pixels_of(name: str) -> np.ndarray:
    shape = (20 + sum(name.encode()) % 7, 30, 3)
    return np.random.default_rng(sum(name.encode())).integers(0, 256, shape, dtype=np.uint8)


def write(folder: Path, *, damaged: str = "") -> Path:
    def rows() -> Iterator[parquet.Row]:
        for name, split in SPLITS.items():
            pixels = pixels_of(name)
            image = b"no picture" if name == damaged else images.encode_rgb(pixels)
            row = {"photo_id": name, "source": "s", "split": split, "group_id": name, "image": image}
            row |= {"height_px": pixels.shape[0], "width_px": pixels.shape[1]}
            yield row | dict.fromkeys(("mask", "label", "caption", "attributes", "mm_per_px"))

    parquet.write_shards(folder / "photos", schemas.PHOTOS, rows())
    return folder / "photos"


@pytest.mark.parametrize("workers", [1, 3])
def test_all_photographs_come_with_their_pixels_in_the_order_of_the_table(tmp_path: Path, workers: int) -> None:
    photographs = list(decoded.photographs(write(tmp_path), workers=workers, what="decode"))
    assert [photo_id for photo_id, _ in photographs] == list(SPLITS)
    for photo_id, pixels in photographs:
        assert np.array_equal(pixels, pixels_of(photo_id))


@pytest.mark.parametrize(
    ("wanted", "splits", "expected"),
    [
        (["s/d", "s/a"], None, ["s/a", "s/d"]),
        (None, ["test"], ["s/b", "s/d"]),
        (["s/a", "s/d"], ["test", "val"], ["s/d"]),
        (["s/x"], None, []),
        ([], None, []),
        (None, [], []),
    ],
)
def test_only_the_photographs_asked_for_are_decoded(
    tmp_path: Path, wanted: list[str] | None, splits: list[str] | None, expected: list[str]
) -> None:
    skipped = next(name for name in SPLITS if name not in expected)
    photos = write(tmp_path, damaged=skipped)  # it cannot be decoded
    found = decoded.photographs(photos, workers=2, what="decode", wanted=wanted, splits=splits)
    assert [photo_id for photo_id, _ in found] == expected


def test_photographs_are_squeezed_into_squares(tmp_path: Path) -> None:
    for photo_id, pixels in decoded.photographs(write(tmp_path), workers=2, what="decode", side_px=16):
        assert np.array_equal(pixels, images.squeezed(pixels_of(photo_id), side_px=16))


def test_a_damaged_photograph_ends_the_reading_where_it_comes(tmp_path: Path) -> None:
    photographs = decoded.photographs(write(tmp_path, damaged="s/b"), workers=1, what="decode", ahead=1)
    assert next(photographs)[0] == "s/a"
    with pytest.raises(PhotoError, match="not a picture"):
        next(photographs)
