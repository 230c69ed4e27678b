"""Labels by self-training: what the teacher says, where the patch labels leave room for a crack."""

from pathlib import Path

import numpy as np
import pytest
from jaxtyping import UInt8

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import self_training

SIDE = 8
NAMES = {"s/a": "train", "s/b": "train", "s/c": "val", "s/d": "test"}


class Teacher:
    """Says 200 everywhere, and remembers whom it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, image: UInt8[np.ndarray, "h w 3"], *, what: str) -> UInt8[np.ndarray, "h w"]:
        self.asked.append(what)
        return np.full(image.shape[:2], 200, np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two training photographs, one of validation and one of test."""
    plain = {"label": None, "caption": None, "attributes": None, "mm_per_px": None, "mask": None, "source": "s"}
    size = {"height_px": SIDE, "width_px": SIDE, "image": images.encode_rgb(np.zeros((SIDE, SIDE, 3), np.uint8))}
    rows = [{"photo_id": name, "group_id": name, "split": split, **plain, **size} for name, split in NAMES.items()]
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, rows)
    return tmp_path / "photos"


def masks_of(folder: Path, **levels: int) -> Path:
    """Masks of one level each, by the last letter of the photograph's name."""
    rows = [
        {"photo_id": f"s/{name}", "mask": images.encode_grey(np.full((SIDE, SIDE), level, np.uint8))}
        for name, level in sorted(levels.items())
    ]
    parquet.write_shards(folder / "masks", schemas.MASKS, rows)
    return folder / "masks"


def made(photos: Path, masks: Path, teacher: Teacher, **none: list[tuple[int, int, int]]) -> dict[str, parquet.Row]:
    rows = self_training.rows(
        photos,
        masks,
        segment=teacher,
        none={f"s/{name}": places for name, places in none.items()},
        method="self_cam_location",
        binarise=0.5,
        workers=1,
    )
    return {row["photo_id"]: row for row in rows}


def test_a_patch_labelled_none_holds_no_crack_whatever_the_teacher_says(photos: Path, tmp_path: Path) -> None:
    found = made(photos, masks_of(tmp_path), Teacher(), a=[(0, 4, 4)], b=[])
    wanted = np.full((SIDE, SIDE), 200, np.uint8)
    wanted[0:4, 4:8] = 0
    assert np.array_equal(images.decode_grey(found["s/a"]["mask"]), wanted)
    assert found["s/a"]["crack_px"] == SIDE * SIDE - 16
    assert found["s/b"]["crack_px"] == SIDE * SIDE


def test_patch_labels_that_are_not_given_do_not_touch_validation_and_test(photos: Path, tmp_path: Path) -> None:
    found = made(photos, masks_of(tmp_path), Teacher(), a=[(0, 0, SIDE)])
    assert [found[name]["crack_px"] for name in NAMES] == [0, SIDE * SIDE, SIDE * SIDE, SIDE * SIDE]


def test_photographs_that_have_a_mask_are_not_segmented_again(photos: Path, tmp_path: Path) -> None:
    teacher = Teacher()
    found = made(photos, masks_of(tmp_path, c=100, d=150), teacher)
    assert teacher.asked == ["s/a", "s/b"]
    assert images.decode_grey(found["s/c"]["mask"]).max() == 100
    assert images.decode_grey(found["s/d"]["mask"]).max() == 150
    assert [found[name]["crack_px"] > 0 for name in ("s/c", "s/d")] == [False, True]


def test_every_photograph_gets_a_row_that_names_the_method(photos: Path, tmp_path: Path) -> None:
    found = made(photos, masks_of(tmp_path), Teacher())
    assert list(found) == list(NAMES)
    assert {row["method"] for row in found.values()} == {"self_cam_location"}
