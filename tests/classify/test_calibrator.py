"""Post-hoc calibration against independent fits."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from sklearn.isotonic import IsotonicRegression

from crackpipe.classify import calibrator
from crackpipe.classify.calibrator import Calibrator
from crackpipe.errors import ModelError


def drawn(n: int = 600, *, seed: int = 0, slope: float = 0.4, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure: the truth is ``sigmoid(slope · margin + offset)``."""
    random = np.random.default_rng(seed)
    margin = random.normal(0, 4, n)
    crack = random.random(n) < 1 / (1 + np.exp(-(slope * margin + offset)))
    logits = np.stack([random.normal(size=n), np.zeros(n)], axis=1)
    logits[:, 1] = logits[:, 0] + margin
    return logits, crack.astype(np.int64)


def nll(margin: np.ndarray, target: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, margin) - target * margin))


def test_the_temperature_is_the_one_of_least_negative_log_likelihood() -> None:
    logits, labels = drawn()
    margin = logits[:, 1] - logits[:, 0]
    found = calibrator.fit("temperature", logits, labels, where="posthoc")
    best = minimize_scalar(lambda t: nll(margin / t, labels), bounds=(0.1, 20), method="bounded")
    assert 1 / found.slope == pytest.approx(best.x, rel=1e-4)
    assert found.offset == 0
    expected = torch.softmax(torch.from_numpy(logits) * found.slope, dim=1)[:, 1]
    np.testing.assert_allclose(found.crack_probability(logits), expected, atol=1e-6)


def test_platt_finds_slope_and_offset_of_least_negative_log_likelihood() -> None:
    logits, labels = drawn(offset=1.0)
    margin, crack = logits[:, 1] - logits[:, 0], labels
    positive, negative = crack.sum(), (1 - crack).sum()
    target = np.where(crack == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    found = calibrator.fit("platt", logits, labels, where="posthoc")
    best = minimize(lambda v: nll(v[0] * margin + v[1], target), [1.0, 0.0], tol=1e-12).x
    assert (found.slope, found.offset) == pytest.approx(tuple(best), abs=1e-4)


def test_isotonic_pools_what_is_out_of_order() -> None:
    logits = np.array([[0.0, m] for m in (-3.0, -1.0, 0.0, 1.0, 3.0, 4.0)])
    found = calibrator.fit("isotonic", logits, np.array([0, 1, 0, 0, 1, 1]), where="posthoc")
    third, least = 1 / 3, 1 / 8
    expected = [least, third, third, third, 1 - least, 1 - least]
    assert found.crack_probability(logits).tolist() == pytest.approx(expected)
    beyond = found.crack_probability(np.array([[0.0, -99.0], [0.0, 99.0], [0.0, 2.0]]))
    assert beyond.tolist() == pytest.approx([least, 1 - least, (third + 1 - least) / 2])


@pytest.mark.parametrize("kind", calibrator.KINDS)
def test_a_calibrator_comes_back_from_its_card_and_never_reverses_two_patches(kind: calibrator.Kind) -> None:
    logits, labels = drawn(seed=3)
    found = calibrator.fit(kind, logits, labels, where="posthoc")
    assert calibrator.from_card(found.card()) == found
    order = np.argsort(logits[:, 1] - logits[:, 0])
    assert (np.diff(found.crack_probability(logits)[order]) >= 0).all()


def test_none_is_the_softmax() -> None:
    logits, labels = drawn(n=20)
    found = calibrator.fit("none", logits, labels, where="posthoc").crack_probability(logits)
    np.testing.assert_allclose(found, torch.softmax(torch.from_numpy(logits), dim=1)[:, 1], atol=1e-6)


def test_separable_validation_gives_a_low_temperature_and_no_infinity() -> None:
    logits, labels = np.array([[0.0, -1.0], [0.0, 1.0]]), np.array([0, 1])
    assert 10 < calibrator.fit("temperature", logits, labels, where="posthoc").slope <= 1 / calibrator.LEAST
    platt = calibrator.fit("platt", logits, labels, where="posthoc")
    assert platt.crack_probability(logits).tolist() == pytest.approx([1 / 3, 2 / 3], abs=1e-4)


def test_validation_of_one_class_is_refused() -> None:
    with pytest.raises(ModelError, match=r"train_classifier\.posthoc: platt calibration .* the 4 there are do not"):
        calibrator.fit("platt", np.zeros((4, 2)), np.ones(4, int), where="train_classifier.posthoc")
    assert calibrator.fit("none", np.zeros((0, 2)), np.zeros(0, int), where="x") == Calibrator()


def test_sure_decisions_keep_their_order_and_both_sides_cost_alike() -> None:
    margins = np.array([-50.0, -18.0, 18.0, 30.0])
    found = Calibrator().crack_probability(np.stack([np.zeros(4), margins], axis=1))
    assert found[2] < found[3] < 1
    assert -np.log(found[1]) == pytest.approx(-np.log1p(-found[2]), rel=1e-6)


def test_isotonic_steps_tie_patches_and_a_wrong_way_round_validation_turns_platt_round() -> None:
    logits = np.stack([np.zeros(6), np.arange(6.0)], axis=1)
    tied = calibrator.fit("isotonic", logits, np.array([0, 1, 0, 1, 0, 1]), where="posthoc")
    assert len(set(tied.crack_probability(logits).tolist())) < 6
    turned = calibrator.fit("platt", logits, np.array([1, 1, 1, 0, 1, 0]), where="posthoc")
    assert turned.slope < 0


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 1)), min_size=2, max_size=30))
def test_isotonic_is_scikit_learns(patches: list[tuple[int, int]]) -> None:
    margins, cracks = (np.array(values) for values in zip(*patches, strict=True))
    assume(0 < cracks.sum() < len(cracks))
    logits = np.stack([np.zeros(len(margins)), margins.astype(float)], axis=1)
    found = calibrator.fit("isotonic", logits, cracks, where="posthoc").crack_probability(logits)
    least = 1 / (len(margins) + 2)
    reference = IsotonicRegression(y_min=least, y_max=1 - least).fit(margins, cracks).predict(margins)
    np.testing.assert_allclose(found, reference, atol=1e-9)
