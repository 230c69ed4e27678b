"""The dense CRF pulls a coarse map onto the dark line that it covers."""

from typing import Any

import numpy as np
import pytest

from crackpipe.pseudo import crf
from crackpipe.pseudo.crf import CrfSettings

SETTINGS = {
    "half_at": 0.5,
    "iterations": 5,
    "gaussian_sxy": 3.0,
    "gaussian_compat": 3.0,
    "bilateral_sxy": 40.0,
    "bilateral_srgb": 13.0,
    "bilateral_compat": 10.0,
    "confidence": 0.9,
}


def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dark line on bright ground, a noisy band around it as activation map, and the truth."""
    random = np.random.default_rng(0)
    truth = np.zeros((40, 50), bool)
    truth[19:22] = True
    grey = np.where(truth, 50, 200) + random.integers(-4, 5, truth.shape)
    distance = np.abs(np.arange(40) - 20)[:, None]
    cam = np.clip(0.9 - distance / 12 + random.normal(0, 0.1, truth.shape), 0, 1).astype(np.float32)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2), cam, truth


def marginals(image: np.ndarray, cam: np.ndarray, **settings: Any) -> np.ndarray:
    return crf.label(image, cam, CrfSettings(**settings)) / 255


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def test_a_noisy_map_is_sharpened_towards_the_line() -> None:
    image, cam, truth = drawn()
    found = marginals(image, cam, **SETTINGS)
    assert f1(cam > 0.5, truth) < 0.6
    assert f1(found > 0.5, truth) > 0.95


def test_certain_pixels_are_no_trouble_and_inputs_stay() -> None:
    image, cam, _ = drawn()
    cam[:5], cam[35:] = 0, 1  # certain pixels, whose logarithm would be infinite
    before = image.copy(), cam.copy()
    found = crf.label(image, cam, CrfSettings(**SETTINGS))
    assert (found.shape, found.dtype) == (cam.shape, np.dtype(np.uint8))
    assert found.min() < found.max()
    assert np.array_equal(image, before[0])
    assert np.array_equal(cam, before[1])


@pytest.mark.parametrize("confidence", [0.6, 0.9])
def test_without_neighbours_the_activation_map_comes_back_within_the_confidence(confidence: float) -> None:
    image, cam, _ = drawn()
    alone = SETTINGS | {"gaussian_compat": 0.0, "bilateral_compat": 0.0, "confidence": confidence}
    found = marginals(image, cam, **alone)
    assert np.allclose(found, np.clip(cam, 1 - confidence, confidence), atol=0.5 / 255 + 1e-5)


def test_rows_and_columns_are_not_exchanged() -> None:
    image, cam, _ = drawn()
    found = marginals(image, cam, **SETTINGS)
    turned = marginals(np.ascontiguousarray(image.transpose(1, 0, 2)), np.ascontiguousarray(cam.T), **SETTINGS)
    assert np.allclose(found, turned.T, atol=0.05)
    assert np.allclose(found, marginals(image, cam, **SETTINGS), atol=0)


def test_a_view_that_is_not_contiguous_is_read_right() -> None:
    image, cam, _ = drawn()
    flipped = marginals(image[:, ::-1], cam[:, ::-1], **SETTINGS)
    assert np.allclose(flipped[:, ::-1], marginals(image, cam, **SETTINGS), atol=0.05)


def test_the_activation_of_one_half_is_half_way() -> None:
    image, _, _ = drawn()
    ramp = np.tile(np.linspace(0, 1, 50, dtype=np.float32), (40, 1))
    alone = SETTINGS | {"gaussian_compat": 0.0, "bilateral_compat": 0.0, "confidence": 0.999}
    for half_at in (0.1, 0.25, 0.5, 0.8):
        found = marginals(image, ramp, **alone | {"half_at": half_at})
        assert np.array_equal(found >= 0.5, ramp >= half_at)
        assert (np.diff(found) >= 0).all()


def test_a_line_of_faint_activation_is_found_where_half_is_lower() -> None:
    image, cam, truth = drawn()
    faint = cam * np.float32(0.45)
    assert not (marginals(image, faint, **SETTINGS) > 0.5).any()
    assert f1(marginals(image, faint, **SETTINGS | {"half_at": 0.25}) > 0.5, truth) > 0.95
