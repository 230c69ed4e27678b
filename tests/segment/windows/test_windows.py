"""Windows of labelled photographs: pixels from the augmentation, and the label cut to the same window."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_windows import PLAIN

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.windows import augment, windows
from crackpipe.segment.windows.augment import Placement, View


def whole(pixels: np.ndarray, *, side_px: int, mirrored: bool = False) -> View:
    """A square photograph as it is, or its mirror image."""
    placement = Placement(side_px, False, 1.0, (side_px - 1) / 2, (side_px - 1) / 2, 0.0, mirrored)
    return View(pixels[:, ::-1].copy() if mirrored else pixels, placement, None)


def unchanged(pixels: np.ndarray, random: np.random.Generator) -> View:
    return whole(pixels, side_px=len(pixels))


def window(
    pixels: np.ndarray, levels: np.ndarray, *, random: np.random.Generator | None = None, **changed: Any
) -> tuple[np.ndarray, np.ndarray]:
    settings: dict[str, Any] = {"binarise": 0.5, "soft": False, "cut_view": unchanged}
    return windows.window(
        "p",
        random or np.random.default_rng(0),
        photos={"p": pixels},
        labels={"p": images.encode_grey(levels)},
        **(settings | changed),
    )


def photograph(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Random pixels, black where the label says crack."""
    random = np.random.default_rng(height * width)
    label = np.where(random.random((height, width)) < 0.3, np.uint8(255), np.uint8(0))
    return np.repeat(255 - label[..., None], 3, axis=2), label


def test_a_label_is_cut_where_the_window_was() -> None:
    pixels, label = photograph(12, 12)
    before = pixels.copy()
    found, target = window(pixels, label, cut_view=lambda pixels, random: whole(pixels, side_px=12, mirrored=True))
    np.testing.assert_array_equal(found, pixels[:, ::-1])
    np.testing.assert_array_equal(target, label[:, ::-1])
    np.testing.assert_array_equal(pixels, before)


def test_what_was_drawn_into_a_window_is_crack_too() -> None:
    pixels, label = photograph(12, 12)
    drawn = np.zeros((12, 12), bool)
    drawn[3] = True

    def with_crack(pixels: np.ndarray, random: np.random.Generator) -> View:
        return replace(whole(pixels, side_px=12), drawn=drawn)

    _, target = window(pixels, label, cut_view=with_crack)
    np.testing.assert_array_equal(target, np.where(drawn, 255, label))


@pytest.mark.parametrize(("soft", "wanted"), [(False, [0, 0, 255, 255]), (True, [0, 62, 128, 255])])
def test_the_label_is_a_target_before_it_is_changed(soft: bool, wanted: list[int]) -> None:
    levels = np.array([[0, 50, 102, 255] * 2] * 8, np.uint8)
    _, target = window(np.zeros((8, 8, 3), np.uint8), levels, binarise=0.4, soft=soft)
    assert target.tolist() == [wanted * 2] * 8


def test_each_generator_has_its_window() -> None:
    pixels, label = photograph(60, 60)
    turned = replace(
        PLAIN,
        scale_min=0.5,
        scale_max=1.0,
        rotation_deg=90.0,
    )
    cut_view = partial(augment.view, side_px=16, fit="crop", augmentation=turned)
    first, again, other = (
        window(pixels, label, cut_view=cut_view, random=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_an_opened_sampler_cuts_windows_of_the_labelled_photographs_alone(tmp_path: Path) -> None:
    pictures = {name: photograph(12, 12) for name in ("p/a", "p/b", "p/c")}
    nothing = dict.fromkeys(("mask", "label", "caption", "attributes", "mm_per_px"))
    rows = [
        {
            "photo_id": name,
            "source": "p",
            "split": "train",
            "group_id": name,
            "height_px": 12,
            "width_px": 12,
            **nothing,
        }
        | {"image": images.encode_rgb(np.where(pixels > 0, np.uint8(100 + i), pixels))}
        for i, (name, (pixels, _)) in enumerate(pictures.items())
    ]
    parquet.write_shards(tmp_path, schemas.PHOTOS, rows)
    labels = {name: images.encode_grey(pictures[name][1]) for name in ("p/a", "p/c")}
    with windows.opened(tmp_path, labels, unchanged, binarise=0.5, soft=False, workers=1) as sample:
        drawn = [sample(np.random.default_rng(seed)) for seed in range(20)]
    assert {int(pixels.max()) for pixels, _ in drawn} == {100, 102}
    assert all(np.array_equal(target == 255, pixels[..., 0] == 0) for pixels, target in drawn)


def test_a_sampler_takes_every_photograph_about_as_often() -> None:
    def cut(photo_id: str, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        level = np.uint8(ord(photo_id))
        return np.full((2, 2, 3), level, np.uint8), np.full((2, 2), int(random.integers(256)), np.uint8)

    sample = windows.sampler(["a", "b", "c"], cut)
    drawn = [sample(np.random.default_rng(seed)) for seed in range(90)]
    counts = {name: sum(int(pixels[0, 0, 0]) == ord(name) for pixels, _ in drawn) for name in "abc"}
    assert sum(counts.values()) == 90
    assert min(counts.values()) > 15
    again = sample(np.random.default_rng(5))
    assert np.array_equal(again[0], drawn[5][0])
    assert np.array_equal(again[1], drawn[5][1])
    assert len({int(label[0, 0]) for _, label in drawn}) > 30  # the generator goes on to the window
