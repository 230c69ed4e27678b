"""Calibration error by hand and against torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.classification import MulticlassCalibrationError

from crackpipe.measures import calibration


def drawn(seed, n):
    random = np.random.default_rng(seed)
    crack = random.beta(0.4, 0.4, n).clip(1e-4, 1 - 1e-4)
    return (random.random(n) < crack**2).astype(np.int64), crack


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400), st.integers(1, 20))
def test_the_error_equals_torchmetrics(seed, n, bins):
    # torchmetrics closes its bins on the left, which only tells on a confidence that is exactly on an edge
    labels, crack = drawn(seed, n)
    metric = MulticlassCalibrationError(num_classes=2, n_bins=bins, norm="l1")
    both = torch.from_numpy(np.stack([1 - crack, crack], axis=1))
    expected = float(metric(both, torch.from_numpy(labels)))
    assert calibration.expected_calibration_error(labels, crack, bins=bins) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400))
def test_the_error_is_the_weighted_gap_of_the_diagram(seed, n):
    labels, crack = drawn(seed, n)
    rows = calibration.reliability(labels, crack)
    assert sum(row["count"] for row in rows) == n
    assert [row["bin"] for row in rows] == sorted({row["bin"] for row in rows})
    for row in rows:
        assert row["bin"] - 1 / 30 - 1e-12 < row["confidence"] <= row["bin"] + 1 / 30 + 1e-12
    gap = sum(abs(row["accuracy"] - row["confidence"]) * row["count"] for row in rows) / n
    assert calibration.expected_calibration_error(labels, crack) == pytest.approx(gap, abs=1e-12)


def test_always_sure_and_always_right_has_no_error():
    assert calibration.expected_calibration_error(np.array([0, 1, 1]), np.array([0.0, 1.0, 1.0])) == 0


def test_always_sure_and_always_wrong_has_error_one():
    assert calibration.expected_calibration_error(np.array([1, 0]), np.array([0.0, 1.0])) == 1


def test_three_of_four_right_at_three_quarters_is_calibrated():
    labels, crack = np.array([1, 1, 1, 0]), np.full(4, 0.75)
    assert calibration.expected_calibration_error(labels, crack) == 0
    assert calibration.expected_calibration_error(1 - labels, 1 - crack) == 0


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    rows = calibration.reliability(np.array([1, 1]), np.array([0.75, 0.8]), bins=4)
    assert [(row["bin"], row["count"]) for row in rows] == [(0.625, 1), (0.875, 1)]


def test_full_confidence_belongs_to_the_last_bin():
    rows = calibration.reliability(np.array([1, 0]), np.array([1.0, 0.0]), bins=15)
    assert rows == [{"bin": 14.5 / 15, "confidence": 1.0, "accuracy": 1.0, "count": 2}]


def test_a_tie_is_decided_as_no_crack():
    (row,) = calibration.reliability(np.array([0]), np.array([0.5]))
    assert (row["confidence"], row["accuracy"]) == (0.5, 1.0)


def test_bins_below_one_are_refused():
    with pytest.raises(ValueError, match="bins is 0; at least 1 is needed, the literature uses 15"):
        calibration.reliability(np.array([0]), np.array([0.5]), bins=0)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 300), st.integers(1, 20))
def test_the_largest_gap_equals_torchmetrics(seed, n, bins):
    labels, crack = drawn(seed, n)
    metric = MulticlassCalibrationError(num_classes=2, n_bins=bins, norm="max")
    expected = float(metric(torch.from_numpy(np.stack([1 - crack, crack], axis=1)), torch.from_numpy(labels)))
    assert calibration.errors(labels, crack, bins=bins)["mce"] == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 300))
def test_too_sure_and_too_unsure_sum_to_the_error_and_scores_equal_sklearns(seed, n):
    labels, crack = drawn(seed, n)
    found = calibration.errors(labels, crack)
    assert found["ece"] == pytest.approx(calibration.expected_calibration_error(labels, crack), abs=1e-12)
    assert found["overconfidence"] + found["underconfidence"] == pytest.approx(found["ece"], abs=1e-12)
    assert found["nll"] == pytest.approx(log_loss(labels, crack, labels=[0, 1]), abs=1e-9)
    assert found["brier"] == pytest.approx(brier_score_loss(labels, crack, labels=[0, 1]), abs=1e-9)


def bin_by_bin(probability, happens, bins):
    """Classwise error of one class, in a loop over bins."""
    total = 0.0
    for number in range(bins):
        inside = (probability > number / bins) & (probability <= (number + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(happens[inside].mean() - probability[inside].mean())
    return total


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 300))
def test_the_classwise_error_is_the_mean_of_both_classes(seed, n):
    labels, crack = drawn(seed, n)
    both = bin_by_bin(crack, labels == 1, 15) + bin_by_bin(1 - crack, labels == 0, 15)
    assert calibration.errors(labels, crack)["ece_classwise"] == pytest.approx(both / 2, abs=1e-9)


def test_bins_of_equal_count_part_what_one_wide_bin_hides():
    crack, labels = np.array([0.94, 0.95, 0.96, 0.97]), np.array([0, 0, 1, 1])
    assert calibration.errors(labels, crack, bins=1)["ece"] == pytest.approx(0.955 - 0.5)
    assert calibration.errors(labels, crack, bins=2)["ece_adaptive"] == pytest.approx((0.945 + (1 - 0.965)) / 2)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 200), st.integers(1, 20), st.booleans())
def test_the_adaptive_error_is_a_loop_over_bins_of_equal_count(seed, n, bins, coarse):
    """Each bin ends at the patch whose rank is its share of all, and takes those that are as sure with it."""
    labels, crack = drawn(seed, n)
    crack = np.round(crack, 1) if coarse else crack
    confidence, right = np.maximum(crack, 1 - crack), (crack > 0.5) == (labels == 1)
    ends = {np.sort(confidence)[-(-number * n // bins) - 1] for number in range(1, bins + 1)}
    total, below = 0.0, -1.0
    for end in sorted(ends):
        inside = (confidence > below) & (confidence <= end)
        total += abs(sum(right[inside]) - sum(confidence[inside])) / n
        below = end
    assert calibration.errors(labels, crack, bins=bins)["ece_adaptive"] == pytest.approx(total, abs=1e-9)


def test_equal_confidences_are_never_parted():
    labels, crack = np.array([1, 0, 1, 0]), np.full(4, 0.5001)
    assert calibration.errors(labels, crack, bins=4)["ece_adaptive"] == pytest.approx(0.0001)


def test_a_bin_that_is_too_sure_counts_as_overconfidence_alone():
    labels, crack = np.array([1, 0, 1, 1]), np.array([0.9, 0.9, 0.6, 0.6])
    found = calibration.errors(labels, crack)
    assert found["overconfidence"] == pytest.approx(0.5 * (0.9 - 0.5))
    assert found["underconfidence"] == pytest.approx(0.5 * (1 - 0.6))
    assert found["mce"] == pytest.approx(0.4)
