"""Scores of labels: by method, source and split, with the number that is usable."""

import numpy as np
import pytest

from crackpipe import images
from crackpipe.measures import segmentation
from crackpipe.pseudo.scoring import LabelScores

TRUTH = np.zeros((16, 16), bool)
TRUTH[8, 2:14] = True
RIGHT = np.where(TRUTH, np.uint8(255), np.uint8(0))
IMAGE = np.full((16, 16, 3), 200, np.uint8)
IMAGE[8, 2:8] = 20  # the left half of the crack is dark
HALF = np.where(IMAGE[..., 0] == 20, np.uint8(255), np.uint8(0))


def row(split: str = "train", *, truth: bool = True) -> dict[str, object]:
    return {"source": "demo", "split": split, "mask": images.encode_mask(TRUTH) if truth else None}


def test_a_right_label_scores_one_and_the_baselines_stand_beside_it() -> None:
    scores = LabelScores(method="cam", tolerance_px=2, keep_px=10)
    scores.add(row(), image=IMAGE, levels=RIGHT, crack_px=12)
    tree = scores.tree()
    assert sorted(tree) == ["cam", "darkness", "otsu"]
    found = tree["cam"]["demo"]["train"]
    assert found["ods"] == pytest.approx(1)
    assert found["n"] == found["kept"] == 1
    half = tree["otsu"]["demo"]["train"]
    expected = segmentation.score([segmentation.count(HALF, TRUTH)])
    assert (half["ods"], half["ois"], half["ap"]) == (expected.ods, expected.ois, expected.ap)
    assert half["ods"] == pytest.approx(2 / 3)  # precision 1, recall 1/2
    assert "kept" not in half


def test_labels_with_too_few_pixels_are_counted_but_not_kept() -> None:
    scores = LabelScores(method="cam", tolerance_px=2, keep_px=10)
    for crack_px in (9, 10, 11):
        scores.add(row("val"), image=IMAGE, levels=RIGHT, crack_px=crack_px)
    found = scores.tree()["cam"]["demo"]["val"]
    assert (found["n"], found["kept"]) == (3, 2)


def test_photographs_without_ground_truth_count_among_the_labels_only() -> None:
    scores = LabelScores(method="cam", tolerance_px=2, keep_px=10)
    scores.add(row("test", truth=False), image=IMAGE, levels=RIGHT, crack_px=12)
    assert scores.tree() == {"cam": {"demo": {"test": {"n": 1, "kept": 1}}}}
