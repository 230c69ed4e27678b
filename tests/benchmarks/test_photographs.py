"""Which photographs are taken, and that tables repeat them under other names."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import photographs
from benchmarks.photographs import Photograph
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images


def crop(folder: Path, name: str, *, height: int, width: int, level: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    image = np.full((height, width, 3), level, np.uint8)
    mask = np.zeros((height, width), bool)
    mask[: height // 2] = True
    (folder / f"{name}.jpg").write_bytes(images.encode_jpeg(image, quality=95))
    (folder / f"{name}.png").write_bytes(images.encode_mask(mask))


def test_crops_of_the_test_split_that_have_the_size_are_taken_and_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "crack500/testcrop"
    for name, size, level in (("a_1_1_1", (360, 640), 50), ("b_1_1_1", (640, 360), 90), ("c_1_1_1", (360, 640), 130)):
        crop(folder, name, height=size[0], width=size[1], level=level)
    crop(tmp_path / "crack500/traincrop", "d_1_1_1", height=360, width=640, level=200)
    found = photographs.load(3, data=tmp_path)
    assert [one.image.shape for one in found] == [(360, 640, 3)] * 3
    assert [int(one.image.mean()) for one in found] == [50, 130, 50]
    assert all(one.mask[:180].all() and not one.mask[180:].any() for one in found)
    assert photographs.described(tmp_path) == "Crack500 test crops"


def test_drawn_photographs_have_the_wanted_size_and_a_crack() -> None:
    found = photographs.load(2, data=None, height_px=72, width_px=128)
    assert [one.image.shape for one in found] == [(72, 128, 3)] * 2
    assert not np.array_equal(found[0].image, found[1].image)
    assert photographs.described(None) == "drawn photographs of the demo"


def test_a_table_repeats_photographs_under_ascending_names(tmp_path: Path, small: list[Photograph]) -> None:
    photographs.write_table(tmp_path / "photos", small, count=5)
    rows = list(parquet.scan(tmp_path / "photos", schemas.PHOTOS))
    assert [row["photo_id"] for row in rows] == [f"bench/{i:05d}" for i in range(5)]
    assert {row["split"] for row in rows} == {"train"}
    assert rows[0]["image"] == rows[2]["image"] == rows[4]["image"] != rows[1]["image"]
    assert np.array_equal(images.decode_mask(rows[3]["mask"]), small[1].mask)


@pytest.mark.parametrize(("count", "told"), [(1, "1 photograph"), (2, "2 photographs")])
def test_photographs_are_counted_in_english(count: int, told: str) -> None:
    assert photographs.counted(count) == told
