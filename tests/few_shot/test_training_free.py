"""Zero-shot, neighbours and Tip-Adapter give the probabilities that their formulas give."""

import numpy as np
import pytest

from crackpipe.few_shot import training_free

RANDOM = np.random.default_rng(0)


def units(count: int) -> np.ndarray:
    drawn = RANDOM.normal(size=(count, 5))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


CLASSES, TRAIN, QUERIES = units(2), units(12), units(7)
LABELS = np.array([0, 1, 1] * 4)


def softmax_of_crack(odds: np.ndarray) -> np.ndarray:
    raised = np.exp(odds)
    return raised[:, 1] / raised.sum(axis=1)


def test_zero_shot_is_the_softmax_of_scaled_cosines() -> None:
    found = training_free.zero_shot(QUERIES, CLASSES, scale=20.0)
    np.testing.assert_allclose(found, softmax_of_crack(20 * QUERIES.astype(float) @ CLASSES.T), atol=1e-6)


def test_neighbours_vote_and_half_a_vote_is_added_for_each_class() -> None:
    train = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    found = training_free.neighbours(train, np.array([1, 1, 0]), np.array([[1, 0], [0, 1]], np.float32), k=2)
    assert found.tolist() == [2.5 / 3, 1.5 / 3]
    everyone = training_free.neighbours(train, np.array([1, 1, 0]), np.array([[1, 0]], np.float32), k=99)
    assert everyone.tolist() == [2.5 / 4]


def test_tip_adapter_is_the_papers_equation() -> None:
    found = training_free.tip_adapter(TRAIN, LABELS, QUERIES, CLASSES, scale=20.0, alpha=3.0, beta=5.5)
    values = np.eye(2)[LABELS]
    affinity = np.exp(-5.5 * (1 - QUERIES.astype(float) @ TRAIN.T))
    odds = 3.0 * affinity @ values + 20 * QUERIES.astype(float) @ CLASSES.T
    np.testing.assert_allclose(found, softmax_of_crack(odds), atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_large_odds_do_not_overflow(scale: float) -> None:
    found = training_free.zero_shot(QUERIES, CLASSES, scale=scale)
    assert ((found >= 0) & (found <= 1)).all()
