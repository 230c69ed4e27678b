"""Intervals of differences: figures from sums are those of the patches, and places are drawn whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.measures import bootstrap, calibration, classification, uncertainty


def drawn(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    scores = np.clip(0.5 + 0.3 * (labels - 0.5) + 0.3 * random.normal(size=count), 0, 1)
    return labels, scores, random.integers(0, 7, count)


@given(st.integers(0, 1000))
def test_figures_of_the_sums_are_those_of_the_patches(seed: int) -> None:
    labels, scores, groups = drawn(seed)
    found = bootstrap.figures(bootstrap.sums(labels, scores, groups, count=7).sum(axis=0)[None])
    assert found["f1"] == pytest.approx(classification.scores(labels, scores)["f1"])
    assert found["ece"] == pytest.approx(calibration.expected_calibration_error(labels, scores))
    assert found["nll"] == pytest.approx(uncertainty.nll(labels, scores))
    assert found["brier"] == pytest.approx(uncertainty.brier(labels, scores))


def test_a_place_drawn_twice_counts_as_its_patches_repeated() -> None:
    labels, scores, groups = drawn(1)
    weights = np.array([2.0, 0, 1, 1, 1, 1, 1])
    rows = np.concatenate([np.flatnonzero(groups == one).repeat(int(weights[one])) for one in range(7)])
    found = bootstrap.figures(weights[None] @ bootstrap.sums(labels, scores, groups, count=7))
    assert found["f1"] == pytest.approx(classification.scores(labels[rows], scores[rows])["f1"])
    assert found["ece"] == pytest.approx(calibration.expected_calibration_error(labels[rows], scores[rows]))


def test_a_head_differs_from_itself_by_nothing() -> None:
    labels, scores, groups = drawn(2)
    one = [bootstrap.sums(labels, scores, groups, count=7)]
    found = bootstrap.difference(one, one, bootstrap.weights(groups=7, seeds=1, resamples=50, seed=0))
    assert all(values == (0, 0, 0) for values in found.values())


def test_the_interval_of_a_clear_difference_leaves_out_0_and_that_of_noise_holds_it() -> None:
    random = np.random.default_rng(0)
    labels, groups = random.integers(0, 2, 2000), np.arange(2000) % 100
    good, other, poor = (
        np.clip(0.5 + share * (labels - 0.5) + 0.2 * random.normal(size=2000), 0, 1) for share in (0.5, 0.5, 0.1)
    )
    named = {"g": good, "o": other, "p": poor}
    sums = {name: [bootstrap.sums(labels, one, groups, count=100)] for name, one in named.items()}
    weights = bootstrap.weights(groups=100, seeds=1, resamples=200, seed=0)
    mean, low, high = bootstrap.difference(sums["g"], sums["p"], weights)["f1"]
    assert 0 < low < mean < high
    _, low, high = bootstrap.difference(sums["g"], sums["o"], weights)["f1"]
    assert low < 0 < high
