"""Entropy, mutual information, scores of probabilities and separation, against hand and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from crackpipe.measures import uncertainty

LABELS = np.array([1, 0, 1, 0, 1])
SCORES = np.array([0.9, 0.2, 0.6, 0.7, 0.5])


def test_entropy_is_ln_2_at_a_half_and_0_where_certain() -> None:
    found = uncertainty.entropy(np.array([0.5, 0.0, 1.0, 0.25]))
    np.testing.assert_allclose(found, [np.log(2), 0, 0, 0.5623], atol=1e-4)


def test_nll_and_brier_are_scikit_learns() -> None:
    assert uncertainty.nll(LABELS, SCORES) == pytest.approx(log_loss(LABELS, SCORES))
    assert uncertainty.brier(LABELS, SCORES) == pytest.approx(brier_score_loss(LABELS, SCORES))
    assert uncertainty.nll(np.array([1]), np.array([0.0])) == pytest.approx(-np.log(1e-12))


def test_risk_rises_as_less_sure_decisions_are_kept() -> None:
    risk = uncertainty.risk_coverage(np.array([1, 0, 0, 0]), np.array([0.9, 0.1, 0.2, 0.3]))
    assert risk.tolist() == [0, 0, 0, 0.25]
    assert uncertainty.referred_risk(risk, referred=0.25) == 0
    assert uncertainty.referred_risk(risk, referred=0.0) == 0.25


def test_decisions_of_equal_uncertainty_count_with_their_mean() -> None:
    risk = uncertainty.risk_coverage(np.array([1, 0]), np.array([0.5, 0.5]))
    assert risk.tolist() == [0.5, 0.5]


def test_no_decision_has_no_risk() -> None:
    with pytest.raises(ValueError, match="there is no decision; give at least one"):
        uncertainty.risk_coverage(np.array([]), np.array([]))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_separation_is_scikit_learns_auroc(inside: list[int], outside: list[int]) -> None:
    found = uncertainty.separation(np.array(inside, float), np.array(outside, float))
    truth = [0] * len(inside) + [1] * len(outside)
    assert found == pytest.approx(roc_auc_score(truth, inside + outside))


def test_nothing_outside_is_no_separation() -> None:
    assert uncertainty.separation(np.array([1.0]), np.array([])) is None
