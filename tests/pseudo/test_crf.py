"""The dense CRF pulls a coarse map onto the dark line that it covers."""

import numpy as np
import pytest

from crackpipe import images
from crackpipe.pseudo import crf

SETTINGS = {
    "iterations": 5,
    "gaussian_sxy": 3.0,
    "gaussian_compat": 3.0,
    "bilateral_sxy": 40.0,
    "bilateral_srgb": 13.0,
    "bilateral_compat": 10.0,
    "confidence": 0.9,
}


def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dark line on bright ground, a noisy band around it as evidence, and the truth."""
    random = np.random.default_rng(0)
    truth = np.zeros((40, 50), bool)
    truth[19:22] = True
    grey = np.where(truth, 50, 200) + random.integers(-4, 5, truth.shape)
    distance = np.abs(np.arange(40) - 20)[:, None]
    evidence = np.clip(0.9 - distance / 12 + random.normal(0, 0.1, truth.shape), 0, 1).astype(np.float32)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2), evidence, truth


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def test_a_noisy_map_is_sharpened_towards_the_line() -> None:
    image, evidence, truth = drawn()
    found = crf.refine(image, evidence, **SETTINGS)
    assert f1(evidence > 0.5, truth) < 0.6
    assert f1(found > 0.5, truth) > 0.95


def test_marginals_are_probabilities_and_inputs_stay() -> None:
    image, evidence, _ = drawn()
    evidence[:5], evidence[35:] = 0, 1  # certain pixels, whose logarithm would be infinite
    before = image.copy(), evidence.copy()
    found = crf.refine(image, evidence, **SETTINGS)
    assert found.shape == evidence.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert 0 <= found.min() < found.max() <= 1
    assert np.array_equal(image, before[0])
    assert np.array_equal(evidence, before[1])


@pytest.mark.parametrize("confidence", [0.6, 0.9])
def test_without_neighbours_the_evidence_comes_back_within_the_confidence(confidence: float) -> None:
    image, evidence, _ = drawn()
    alone = SETTINGS | {"gaussian_compat": 0.0, "bilateral_compat": 0.0, "confidence": confidence}
    found = crf.refine(image, evidence, **alone)
    assert np.allclose(found, np.clip(evidence, 1 - confidence, confidence), atol=1e-5)


def test_rows_and_columns_are_not_exchanged() -> None:
    image, evidence, _ = drawn()
    found = crf.refine(image, evidence, **SETTINGS)
    turned = crf.refine(np.ascontiguousarray(image.transpose(1, 0, 2)), np.ascontiguousarray(evidence.T), **SETTINGS)
    assert np.allclose(found, turned.T, atol=0.05)
    assert np.allclose(found, crf.refine(image, evidence, **SETTINGS), atol=0)


def test_a_view_that_is_not_contiguous_is_read_right() -> None:
    image, evidence, _ = drawn()
    flipped = crf.refine(image[:, ::-1], evidence[:, ::-1], **SETTINGS)
    assert np.allclose(flipped[:, ::-1], crf.refine(image, evidence, **SETTINGS), atol=0.05)


def test_the_label_is_the_marginal_in_grey_levels() -> None:
    image, evidence, truth = drawn()
    found = crf.label(image, evidence, **SETTINGS)
    assert (found.shape, found.dtype) == (evidence.shape, np.dtype(np.uint8))
    assert np.array_equal(found, images.to_levels(crf.refine(image, evidence, **SETTINGS)))
    assert f1(found >= 128, truth) > 0.95
