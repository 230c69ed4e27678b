"""Labels that need no learning."""

import numpy as np
import pytest
from skimage.filters import threshold_multiotsu, threshold_otsu

from crackpipe.imaging import dark_map, images
from crackpipe.pseudo import baseline_names, baselines
from crackpipe.pseudo.baselines import LocalThresholds

LOCAL = LocalThresholds(window_px=5, niblack_k=0.2, sauvola_k=0.2)


def photograph(height: int = 20, width: int = 30) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def moments(grey: np.ndarray, *, window_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the mirrored window around each pixel, one by one."""
    padded = np.pad(grey.astype(np.float64), window_px // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (window_px, window_px))
    return windows.mean(axis=(2, 3)), windows.std(axis=(2, 3))


def test_each_baseline_is_what_its_name_says() -> None:
    image = photograph()
    grey = images.to_grey(image)
    found = baselines.all_of(image, LOCAL)
    assert sorted(found) == ["darkness", "multi_otsu", "niblack", "otsu", "patch_otsu", "sauvola"]
    assert np.array_equal(found["darkness"], 255 - grey)
    assert np.array_equal(found["otsu"], np.where(grey <= threshold_otsu(grey), 255, 0))
    assert np.array_equal(found["multi_otsu"], np.where(grey <= threshold_multiotsu(grey, classes=3)[0], 255, 0))
    shared = {"side_px": 32, "stride_px": 8, "classes": 3, "bilateral_px": 5, "bilateral_sigma": 120.0}
    assert np.array_equal(found["patch_otsu"], np.where(dark_map.dark(image, **shared), 255, 0))
    assert all(levels.dtype == np.uint8 for levels in found.values())


@pytest.mark.parametrize("k", [0.2, -0.3, 1.0])
def test_niblacks_threshold_is_the_mean_less_k_deviations_of_the_window(k: float) -> None:
    grey = photograph()[..., 0]
    mean, deviation = moments(grey, window_px=5)
    assert np.array_equal(baselines.niblack(grey, window_px=5, k=k), grey < mean - k * deviation)


@pytest.mark.parametrize("k", [0.2, 0.5])
def test_sauvolas_threshold_sinks_where_the_window_is_even(k: float) -> None:
    grey = photograph()[..., 0]
    mean, deviation = moments(grey, window_px=5)
    assert np.array_equal(baselines.sauvola(grey, window_px=5, k=k), grey < mean * (1 + k * (deviation / 127.5 - 1)))


def test_faint_noise_is_crack_by_niblack_and_none_by_sauvola() -> None:
    grey = (128 + np.random.default_rng(1).integers(-2, 3, (40, 40))).astype(np.uint8)
    assert baselines.niblack(grey, window_px=33, k=0.2).mean() > 0.3
    assert not baselines.sauvola(grey, window_px=33, k=0.2).any()


@pytest.mark.parametrize("method", [baselines.niblack, baselines.sauvola])
def test_bands_give_the_mask_of_the_whole(method, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = photograph(50, 17)[..., 0]
    whole = method(grey, window_px=9, k=0.2)
    assert whole.any()
    for rows in (1, 7, 49):
        monkeypatch.setattr(baselines, "BAND_PX", rows)
        assert np.array_equal(method(grey, window_px=9, k=0.2), whole)


def test_a_window_may_be_larger_than_the_photograph() -> None:
    image = np.full((3, 4, 3), 200, np.uint8)
    image[1] = 20
    found = baselines.all_of(image, LocalThresholds(window_px=33, niblack_k=0.2, sauvola_k=0.2))
    for name in ("niblack", "sauvola"):
        assert found[name].tolist() == [[0] * 4, [255] * 4, [0] * 4]


def test_black_is_certain_and_white_is_nothing() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0] = 255
    assert baselines.all_of(image, LOCAL)["darkness"].tolist() == [[0, 0], [255, 255]]


def test_an_even_photograph_has_no_crack_by_any_threshold() -> None:
    found = baselines.all_of(np.full((4, 4, 3), 30, np.uint8), LOCAL)
    assert [name for name, levels in found.items() if levels.any()] == ["darkness"]


def test_every_baseline_is_named() -> None:
    local = baselines.LocalThresholds(window_px=3, niblack_k=0.2, sauvola_k=0.2)
    assert set(baselines.all_of(np.zeros((8, 8, 3), np.uint8), local)) == set(baseline_names.NAMES)
