"""Labels by self-training: the teacher's masks, where the patch labels leave room for a crack."""

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
    """Answers 200 everywhere, and remembers the photographs that it has segmented."""

    def __init__(self) -> None:
        self.segmented: list[str] = []

    def __call__(self, image: UInt8[np.ndarray, "h w 3"], *, what: str) -> UInt8[np.ndarray, "h w"]:
        self.segmented.append(what)
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


def label_rows(
    photos: Path, masks: Path | None, teacher: Teacher, **crack_free: list[tuple[int, int, int]]
) -> dict[str, parquet.Row]:
    every = self_training.rows(
        photos,
        masks,
        segment=teacher,
        crack_free_patches={f"s/{name}": boxes for name, boxes in crack_free.items()},
        method="self_cam_location",
        binarise=0.5,
        workers=1,
    )
    return {row["photo_id"]: row for row in every}


def test_a_patch_labelled_none_holds_no_crack_whatever_the_teacher_says(photos: Path, tmp_path: Path) -> None:
    rows = label_rows(photos, masks_of(tmp_path), Teacher(), a=[(0, 4, 4)], b=[])
    wanted = np.full((SIDE, SIDE), 200, np.uint8)
    wanted[0:4, 4:8] = 0
    assert np.array_equal(images.decode_grey(rows["s/a"]["mask"]), wanted)
    assert rows["s/a"]["crack_px"] == SIDE * SIDE - 16
    assert rows["s/b"]["crack_px"] == SIDE * SIDE


def test_patch_labels_that_are_not_given_do_not_touch_validation_and_test(photos: Path, tmp_path: Path) -> None:
    rows = label_rows(photos, masks_of(tmp_path), Teacher(), a=[(0, 0, SIDE)])
    assert [rows[name]["crack_px"] for name in NAMES] == [0, SIDE * SIDE, SIDE * SIDE, SIDE * SIDE]


def test_photographs_that_have_a_mask_are_not_segmented_again(photos: Path, tmp_path: Path) -> None:
    teacher = Teacher()
    rows = label_rows(photos, masks_of(tmp_path, c=100, d=150), teacher)
    assert teacher.segmented == ["s/a", "s/b"]
    assert images.decode_grey(rows["s/c"]["mask"]).max() == 100
    assert images.decode_grey(rows["s/d"]["mask"]).max() == 150
    assert [rows[name]["crack_px"] > 0 for name in ("s/c", "s/d")] == [False, True]


def test_every_photograph_gets_a_row_that_names_the_method(photos: Path, tmp_path: Path) -> None:
    rows = label_rows(photos, masks_of(tmp_path), Teacher())
    assert list(rows) == list(NAMES)
    assert {row["method"] for row in rows.values()} == {"self_cam_location"}


def test_a_teacher_that_looks_otherwise_than_the_masks_were_made_segments_all(photos: Path) -> None:
    teacher = Teacher()
    rows = label_rows(photos, None, teacher)
    assert teacher.segmented == list(NAMES)
    assert list(rows) == list(NAMES)
