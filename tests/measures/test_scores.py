"""Scores in one call: of masks in any of their forms, and of probabilities in lists."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from crackpipe.imaging.crack_mask import Mask
from crackpipe.measures import calibration, segmentation
from crackpipe.measures.scores import ece, segmentation_scores

LEVELS = np.array([[0, 255, 51], [0, 204, 0], [0, 0, 102]], np.uint8)
TRUTH = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0]], bool)


def test_two_photographs_score_as_they_are_counted():
    """By hand: the crack's third pixel is never found; at 0.41 to 0.80 nothing else is predicted."""
    scores = segmentation_scores([LEVELS, LEVELS], [TRUTH, TRUTH])
    assert scores == segmentation.score([segmentation.count(LEVELS, TRUTH)] * 2)
    assert scores.ods == pytest.approx(0.8)  # precision 1, recall 2/3
    assert scores.ois == pytest.approx(0.8)
    assert scores.threshold == 0.41
    assert scores.ap == pytest.approx(1 / 3 + 1 / 3)
    assert scores.n == 2


@pytest.mark.parametrize("prediction", [Mask(LEVELS), LEVELS / 255, (LEVELS / 255).tolist()])
def test_masks_levels_and_confidences_score_the_same(prediction: Mask | ArrayLike):
    assert segmentation_scores([prediction], [TRUTH]) == segmentation_scores([LEVELS], [TRUTH])


def test_a_prediction_without_confidences_is_all_or_nothing():
    scores = segmentation_scores([LEVELS > 60], [TRUTH])
    assert (scores.ods, scores.threshold) == (pytest.approx(2 / 3), 0.01)


@pytest.mark.parametrize("truth", [TRUTH, TRUTH.tolist(), TRUTH.astype(int), TRUTH.astype(np.uint8) * 255])
def test_truths_may_be_of_0_and_1_or_of_0_and_255(truth: ArrayLike):
    assert segmentation_scores([LEVELS], [truth]) == segmentation_scores([LEVELS], [TRUTH])


def test_a_tolerance_forgives_a_neighbour():
    shifted = [np.roll(TRUTH, 1, axis=1)]
    assert segmentation_scores(shifted, [TRUTH]).ods == 0
    assert segmentation_scores(shifted, [TRUTH], tolerance_px=1).ods == 1


def test_iterators_are_read_once():
    assert segmentation_scores(iter([LEVELS]), iter([TRUTH])).n == 1


@pytest.mark.parametrize(
    ("predictions", "truths", "message"),
    [
        ([LEVELS], [TRUTH, TRUTH], "1 predictions, but 2 truths; give one truth for each prediction"),
        ([], [], "no photograph has been counted"),
        ([LEVELS * 2.0], [TRUTH], r"predictions\[0\]: float64 from 0.0 to 510.0; expected confidences from 0.0 to 1.0"),
        ([LEVELS.astype(int)], [TRUTH], r"predictions\[0\]: int64 from 0 to 255; expected"),
        ([LEVELS * np.nan], [TRUTH], r"predictions\[0\]: float64 from nan to nan"),
        ([LEVELS], [LEVELS], r"truths\[0\]: holds \[0, 51, 102, 204\] …; expected two values"),
        ([LEVELS[:2]], [TRUTH], r"predictions\[0\] has shape \(2, 3\) and truths\[0\] has \(3, 3\), .*; resize"),
        ([LEVELS[0]], [TRUTH[0]], r"predictions\[0\] has shape \(3,\) and truths\[0\] has \(3,\), but both"),
    ],
)
def test_what_cannot_be_scored_is_explained(predictions: list[np.ndarray], truths: list[np.ndarray], message: str):
    with pytest.raises(ValueError, match=message):
        segmentation_scores(predictions, truths)


def test_the_calibration_error_is_the_weighted_gap_of_the_bins():
    """Sure to 0.95 and right in 1 of 2; sure to 0.65 and right: (2 × 0.45 + 1 × 0.35) / 3."""
    assert ece([0.95, 0.05, 0.65], [1, 1, 1]) == pytest.approx((2 * 0.45 + 0.35) / 3)
    probabilities = np.random.default_rng(0).random(50).astype(np.float32)
    labels = np.arange(50) % 2
    expected = calibration.expected_calibration_error(labels, probabilities.astype(np.float64), bins=7)
    assert ece(probabilities, labels, bins=7) == expected


def test_labels_in_the_place_of_probabilities_are_refused():
    with pytest.raises(ValueError, match="use 1 for crack and 0 for none"):
        ece([1, 0], np.array([2, 3]))
