"""Windows for the encoder: the photographs that are drawn, and windows that depend on seed and photograph alone."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.adapters import token_windows
from crackpipe.segment.windows.augment import Placement, View

SPLITS = ["train", "train", "val", "test", "train", "train", "train"]
LABELS = [1, None, 1, 1, 0, 1, 1]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Seven photographs p/0 … p/6, each all of its number's grey."""
    rows = []
    for i, (split, label) in enumerate(zip(SPLITS, LABELS, strict=True)):
        image = images.encode_rgb(np.full((8, 8, 3), i, np.uint8))
        row = {"photo_id": f"p/{i}", "source": "p", "split": split, "group_id": str(i), "height_px": 8, "width_px": 8}
        row |= dict.fromkeys(("mask", "caption", "attributes", "mm_per_px"))
        rows.append(row | {"image": image, "label": label})
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, rows)
    return tmp_path / "photos"


def draw(photos: Path, *, unlabelled: tuple[str, ...] = (), crack_free: bool = False, **draws: int) -> list[str]:
    return token_windows.draw(photos, unlabelled=unlabelled, crack_free=crack_free, **({"count": 9, "seed": 0} | draws))


def test_photographs_of_the_splits_are_drawn_and_those_known_to_hold_no_crack_if_they_are_wanted(photos: Path) -> None:
    assert draw(photos) == ["p/0", "p/1", "p/5", "p/6"]
    assert draw(photos, unlabelled=("p.test",)) == ["p/0", "p/1", "p/3", "p/5", "p/6"]
    assert draw(photos, unlabelled=("p.test",), count=4) == ["p/0", "p/1", "p/3", "p/5", "p/6"]
    assert draw(photos, unlabelled=("q.test",)) == ["p/0", "p/1", "p/5", "p/6"]
    assert draw(photos, crack_free=True) == ["p/0", "p/1", "p/4", "p/5", "p/6"]


def test_so_many_are_drawn_in_the_tables_order_and_another_seed_draws_others(photos: Path) -> None:
    drawn = {tuple(draw(photos, count=2, seed=seed)) for seed in range(20)}
    assert all(len(names) == 2 and list(names) == sorted(names) for names in drawn)
    assert len(drawn) == 6  # every pair of the four
    assert len({tuple(draw(photos, count=2)) for _ in range(3)}) == 1


def noted(pixels: np.ndarray, random: np.random.Generator) -> View:
    """The photograph, and the generator's first number as its scale."""
    return View(pixels, Placement(8, False, float(random.random()), 3.5, 3.5, 0.0, False), None)


def test_each_photograph_is_cut_to_as_many_views_as_asked_for(photos: Path) -> None:
    windows = list(token_windows.cut_windows(photos, ["p/1", "p/5"], noted, views=3, seed=0, workers=2))
    assert [(photo_id, view) for photo_id, view, _ in windows] == [
        (name, i) for name in ("p/1", "p/5") for i in range(3)
    ]
    assert [int(view.pixels[0, 0, 0]) for *_, view in windows] == [1, 1, 1, 5, 5, 5]
    assert len({view.placement.scale for *_, view in windows}) == 6


@pytest.mark.parametrize("workers", [1, 3])
def test_equal_seeds_give_equal_windows_whatever_the_workers(photos: Path, workers: int) -> None:
    def scales(seed: int, *, workers: int) -> list[float]:
        windows = token_windows.cut_windows(photos, ["p/0", "p/6"], noted, views=2, seed=seed, workers=workers)
        return [view.placement.scale for *_, view in windows]

    assert scales(3, workers=workers) == scales(3, workers=2)
    assert scales(3, workers=workers) != scales(4, workers=2)
