"""König et al.'s steps on drawn pictures, against scipy's filters."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from crackpipe.imaging import dark_map, images
from crackpipe.pseudo import methods
from crackpipe.pseudo.methods import CamLocationSettings

PLAIN = {
    "threshold": 0.5,
    "erosions": 0,
    "dark_side_px": 32,
    "dark_stride_px": 8,
    "dark_classes": 3,
    "bilateral": False,
    "bilateral_px": 5,
    "bilateral_sigma": 120.0,
    "closings": 0,
}
PAPER = PLAIN | {"erosions": 4, "bilateral": True, "closings": 1}


def surface(height: int = 64, width: int = 96) -> np.ndarray:
    """Ground of a few grey levels with a dark line, 3 pixels wide, along row 30."""
    grey = np.random.default_rng(0).integers(150, 190, (height, width))
    grey[29:32] = 20
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def band(height: int = 64, width: int = 96) -> np.ndarray:
    """A localisation map: sure near row 30, fading to nothing."""
    fade = np.clip(1.2 - np.abs(np.arange(height) - 30) / 20, 0, 1).astype(np.float32)
    return np.repeat(fade[:, None], width, axis=1)


def sure(value: float = 1.0) -> np.ndarray:
    return np.full((64, 96), value, np.float32)


def cam_location(image: np.ndarray, cam: np.ndarray, patch_map: np.ndarray, **changed: Any) -> np.ndarray:
    return methods.cam_location(image, cam, patch_map, CamLocationSettings(**(PLAIN | changed)))


def test_the_steps_equal_scipys() -> None:
    image, cam = surface(), band()
    patch_map = np.random.default_rng(1).uniform(0.3, 1, cam.shape).astype(np.float32)
    before = image.copy(), cam.copy(), patch_map.copy()
    mean = (cam.astype(np.float64) + patch_map) / 2
    where = np.where(mean > 0.5, mean, 0)
    for _ in range(2):
        where = ndimage.minimum_filter(where, 3, mode="constant", cval=2)
    dark = dark_map.dark(image, side_px=32, stride_px=8, classes=3, bilateral_px=0, bilateral_sigma=1)
    soft = np.where(dark, where, 0) * 255
    wide = ndimage.maximum_filter(soft, 3, mode="constant", cval=0)
    expected = ndimage.minimum_filter(wide, 3, mode="constant", cval=255)
    levels = cam_location(image, cam, patch_map, erosions=2, closings=1)
    assert levels.dtype == np.uint8
    assert np.abs(levels - expected).max() <= 0.51
    assert levels.max() > 128
    for kept, one in zip(before, (image, cam, patch_map), strict=True):
        assert np.array_equal(kept, one)


def test_the_line_is_found_and_the_ground_is_not() -> None:
    levels = cam_location(surface(), band(), band(), **PAPER)
    assert (levels[29:32, 8:-8] > 200).all()
    assert (levels[:26] == 0).all()
    assert (levels[35:] == 0).all()


def test_darkness_alone_or_localisation_alone_is_no_crack() -> None:
    assert not cam_location(surface(), sure(0), sure(0.9)).any()  # dark, but the mean does not pass 0.5
    bright = np.repeat(np.random.default_rng(0).integers(150, 190, (64, 96, 1), dtype=np.uint8), 3, axis=2)
    assert bright[cam_location(bright, sure(), sure()) > 0].max() < 175  # only the darker grains


def test_the_threshold_must_be_exceeded() -> None:
    assert not methods.localisation(sure(0.5), sure(0.5), threshold=0.5, erosions=0).any()
    just = methods.localisation(sure(0.75), sure(0.5), threshold=0.5, erosions=0)
    assert np.allclose(just, 0.625)  # kept soft


@pytest.mark.parametrize("erosions", [0, 1, 4])
def test_each_erosion_takes_one_pixel_from_every_side(erosions: int) -> None:
    square = np.zeros((31, 31), np.float32)
    square[10:21, 10:21] = 1
    left = methods.localisation(square, square, threshold=0.5, erosions=erosions)
    assert (left > 0).sum() == (11 - 2 * erosions) ** 2
    assert left[15, 15] == 1


def test_closing_joins_a_gap_of_one_pixel() -> None:
    image = surface()
    image[29:32, 50] = 170
    without = cam_location(image, sure(), sure(), dark_classes=2)
    joined = cam_location(image, sure(), sure(), dark_classes=2, closings=1)
    assert (without[30, 48:53] > 0).tolist() == [True, True, False, True, True]
    assert (joined[30, 48:53] == 255).all()


def test_no_localisation_and_no_texture_give_zeros_and_never_nan() -> None:
    flat = np.full((64, 96, 3), 128, np.uint8)
    for settings in (PLAIN, PAPER):
        assert not cam_location(flat, sure(), sure(), **settings).any()
        assert not cam_location(surface(), sure(0), sure(0), **settings).any()


@pytest.mark.parametrize("change", [{"bilateral": False}, {"closings": 0}, {"erosions": 0}, {"dark_classes": 2}])
def test_each_ablation_changes_the_label(change: dict[str, Any]) -> None:
    random = np.random.default_rng(5)
    grey = ndimage.gaussian_filter(random.normal(150, 60, (64, 96)), 1).clip(0, 255)
    image = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    levels = ndimage.gaussian_filter(random.random((64, 96)), 6)
    cam = ((levels - levels.min()) / np.ptp(levels)).astype(np.float32)
    settings = PAPER | {"threshold": 0.3, "erosions": 2}
    whole = cam_location(image, cam, cam, **settings)
    assert whole.any()
    assert not np.array_equal(whole, cam_location(image, cam, cam, **(settings | change)))


def test_the_bilateral_filter_is_used_before_the_thresholds_and_on_the_result() -> None:
    image, cam = surface(), band()
    dark = dark_map.dark(image, side_px=32, stride_px=8, classes=3, bilateral_px=5, bilateral_sigma=120)
    where = methods.localisation(cam, cam, threshold=0.5, erosions=0)
    levels = images.to_levels(np.where(dark, where, np.float32(0)))
    expected = images.bilateral(levels, diameter_px=5, sigma_colour=120, sigma_space=120)
    assert np.array_equal(cam_location(image, cam, cam, bilateral=True), expected)
    assert not np.array_equal(expected, levels)
