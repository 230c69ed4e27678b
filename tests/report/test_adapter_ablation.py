"""Scores of one wording: which photographs count, and what for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from crackpipe.measures import segmentation
from crackpipe.report import adapter_ablation

Photos = Callable[[dict[str, tuple[str, np.ndarray | None]]], Path]


def dark(image: np.ndarray, *, what: str) -> np.ndarray:
    """The photographs' cracks are black; of those whose name ends in x it finds half as much."""
    found = np.where(image[..., 0] < 128, np.uint8(255), np.uint8(0))
    if what.endswith("x"):
        found[: len(found) // 2] = 0
    return found


def score(photos: Path, **segments: Callable[..., Any]) -> dict[str, Any]:
    return adapter_ablation.score(photos, segments, split="test", tolerance_px=2, workers=2)


def test_test_photographs_with_ground_truth_are_scored_by_source(write_photos: Photos, crack: np.ndarray) -> None:
    photos = write_photos(
        {"a/1": ("test", crack), "a/2": ("train", crack), "a/3": ("test", None), "b/4x": ("test", crack)}
    )
    both = score(photos, normal=dark, crack=lambda image, *, what: dark(image, what="whole"))
    assert both["crack"]["b"]["ods"] == 1.0
    found = both["normal"]
    half = crack.copy()
    half[:6] = False
    wanted = segmentation.score([segmentation.count(half.astype(np.uint8) * np.uint8(255), crack)])
    assert found["a"] == {"ods": 1.0, "ois": 1.0, "ap": 1.0, "n": 1}
    assert found["b"] == {"ods": wanted.ods, "ois": wanted.ois, "ap": wanted.ap, "n": 1}
    assert 0 < wanted.ods < 1


def test_each_photograph_is_named_to_the_segmenter(write_photos: Photos, crack: np.ndarray) -> None:
    names = []

    def noting(image: np.ndarray, *, what: str) -> np.ndarray:
        names.append(what)
        return dark(image, what=what)

    score(write_photos({"a/1": ("test", crack), "a/2": ("val", crack), "b/1": ("test", crack)}), normal=noting)
    assert names == ["a/1", "b/1"]
