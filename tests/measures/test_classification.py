"""Classifier scores by hand and against scikit-learn."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from crackpipe.measures import calibration, classification

DECIDED = ["precision", "recall", "f1", "accuracy", "sensitivity", "specificity", "auc", "pr_auc"]
GAPS = ["ece", "ece_adaptive", "ece_classwise", "mce", "overconfidence", "underconfidence", "nll", "brier"]
KEYS = [*DECIDED, *GAPS, "n"]


def test_scores_of_a_small_table_are_those_counted_by_hand():
    labels = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    crack = np.array([0.9, 0.8, 0.3, 0.7, 0.4, 0.2, 0.1, 0.0])
    found = classification.scores(labels, crack)
    assert list(found) == KEYS
    assert found["precision"] == found["recall"] == found["sensitivity"] == found["f1"] == 2 / 3
    assert (found["accuracy"], found["specificity"], found["n"]) == (6 / 8, 4 / 5, 8)
    assert found["auc"] == pytest.approx(13 / 15)  # of 15 pairs, 0.3 loses to 0.7 and 0.4
    assert found["pr_auc"] == pytest.approx((1 + 1 + 3 / 5) / 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=1, max_size=60))
def test_scores_equal_sklearns(rows):
    labels, crack = np.array([label for label, _ in rows]), np.array([eighths / 8 for _, eighths in rows])
    said, found = crack > 0.5, classification.scores(labels, crack)
    assert found["precision"] == pytest.approx(metrics.precision_score(labels, said, zero_division=0))
    assert found["recall"] == pytest.approx(metrics.recall_score(labels, said, zero_division=0))
    assert found["f1"] == pytest.approx(metrics.f1_score(labels, said, zero_division=0))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, said))
    specificity = metrics.recall_score(labels, said, pos_label=0, zero_division=0)
    assert found["specificity"] == pytest.approx(specificity)
    assert found["ece"] == calibration.expected_calibration_error(labels, crack)
    if 0 < labels.sum() < len(labels):
        assert found["auc"] == pytest.approx(metrics.roc_auc_score(labels, crack))
        assert found["pr_auc"] == pytest.approx(metrics.average_precision_score(labels, crack))


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_has_no_ranking_and_says_so_with_null(label):
    found = classification.scores(np.full(3, label), np.array([0.1, 0.6, 0.9]))
    assert found["auc"] is found["pr_auc"] is None
    assert '"auc": null' in json.dumps(found)


def test_a_tie_is_decided_as_no_crack():
    assert classification.scores(np.array([0]), np.array([0.5]))["accuracy"] == 1


def test_logits_are_refused():
    with pytest.raises(ValueError, match=r"crack_probability\[0\] is -3\.5 \(1 such\); expected \[0, 1\].*not logits"):
        classification.scores(np.array([0]), np.array([-3.5]))
