"""Labels that a segmenter is trained on: which are read, which are drawn, and as what targets."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.windows import labels
from crackpipe.segment.windows.labels import TrainingLabels

SOFT = images.encode_grey(np.full((4, 4), 90, np.uint8))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two training photographs, and one of each other split."""
    plain = {"label": None, "caption": None, "attributes": None, "mm_per_px": None, "height_px": 4, "width_px": 4}
    picture = images.encode_rgb(np.zeros((4, 4, 3), np.uint8))
    written = [
        {"photo_id": name, "source": "s", "split": split, "group_id": name, "image": picture, "mask": None, **plain}
        for name, split in (("s/a", "train"), ("s/b", "train"), ("s/c", "val"), ("s/d", "test"))
    ]
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, written)
    return tmp_path / "photos"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Labels of all four, 16, 15, 99 and 16 crack pixels large."""
    rows = [
        {"photo_id": name, "method": "cam", "mask": SOFT, "binarise": 0.5, "crack_px": crack_px}
        for name, crack_px in (("s/a", 16), ("s/b", 15), ("s/c", 99), ("s/d", 16))
    ]
    parquet.write_shards(tmp_path / "labels", schemas.PSEUDO_LABELS, rows)
    return tmp_path / "labels"


@pytest.mark.parametrize(
    ("unlabelled", "keep_px", "wanted"),
    [
        ([], 16, ["s/a"]),
        ([], 15, ["s/a", "s/b"]),
        ([], 0, ["s/a", "s/b"]),
        (["s.test"], 16, ["s/a", "s/d"]),
        (["s.val", "s.test"], 17, ["s/c"]),
    ],
)
def test_labels_of_the_splits_with_enough_crack_pixels(
    photos: Path, stored: Path, unlabelled: list[str], keep_px: int, wanted: list[str]
) -> None:
    loaded = labels.load(stored, photos, kind="cam", unlabelled=unlabelled, keep_px=keep_px)
    assert loaded.every() == dict.fromkeys(wanted, SOFT)


def test_a_name_without_a_photograph_is_told(photos: Path, stored: Path) -> None:
    with pytest.raises(
        CrackpipeError, match=r"train_segmenter\.unlabelled: no photograph is of other\.test; take it out"
    ):
        labels.load(stored, photos, kind="cam", unlabelled=["other.test", "s.test"], keep_px=0)


def test_ground_truth_of_validation_and_test_is_never_trained_on(photos: Path, stored: Path) -> None:
    loaded = labels.load(stored, photos, kind="truth", unlabelled=["s.val", "s.test"], keep_px=0)
    assert list(loaded.every()) == ["s/a", "s/b"]


def test_the_same_photographs_are_drawn_for_the_same_seed() -> None:
    known = {f"s/{i:02d}": bytes([i]) for i in range(20)}
    every = TrainingLabels(known, {})
    drawn = labels.draw(every, count=8, seed=0, kind="truth")
    assert drawn == {photo_id: known[photo_id] for photo_id in drawn}
    first = list(drawn)
    assert first == list(labels.draw(TrainingLabels(dict(reversed(known.items())), {}), count=8, seed=0, kind="truth"))
    assert first == sorted(set(first))
    assert len(first) == 8
    assert first != list(labels.draw(every, count=8, seed=1, kind="truth"))


def test_all_are_drawn_where_there_are_fewer() -> None:
    two = TrainingLabels({"s/b": b"", "s/a": b""}, {})
    assert list(labels.draw(two, count=8, seed=0, kind="truth")) == ["s/a", "s/b"]
    assert list(labels.draw(two, count=None, seed=0, kind="truth")) == ["s/a", "s/b"]


def test_unlabelled_photographs_take_no_training_photographs_place() -> None:
    both = TrainingLabels({f"s/{i:02d}": b"" for i in range(9)}, {f"s/{i:02d}": b"" for i in range(50, 90)})
    drawn = labels.draw(both, count=9, seed=0, kind="cam")
    assert list(drawn) == [*both.training, *both.unlabelled]


def test_no_usable_label_says_what_to_lower() -> None:
    with pytest.raises(CrackpipeError) as caught:
        labels.draw(TrainingLabels({}, {}), count=8, seed=0, kind="cam_crf")
    assert str(caught.value) == (
        "train_segmenter.labels=cam_crf: no training photograph has a usable label; lower pseudo_label.keep_px or "
        "pseudo_label.cam_crf.binarise, or look at the pseudo-labels in metrics/plots/images"
    )


def test_a_hard_target_is_crack_from_the_threshold_on() -> None:
    levels = images.encode_grey(np.array([[0, 127, 128, 255]], np.uint8))
    found = labels.decode_target(levels, binarise=0.5, soft=False)
    assert (found.tolist(), found.dtype) == ([[0, 0, 255, 255]], np.dtype(np.uint8))


def test_a_soft_target_is_one_half_at_the_threshold_and_one_at_twice_as_much() -> None:
    levels = images.encode_grey(np.array([[0, 51, 102, 153, 204, 255]], np.uint8))
    found = labels.decode_target(levels, binarise=0.4, soft=True)
    assert (found.tolist(), found.dtype) == ([[0, 64, 128, 191, 255, 255]], np.dtype(np.uint8))


@pytest.mark.parametrize("percent", range(1, 100))
def test_soft_and_hard_targets_agree_on_which_side_of_one_half_a_pixel_lies(percent: int) -> None:
    ramp = images.encode_grey(np.arange(256, dtype=np.uint8)[None])
    soft, hard = (labels.decode_target(ramp, binarise=percent / 100, soft=soft) for soft in (True, False))
    np.testing.assert_array_equal(soft >= 128, hard == 255)


@pytest.mark.parametrize("soft", [False, True])
def test_ground_truth_is_the_target_itself(soft: bool) -> None:
    thin = np.eye(4, dtype=bool)
    for encoded in (images.encode_mask(thin), images.encode_grey(thin.astype(np.uint8) * np.uint8(255))):
        np.testing.assert_array_equal(labels.decode_target(encoded, binarise=0.5, soft=soft), np.where(thin, 255, 0))
