"""Soft location on drawn pictures: its threshold against scikit-image's Otsu, its darkness against the sigmoid."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.filters import threshold_multiotsu, threshold_otsu

from crackpipe.imaging import dark_map, images
from crackpipe.pseudo import methods
from crackpipe.pseudo.methods import SoftLocationSettings

SOFT = {"smooth_px": 0.0, "near": 0.5, "classes": 3, "softness": 20.0, "bilateral_px": 0, "bilateral_sigma": 120.0}
HARD = SOFT | {"softness": 0.0}


def soft(image: np.ndarray, *maps: np.ndarray, **changed: Any) -> np.ndarray:
    return methods.soft_location(image, *maps, settings=SoftLocationSettings(**(SOFT | changed)))


def rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)


def otsu(grey: np.ndarray, weights: np.ndarray, *, classes: int) -> int:
    """The lower threshold by scikit-image, of an image in which each pixel stands as often as it weighs."""
    expanded = np.repeat(grey.ravel(), weights.ravel())
    return int(threshold_otsu(expanded) if classes == 2 else threshold_multiotsu(expanded, classes=3)[0])


def three_levels(*, seed: int = 0) -> np.ndarray:
    """Crack, its surroundings and bright grains, a few grey levels each and far from each other."""
    random = np.random.default_rng(seed)
    return random.choice(np.array([30, 33, 120, 122, 124, 210, 212], np.uint8), (24, 32))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_threshold_is_otsus_with_each_pixel_as_often_as_its_localisation(classes: int, seed: int) -> None:
    grey = three_levels(seed=seed)
    weights = np.random.default_rng(seed + 9).integers(0, 256, grey.shape, dtype=np.uint8)
    threshold = dark_map.weighted_threshold(grey, weights, classes=classes)
    assert threshold == otsu(grey, weights, classes=classes)
    localised = images.to_unit(weights)
    wanted = np.where(grey <= threshold, weights, 0)  # with near=0 every pixel counts
    assert np.array_equal(soft(rgb(grey), localised, near=0.0, classes=classes, softness=0.0), wanted)
    sigmoid = 1 / (1 + np.exp((grey.astype(np.float64) - threshold) / 20))
    levels = soft(rgb(grey), localised, near=0.0, classes=classes)
    assert np.abs(levels - weights * sigmoid).max() <= 0.51


def test_a_thin_dark_line_stands_out_under_an_even_localisation() -> None:
    grey = np.full((32, 48), 180)
    grey[16] = 40
    image, localised = rgb(grey), np.full((32, 48), 0.8, np.float32)
    before = image.copy(), localised.copy()
    levels = soft(image, localised, smooth_px=1.0)
    assert levels.dtype == np.uint8
    assert (levels == levels[:, :1]).all()  # alike along the line
    profile = levels[:, 0].astype(int)
    assert profile.argmax() == 16
    assert profile[16] >= 255 * 0.8 / 2 - 1  # the line is in the darkest class
    assert (np.diff(profile[:17]) >= 0).all()
    assert (np.diff(profile[16:]) <= 0).all()
    assert profile[[0, 31]].max() < profile[16] / 4
    assert np.array_equal(image, before[0])
    assert np.array_equal(localised, before[1])


def test_what_is_hardly_localised_does_not_move_the_threshold() -> None:
    grey = three_levels()
    localised = np.full(grey.shape, 0.9, np.float32)
    localised[:, 16:] = 0.4  # less than half of the strongest
    shadow, light = grey.copy(), grey.copy()
    shadow[:, 16:], light[:, 16:] = 70, 250
    left = [soft(rgb(one), localised)[:, :16] for one in (grey, shadow, light)]
    assert left[0].max() > 100
    assert np.array_equal(left[0], left[1])
    assert np.array_equal(left[0], left[2])
    assert not np.array_equal(left[0], soft(rgb(shadow), localised, near=0.0)[:, :16])  # unless all pixels count
    weak = [soft(rgb(shadow), share * localised, softness=0.0)[:, :16] > 0 for share in np.float32([1, 0.25])]
    assert weak[0].any()
    assert np.array_equal(*weak)  # little is what is little beside the strongest


def test_the_localisation_is_the_mean_of_the_maps() -> None:
    image, maps = rgb(three_levels()), np.random.default_rng(1).random((3, 24, 32), np.float32)
    assert np.array_equal(soft(image, *maps), soft(image, maps.mean(axis=0)))


def test_without_softness_a_pixel_is_its_localisation_or_nothing() -> None:
    grey = three_levels()
    localised = np.random.default_rng(2).uniform(0.6, 1, grey.shape).astype(np.float32)
    levels = soft(rgb(grey), localised, softness=0.0)
    assert np.array_equal(levels, np.where(grey <= 33, images.to_levels(localised), 0))
    nearly = soft(rgb(grey), localised, softness=0.01)
    assert np.array_equal(nearly[grey != 33], levels[grey != 33])
    assert np.abs(nearly[grey == 33] - levels[grey == 33] / 2).max() <= 0.51  # half dark at the threshold


@given(seed=st.integers(0, 99), classes=st.sampled_from([2, 3]), near=st.sampled_from([0.0, 0.5, 0.9]))
def test_no_localisation_is_no_crack_and_no_label_exceeds_its_localisation(
    seed: int, classes: int, near: float
) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    localised = (random.random((9, 12)) * (random.random((9, 12)) < 0.5)).astype(np.float32)
    levels = soft(image, localised, classes=classes, near=near)
    assert not levels[localised == 0].any()
    assert (levels <= images.to_levels(localised)).all()
    assert not soft(image, np.zeros_like(localised), classes=classes, near=near).any()


@pytest.mark.parametrize("settings", [SOFT, HARD, SOFT | {"smooth_px": 1.5, "bilateral_px": 5}, SOFT | {"classes": 2}])
def test_a_constant_photograph_has_an_empty_label(settings: dict[str, Any]) -> None:
    flat = np.full((16, 20, 3), 128, np.uint8)
    with np.errstate(all="raise"):
        assert not soft(flat, np.full((16, 20), 0.9, np.float32), **settings).any()
        assert not soft(flat, np.zeros((16, 20), np.float32), **settings).any()


@pytest.mark.parametrize("change", [{"smooth_px": 1.0}, {"bilateral_px": 5}, {"classes": 2}, {"softness": 5.0}])
def test_each_setting_changes_the_label(change: dict[str, Any]) -> None:
    random = np.random.default_rng(5)
    image = rgb(ndimage.gaussian_filter(random.normal(150, 60, (48, 64)), 1).clip(0, 255))
    localised = np.full((48, 64), 0.9, np.float32)
    assert not np.array_equal(soft(image, localised), soft(image, localised, **change))


def test_grey_levels_are_filtered_before_they_are_compared() -> None:
    image = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    filtered = images.bilateral(image, diameter_px=5, sigma_colour=120, sigma_space=120)
    grey = images.gaussian_blur(images.to_grey(filtered), sigma_px=1.0)
    localised = np.full((24, 32), 0.9, np.float32)
    found = soft(image, localised, smooth_px=1.0, bilateral_px=5)
    assert np.array_equal(found, soft(rgb(grey), localised))


@pytest.mark.parametrize("softness", [0.001, 0.5, 20.0, 1e6])
def test_darkness_is_a_falling_sigmoid_that_is_one_half_at_the_threshold(softness: float) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = dark_map.soft_darkness(ramp, threshold=100, softness=softness)[0]
    steps = (np.arange(256.0) - 100) / softness
    wanted = 0.5 * (1 - np.tanh(steps / 2))  # the same function, written otherwise
    assert found.dtype == np.float32
    assert np.allclose(found, wanted, atol=1e-6)
    assert found[100] == 0.5
    assert (np.diff(found) <= 0).all()


def test_hard_darkness_ends_at_the_threshold() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    assert dark_map.soft_darkness(ramp, threshold=100, softness=0.0)[0].tolist() == [1.0] * 101 + [0.0] * 155
