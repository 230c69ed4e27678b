"""Intervals of ODS, OIS and AP, against scores of photographs that are drawn one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.measures import mask_intervals, resampling, segmentation
from crackpipe.measures.segmentation import PhotoCounts


def photographs(n: int, *, seed: int) -> list[PhotoCounts]:
    """Counts of n photographs: a crack down the middle, and levels that follow it more or less."""
    random = np.random.default_rng(seed)
    truth = np.zeros((8, 8), bool)
    truth[:, 3:5] = True
    pictures = [np.clip(160 * truth + random.normal(40, 60, truth.shape), 0, 255).astype(np.uint8) for _ in range(n)]
    return [segmentation.count(levels, truth) for levels in pictures]


@given(n=st.integers(1, 8), structures=st.integers(1, 4), seed=st.integers(0, 5))
def test_each_resample_scores_as_its_photographs_do_listed_as_often_as_they_are_drawn(
    n: int, structures: int, seed: int
) -> None:
    counts = photographs(n, seed=seed)
    groups = [f"wall {index % structures}" for index in range(n)]
    drawn = resampling.weights(groups, resamples=5, seed=seed)
    figures = mask_intervals.figures(counts, drawn)
    assert (drawn[0] == 1).all()
    for row, often in enumerate(drawn):
        listed = [photo for photo, times in zip(counts, often, strict=True) for _ in range(int(times))]
        expected = segmentation.score(listed)
        assert figures["ods"][row] == pytest.approx(expected.ods, abs=1e-12)
        assert figures["ois"][row] == pytest.approx(expected.ois, abs=1e-12)
        assert figures["ap"][row] == pytest.approx(expected.ap, abs=1e-12)


def test_a_single_structure_has_no_spread() -> None:
    counts = photographs(4, seed=0)
    figures = mask_intervals.figures(counts, resampling.weights(["a"] * 4, resamples=20, seed=1))
    ends = resampling.ends(figures)
    assert ends["ods_low"] == ends["ods_high"] == pytest.approx(segmentation.score(counts).ods)


def test_an_interval_holds_the_mean_of_photographs_that_score_all_or_nothing_as_often_as_the_binomial_says() -> None:
    truth = np.ones((2, 2), bool)
    right, wrong = (segmentation.count(np.full((2, 2), level, np.uint8), truth) for level in (255, 0))
    counts = [right] * 60 + [wrong] * 40
    groups = [str(index) for index in range(100)]
    ends = resampling.ends(mask_intervals.figures(counts, resampling.weights(groups, resamples=4000, seed=2)))
    assert (ends["ods_low"], ends["ods_high"]) == pytest.approx((0.50, 0.69), abs=0.015)  # binomial(100, 0.6): 50 to 69


def test_a_difference_is_taken_draw_by_draw() -> None:
    counts, drawn = photographs(6, seed=3), resampling.weights(list("aabbcc"), resamples=200, seed=4)
    ours = mask_intervals.figures(counts, drawn)
    assert set(resampling.difference(ours, ours).values()) == {0.0}
    others = {name: values - 0.25 for name, values in ours.items()}
    gap = resampling.difference(ours, others)
    assert (gap["ap"], gap["ap_low"], gap["ap_high"]) == pytest.approx((0.25, 0.25, 0.25))
