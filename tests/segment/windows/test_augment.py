"""Augmented windows: without augmentation pieces of the photograph, and whatever happens, label and pixels together."""

from dataclasses import asdict, replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_windows import PLAIN
from scipy import ndimage

from crackpipe.segment.windows import augment

WILD: dict[str, Any] = {
    "scale_min": 0.25,
    "scale_max": 2.0,
    "rotation_deg": 180.0,
    "contrast": 0.4,
    "brightness": 30.0,
    "grey_p": 0.3,
    "blur_p": 0.5,
    "noise_p": 0.5,
    "thin_cracks_p": 0.5,
    "lookalikes_p": 0.5,
}


def photograph(height: int = 40, width: int = 56) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(height * width)
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return pixels, random.integers(0, 256, (height, width), dtype=np.uint8)


def disc(height: int, width: int, *, row: float, col: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A red disc on a white wall, and its mask: green and blue are what the label is not."""
    down, across = np.mgrid[:height, :width]
    label = np.where((down - row) ** 2 + (across - col) ** 2 <= radius**2, np.uint8(255), np.uint8(0))
    return np.stack([np.full_like(label, 255), 255 - label, 255 - label], axis=2), label


def cut(
    pixels: np.ndarray, seed: int, *, side_px: int = 24, fit: Literal["crop", "resize"] = "crop", **changed: Any
) -> augment.View:
    random = np.random.default_rng(seed)
    return augment.view(pixels, random, side_px=side_px, fit=fit, augmentation=replace(PLAIN, **changed))


def view(pixels: np.ndarray, label: np.ndarray, seed: int, **changed: Any) -> tuple[np.ndarray, np.ndarray]:
    made = cut(pixels, seed, **changed)
    return made.pixels, augment.target(label, made.placement, drawn=made.drawn)


def matches(pixels: np.ndarray, window: np.ndarray) -> list[tuple[int, int, bool]]:
    """Positions in the photograph that show the window itself: (row, column, mirrored)."""
    side = len(window)
    every = np.lib.stride_tricks.sliding_window_view(pixels, (side, side), axis=(0, 1))
    return [
        (row, col, mirrored)
        for row, col in np.ndindex(every.shape[:2])
        for mirrored in (False, True)
        if np.array_equal(np.moveaxis(every[row, col], 0, -1), window[:, ::-1] if mirrored else window)
    ]


@given(seed=st.integers(0, 10_000), side_px=st.sampled_from([23, 24, 40]))
@settings(max_examples=30)
def test_without_augmentation_a_window_is_a_piece_of_the_photograph_or_its_mirror(seed: int, side_px: int) -> None:
    pixels, label = photograph()
    before = pixels.copy(), label.copy()
    window, target = view(pixels, label, seed, side_px=side_px)
    ((row, col, mirrored),) = matches(pixels, window)
    piece = label[row : row + side_px, col : col + side_px]
    np.testing.assert_array_equal(target, piece[:, ::-1] if mirrored else piece)
    np.testing.assert_array_equal(pixels, before[0])
    np.testing.assert_array_equal(label, before[1])


@given(height=st.integers(8, 40), width=st.integers(8, 40), side_px=st.sampled_from([8, 13, 20]))
def test_a_squeezed_photograph_is_a_square_with_its_label_on_its_pixels(height: int, width: int, side_px: int) -> None:
    label = np.where(np.random.default_rng(height * width).random((height, width)) < 0.3, np.uint8(255), np.uint8(0))
    pixels = np.repeat(255 - label[..., None], 3, axis=2)
    window, target = view(pixels, label, 0, side_px=side_px, fit="resize")
    assert (window.shape, target.shape) == ((side_px, side_px, 3), (side_px, side_px))
    assert np.abs(window[..., 0].astype(int) + target - 255).max() <= 1


def test_squeezing_takes_all_of_the_photograph_and_shares_of_cracks() -> None:
    label = np.zeros((16, 32), np.uint8)
    label[:, 16:] = 255
    label[:, 0] = 255  # one of four columns that become one
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, 16:] = 200
    made = cut(pixels, 0, side_px=8, fit="resize")
    there_and_back = slice(None, None, -1 if made.placement.mirrored else 1)
    target = augment.target(label, made.placement, drawn=made.drawn)[:, there_and_back]
    assert made.pixels[:, there_and_back, 0].tolist() == [[0] * 4 + [200] * 4] * 8
    assert target.tolist() == [[64, 0, 0, 0] + [255] * 4] * 8


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20)
def test_the_placement_alone_cuts_the_label_that_the_window_shows(seed: int) -> None:
    """It is all that the cache holds of a window: a label that is red where the photograph is comes out the same."""
    pixels, label = disc(70, 90, row=30, col=40, radius=20)
    made = cut(pixels, seed, side_px=32, scale_min=0.5, scale_max=1.5, rotation_deg=180.0)
    target = augment.target(label, augment.Placement(**asdict(made.placement)), drawn=None)
    assert np.abs(made.pixels[..., 1].astype(int) + target - 255).max() <= 2


def test_windows_lie_everywhere_and_half_of_them_are_mirrored() -> None:
    pixels, label = photograph(9, 10)
    found = [matches(pixels, view(pixels, label, seed, side_px=8)[0])[0] for seed in range(120)]
    assert {(row, col) for row, col, _ in found} == {(row, col) for row in range(2) for col in range(3)}
    assert 40 <= sum(mirrored for *_, mirrored in found) <= 80


@pytest.mark.parametrize(("symmetries", "count"), [("none", 1), ("mirror", 2), ("all", 8)])
def test_the_symmetries_of_a_square_are_one_two_or_all_eight_and_each_takes_its_label_along(
    symmetries: augment.Symmetries, count: int
) -> None:
    pixels, label = photograph(16, 16)
    seen = {}
    for seed in range(80):
        window, target = view(pixels, label, seed, side_px=16, symmetries=symmetries)
        seen[window.tobytes()] = target.tobytes()
    turned = [
        (np.rot90(pixels[:, ::step], turns), np.rot90(label[:, ::step], turns))
        for step in (1, -1)
        for turns in range(4)
    ]
    if symmetries != "all":
        turned = turned[:1] if symmetries == "none" else turned[::4]
    assert len(seen) == count
    assert seen == {window.tobytes(): target.tobytes() for window, target in turned}


@pytest.mark.parametrize(("height", "width"), [(9, 40), (8, 8), (15, 13)])
def test_around_a_photograph_that_is_too_small_its_mirror_image_is_seen(height: int, width: int) -> None:
    pixels, label = photograph(height, width)
    window, target = view(pixels, label, 0, side_px=20)
    wide = [np.pad(layer, ((20, 20), (20, 20), (0, 0))[: layer.ndim], mode="reflect") for layer in (pixels, label)]
    found = matches(wide[0], window)
    assert found
    row, col, mirrored = found[0]
    piece = wide[1][row : row + 20, col : col + 20]
    np.testing.assert_array_equal(target, piece[:, ::-1] if mirrored else piece)


@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.2, 2.5),
    row=st.floats(0, 70),
    col=st.floats(0, 90),
    radius=st.floats(1, 25),
)
@settings(max_examples=40)
def test_a_label_stays_on_its_pixels_at_every_scale_and_turn(
    seed: int, scale: float, row: float, col: float, radius: float
) -> None:
    pixels, label = disc(70, 90, row=row, col=col, radius=radius)
    window, target = view(pixels, label, seed, side_px=32, scale_min=scale, scale_max=scale, rotation_deg=180.0)
    assert (window.shape, window.dtype, target.shape, target.dtype) == ((32, 32, 3), np.uint8, (32, 32), np.uint8)
    assert np.abs(window[..., 1].astype(int) + target - 255).max() <= 2  # rounded twice
    assert (window[..., 0] >= 254).all()


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0])
def test_the_scale_is_that_of_the_photograph(scale: float) -> None:
    pixels, label = disc(128, 128, row=63.5, col=63.5, radius=20)
    _, target = view(pixels, label, 0, side_px=round(128 * scale), scale_min=scale, scale_max=scale)
    area = target.astype(float).sum() / 255
    assert area == pytest.approx(np.pi * (20 * scale) ** 2, rel=0.05)


def test_a_shrunken_label_is_the_share_of_crack() -> None:
    label = np.zeros((64, 64), np.uint8)
    label[:, 20] = 255  # one of the four columns that become one
    pixels = np.zeros((64, 64, 3), np.uint8)
    _, target = view(pixels, label, 0, side_px=16, scale_min=0.25, scale_max=0.25)
    assert set(np.unique(target)) == {0, 64}
    assert (target == 64).sum() == 16


@pytest.mark.parametrize("turn_deg", [0.0, 3.0, 30.0, 45.0, 90.0])
@pytest.mark.parametrize(
    ("height", "width", "side_px", "scale"),
    [(320, 320, 160, 1.0), (320, 320, 64, 1.0), (100, 400, 100, 1.0), (400, 400, 100, 2.0), (640, 640, 224, 1.3)],
)
def test_no_line_vanishes_from_the_cracks_of_a_squeezed_window(
    height: int, width: int, side_px: int, scale: float, turn_deg: float
) -> None:
    middle = (side_px * scale - 1) / 2
    placement = augment.Placement(side_px, True, scale, middle, middle, turn_deg, False)
    _check_line(height, width, placement)


@pytest.mark.parametrize("turn_deg", [0.0, 3.0, 30.0, 45.0])
@pytest.mark.parametrize("scale", [1.0, 0.95, 0.7, 0.5, 0.2])
def test_no_line_vanishes_from_the_cracks_of_a_shrunken_window(scale: float, turn_deg: float) -> None:
    side_px = round(320 * scale) // 2
    middle = (round(320 * scale) - 1) / 2
    _check_line(320, 320, augment.Placement(side_px, False, scale, middle, middle, turn_deg, False))


def _check_line(height: int, width: int, placement: augment.Placement) -> None:
    """A level line of one pixel in a photograph is one line without a gap in the window, not much wider than it."""
    for row in range(height // 2 - 4, height // 2 + 4):
        label = np.zeros((height, width), np.uint8)
        label[row] = 255
        cracks = augment.crack(label, placement, drawn=None)
        _, pieces = ndimage.label(cracks, np.ones((3, 3), bool))
        assert pieces == 1
        span = max(np.ptp(axis) for axis in np.nonzero(cracks)) + 1
        assert span >= 0.7 * placement.side_px  # from border to border
        assert cracks.sum() / span <= np.sqrt(2) * (max(1.0, placement.scale) + 1.2)  # in each row or column


def test_turns_stay_within_the_largest_and_go_to_both_sides() -> None:
    label = np.zeros((96, 96), np.uint8)
    label[47:50] = 255
    pixels = np.zeros((96, 96, 3), np.uint8)
    angles = []
    for seed in range(40):
        _, target = view(pixels, label, seed, side_px=96, rotation_deg=20.0)
        weight = target[16:80, 16:80].astype(float)
        rows = (weight * np.arange(64)[:, None]).sum(axis=0) / weight.sum(axis=0)  # the line's row in each column
        angles.append(np.degrees(np.arctan(np.polyfit(np.arange(64), rows, 1)[0])))
    assert -20.5 <= min(angles) < -10
    assert 10 < max(angles) <= 20.5


def test_equal_generators_give_equal_bytes_and_others_do_not() -> None:
    pixels, label = photograph(100, 120)
    before = pixels.copy(), label.copy()
    for seed in range(8):
        first, again = (view(pixels, label, seed, **WILD) for _ in range(2))
        assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
        assert not np.array_equal(first[0], view(pixels, label, seed + 100, **WILD)[0])
    assert np.array_equal(pixels, before[0])
    assert np.array_equal(label, before[1])


def test_a_photograph_that_may_not_be_written_is_read(tmp_path: Any) -> None:
    pixels, label = photograph()
    pixels.tofile(tmp_path / "photo")
    mapped = np.memmap(tmp_path / "photo", np.uint8, mode="r", shape=pixels.shape)
    window, _ = view(mapped, label, 3, **WILD)
    assert np.array_equal(window, view(pixels, label, 3, **WILD)[0])


def flat(level: int = 128) -> tuple[np.ndarray, np.ndarray]:
    return np.full((32, 32, 3), level, np.uint8), np.zeros((32, 32), np.uint8)


def test_brightness_moves_all_levels_alike_and_never_too_far() -> None:
    moved = [view(*flat(), seed, brightness=30.0)[0] for seed in range(40)]
    assert all(np.ptp(window) == 0 for window in moved)
    means = [int(window[0, 0, 0]) - 128 for window in moved]
    assert -30 <= min(means) < -15
    assert 15 < max(means) <= 30


def test_contrast_stretches_about_the_mean_and_colours_a_quarter_as_much() -> None:
    pixels = np.full((32, 32, 3), 100, np.uint8)
    pixels[:, ::2] = 140
    label = np.zeros((32, 32), np.uint8)
    grey = [view(pixels, label, seed, side_px=32, contrast=0.4, grey_p=1.0)[0].astype(int) for seed in range(40)]
    spread = np.array([np.ptp(window) / 40 for window in grey])
    assert 0.57 <= spread.min() < 0.75
    assert 1.25 < spread.max() <= 1.43
    assert all(abs(window.mean() - 120) <= 1 for window in grey)
    tinted = [view(*flat(100), seed, contrast=0.4)[0] for seed in range(40)]
    shift = np.array([window[0, 0] / 100 for window in tinted])
    assert 0.9 - 0.005 <= shift.min() < 0.93
    assert 1.07 < shift.max() <= 1.1 + 0.005
    assert (np.ptp(shift, axis=1) > 0.01).any()


def test_colours_are_taken_away_with_the_given_probability() -> None:
    pixels, label = photograph()
    windows = [view(pixels, label, seed, grey_p=0.3)[0] for seed in range(60)]
    assert 8 <= sum((np.ptp(window, axis=2) == 0).all() for window in windows) <= 30


def test_blur_smooths_the_pixels_and_leaves_the_label() -> None:
    pixels, label = photograph()
    for seed in range(5):
        window, target = view(pixels, label, seed, blur_p=1.0)
        plain, same = view(pixels, label, seed)
        assert window.astype(float).std() < plain.astype(float).std()
        assert np.abs(ndimage.uniform_filter(window.astype(float), (9, 9, 0)).mean() - plain.mean()) < 4
        assert np.array_equal(target, same)


def test_noise_is_of_no_more_than_the_largest_sigma() -> None:
    pixels, label = flat()
    sigmas = [view(pixels, label, seed, noise_p=1.0, noise=8.0)[0].astype(float).std() for seed in range(40)]
    assert max(sigmas) <= 8.5
    assert min(sigmas) < 2
    assert max(sigmas) > 5


def test_thin_cracks_are_added_to_the_label_and_darken_the_pixels() -> None:
    pixels, label = flat(200)
    label[:4] = 77
    drawn = 0
    for seed in range(12):
        window, target = view(pixels, label, seed, side_px=32, thin_cracks_p=1.0)
        added = target == 255
        assert np.array_equal(np.where(added, 0, target), np.where(added, 0, label))
        assert (window[added] < 200).all()
        drawn += bool(added.any())
    assert drawn > 6


def test_lookalikes_change_the_pixels_and_no_label() -> None:
    pixels, label = flat(200)
    label[:4] = 77
    for seed in range(12):
        window, target = view(pixels, label, seed, side_px=32, lookalikes_p=1.0)
        assert np.array_equal(target, label)
        assert not np.array_equal(window, pixels)


def test_levels_stay_levels_in_the_brightest_light() -> None:
    for level in (0, 255):
        for seed in range(10):
            window, _ = view(*flat(level), seed, **(WILD | {"brightness": 255.0}))
            assert window.dtype == np.uint8
    bright = [view(*flat(250), seed, brightness=255.0)[0] for seed in range(20)]
    assert any((window == 255).all() for window in bright)  # cut, not wrapped around
