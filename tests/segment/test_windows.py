"""Windows of labelled photographs: decoded, squeezed where asked for, and handed to the augmentation."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe import images
from crackpipe.segment import views, windows


def unchanged(pixels: np.ndarray, label: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return pixels, label


def window(
    pixels: np.ndarray, levels: np.ndarray, *, random: np.random.Generator | None = None, **changed: Any
) -> tuple[np.ndarray, np.ndarray]:
    settings: dict[str, Any] = {"binarise": 0.5, "soft": False, "squeeze_px": None, "change": unchanged}
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


def test_a_photograph_and_its_label_are_changed_together() -> None:
    pixels, label = photograph(6, 6)
    before = pixels.copy()

    def turned(pixels: np.ndarray, label: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        quarters = int(random.integers(1, 4))
        return np.rot90(pixels, quarters), np.rot90(label, quarters)

    found, target = window(pixels, label, change=turned, random=np.random.default_rng(3))
    quarters = int(np.random.default_rng(3).integers(1, 4))
    np.testing.assert_array_equal(found, np.rot90(pixels, quarters))
    np.testing.assert_array_equal(target, np.rot90(label, quarters))
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize(("soft", "wanted"), [(False, [0, 0, 255, 255]), (True, [0, 62, 128, 255])])
def test_the_label_is_a_target_before_it_is_changed(soft: bool, wanted: list[int]) -> None:
    levels = np.array([[0, 50, 102, 255]] * 4, np.uint8)
    _, target = window(np.zeros((4, 4, 3), np.uint8), levels, binarise=0.4, soft=soft)
    assert target.tolist() == [wanted] * 4


@given(height=st.integers(1, 40), width=st.integers(1, 40), squeeze_px=st.sampled_from([8, 13, 20]))
def test_a_squeezed_photograph_is_a_square_with_its_label_on_its_pixels(
    height: int, width: int, squeeze_px: int
) -> None:
    pixels, label = photograph(height, width)
    before = pixels.copy()
    found, target = window(pixels, label, squeeze_px=squeeze_px)
    assert (found.shape, target.shape) == ((squeeze_px, squeeze_px, 3), (squeeze_px, squeeze_px))
    assert np.abs(found[..., 0].astype(int) + target - 255).max() <= 1
    np.testing.assert_array_equal(pixels, before)


def test_squeezing_takes_all_of_the_photograph_and_shares_of_cracks() -> None:
    label = np.zeros((8, 16), np.uint8)
    label[:, 8:] = 255
    label[:, 0] = 255  # one of four columns that become one
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, 8:] = 200
    found, target = window(pixels, label, squeeze_px=4)
    assert found[..., 0].tolist() == [[0, 0, 200, 200]] * 4
    assert target.tolist() == [[64, 0, 255, 255]] * 4


def test_a_soft_label_is_made_a_target_before_it_is_squeezed() -> None:
    levels = np.array([[100, 0], [0, 0]], np.uint8)  # below the threshold, and above it only in the mean of nothing
    _, target = window(np.zeros((2, 2, 3), np.uint8), levels, squeeze_px=1, binarise=0.5)
    assert target.tolist() == [[0]]
    _, target = window(np.zeros((2, 2, 3), np.uint8), levels, squeeze_px=1, binarise=0.3)
    assert target.tolist() == [[64]]


def test_each_generator_has_its_window() -> None:
    pixels, label = photograph(60, 60)
    names = ("scale_min", "scale_max", "rotation_deg", "contrast", "brightness", "grey_p", "blur_p", "blur_px")
    plain = dict.fromkeys((*names, "noise_p", "noise", "thin_cracks_p", "thin_min_px", "thin_max_px"), 0.0)
    plain |= {"scale_min": 0.5, "scale_max": 1.0, "rotation_deg": 90.0, "thin_min_px": 1.0, "thin_max_px": 2.0}

    def change(*taken: Any) -> tuple[np.ndarray, np.ndarray]:
        return views.view(*taken, side_px=16, **plain)

    first, again, other = (
        window(pixels, label, change=change, random=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_a_sampler_takes_every_photograph_about_as_often() -> None:
    def cut(photo_id: str, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        level = np.uint8(ord(photo_id))
        return np.full((2, 2, 3), level, np.uint8), np.full((2, 2), int(random.integers(256)), np.uint8)

    sample = windows.any_of(["a", "b", "c"], cut)
    drawn = [sample(np.random.default_rng(seed)) for seed in range(90)]
    counts = {name: sum(int(pixels[0, 0, 0]) == ord(name) for pixels, _ in drawn) for name in "abc"}
    assert sum(counts.values()) == 90
    assert min(counts.values()) > 15
    again = sample(np.random.default_rng(5))
    assert np.array_equal(again[0], drawn[5][0])
    assert np.array_equal(again[1], drawn[5][1])
    assert len({int(label[0, 0]) for _, label in drawn}) > 30  # the generator goes on to the window
