"""Which labels a segmenter is trained on."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe import images, tables
from crackpipe.errors import CrackpipeError
from crackpipe.segment import labels

FULL, THIN = np.ones((4, 4), bool), np.eye(4, dtype=bool)


def photos(folder: Path, rows: dict[str, tuple[str, np.ndarray | None]]) -> Path:
    """A table of photographs: split and mask by photo_id."""
    plain = {"label": None, "caption": None, "attributes": None, "mm_per_px": None, "height_px": 4, "width_px": 4}
    picture = images.encode_rgb(np.zeros((4, 4, 3), np.uint8))
    written = [
        {
            "photo_id": name,
            "source": "s",
            "split": split,
            "group_id": name,
            "image": picture,
            "mask": None if mask is None else images.encode_mask(mask),
            **plain,
        }
        for name, (split, mask) in rows.items()
    ]
    tables.write_shards(folder / "photos", tables.PHOTOS, written)
    return folder / "photos"


def test_ground_truth_of_training_photographs_with_enough_crack_pixels(tmp_path: Path) -> None:
    table = photos(
        tmp_path,
        {
            "s/a": ("train", FULL),
            "s/b": ("train", THIN),
            "s/c": ("train", None),
            "s/d": ("test", FULL),
            "s/e": ("train", np.zeros((4, 4), bool)),
        },
    )
    assert sorted(labels.truth(table, keep_px=5)) == ["s/a"]
    found = labels.truth(table, keep_px=4)
    assert sorted(found) == ["s/a", "s/b"]
    np.testing.assert_array_equal(images.decode_mask(found["s/b"]), THIN)
    assert sorted(labels.truth(table, keep_px=0)) == ["s/a", "s/b", "s/e"]


def test_pseudo_labels_of_training_photographs_with_enough_crack_pixels(tmp_path: Path) -> None:
    table = photos(tmp_path, {"s/a": ("train", None), "s/b": ("train", None), "s/c": ("val", None)})
    soft = images.encode_grey(np.full((4, 4), 90, np.uint8))
    rows = [
        {"photo_id": name, "method": "cam", "mask": soft, "crack_px": crack_px}
        for name, crack_px in (("s/a", 16), ("s/b", 15), ("s/c", 99))
    ]
    tables.write_shards(tmp_path / "labels", tables.PSEUDO_LABELS, rows)
    assert labels.pseudo(table, tmp_path / "labels", keep_px=16) == {"s/a": soft}
    assert sorted(labels.pseudo(table, tmp_path / "labels", keep_px=0)) == ["s/a", "s/b"]


def test_the_kind_chooses_between_pseudo_labels_and_ground_truth(tmp_path: Path) -> None:
    table = photos(tmp_path, {"s/a": ("train", FULL), "s/b": ("train", FULL)})
    soft = images.encode_grey(np.full((4, 4), 90, np.uint8))
    rows = [{"photo_id": "s/b", "method": "cam", "mask": soft, "crack_px": 16}]
    tables.write_shards(tmp_path / "labels", tables.PSEUDO_LABELS, rows)
    assert labels.load("pseudo", photos=table, pseudo_labels=tmp_path / "labels", keep_px=1) == {"s/b": soft}
    assert sorted(labels.load("truth", photos=table, pseudo_labels=tmp_path / "gone", keep_px=1)) == ["s/a", "s/b"]


def test_the_same_photographs_are_drawn_for_the_same_seed() -> None:
    known = {f"s/{i:02d}": b"" for i in range(20)}
    first = labels.draw(known, count=8, seed=0, kind="truth")
    assert first == labels.draw(dict(reversed(known.items())), count=8, seed=0, kind="truth")
    assert first == sorted(set(first))
    assert len(first) == 8
    assert first != labels.draw(known, count=8, seed=1, kind="truth")


def test_all_are_drawn_where_there_are_fewer() -> None:
    assert labels.draw({"s/b": b"", "s/a": b""}, count=8, seed=0, kind="truth") == ["s/a", "s/b"]


def test_no_usable_label_says_what_to_lower() -> None:
    with pytest.raises(CrackpipeError) as caught:
        labels.draw({}, count=8, seed=0, kind="pseudo")
    assert str(caught.value) == (
        "train_segmenter.labels=pseudo: no training photograph has a usable label; lower pseudo_label.keep_px or "
        "pseudo_label.binarise, or look at the pseudo-labels in metrics/plots/images"
    )


def test_a_label_is_crack_from_the_threshold_on() -> None:
    levels = images.encode_grey(np.array([[0, 127, 128, 255]], np.uint8))
    assert labels.decode(levels, binarise=0.5).tolist() == [[False, False, True, True]]


@pytest.mark.parametrize("binarise", [0.01, 0.5, 0.99])
def test_ground_truth_is_the_same_at_every_threshold(binarise: float) -> None:
    np.testing.assert_array_equal(labels.decode(images.encode_mask(THIN), binarise=binarise), THIN)
