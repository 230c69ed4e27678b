"""Means and spreads over seeds; differences of paired values against SciPy's own test."""

import numpy as np
import pytest
from scipy import stats

from crackpipe.measures import intervals


def test_means_and_spreads_leave_out_seeds_without_the_figure() -> None:
    figures = [{"f1": 0.25, "auc": None, "ece": 0.5}, {"f1": 0.75, "auc": 0.875, "ece": None}]
    assert intervals.means_and_spreads(figures) == {
        "f1": 0.5,
        "f1_std": pytest.approx(0.5 / 2**0.5),
        "auc": 0.875,
        "auc_std": None,
        "ece": 0.5,
        "ece_std": None,
    }
    assert intervals.means_and_spreads([{"auc": None}]) == {"auc": None, "auc_std": None}


def test_the_interval_is_that_of_the_paired_t_test() -> None:
    random = np.random.default_rng(0)
    ours, base = random.normal(0, 1, 6).tolist(), random.normal(0.5, 1, 6).tolist()
    expected = stats.ttest_rel(ours, base).confidence_interval(0.95)
    found = intervals.paired_difference(ours, base)
    assert (found["low"], found["high"]) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found["mean"] == pytest.approx(np.mean(ours) - np.mean(base))


def test_one_pair_tells_no_interval() -> None:
    assert intervals.paired_difference([0.25], [0.5]) == {"mean": -0.25, "low": None, "high": None}


def test_values_without_partners_are_refused() -> None:
    with pytest.raises(ValueError, match="got 2 and 1 values; expected one pair for each seed"):
        intervals.paired_difference([0.1, 0.2], [0.1])
