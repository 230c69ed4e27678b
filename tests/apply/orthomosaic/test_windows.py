"""Windows: one size, all pixels, and fades in the middle of what two of them see."""

import itertools

import numpy as np
import pytest

from crackpipe.apply.orthomosaic import windows


@pytest.mark.parametrize("length", [1, 99, 100, 101, 170, 180, 181, 260, 1000, 1007])
def test_windows_have_one_size_and_count_each_pixel_once_or_in_a_fade(length: int) -> None:
    spans = windows.lay(length, window_px=100, overlap_px=20)
    times = np.zeros(length, int)
    for span in spans:
        assert span.stop - span.start == min(length, 100)
        assert span.start <= span.first < span.last <= span.stop
        times[span.first + span.fade_in : span.last] += 1
    assert times.tolist() == [1] * length
    for before, after in itertools.pairwise(spans):
        assert (before.last - before.fade_out, before.fade_out) == (after.first, after.fade_in) == (after.first, 20)


def test_a_short_axis_is_one_window_without_fades() -> None:
    assert windows.lay(60, window_px=100, overlap_px=20) == [windows.Span(0, 60, 0, 60, 0, 0)]


@pytest.mark.parametrize("axis", [0, 1])
def test_levels_fade_evenly_from_one_window_to_the_next(axis: int) -> None:
    before, after = np.zeros((3, 3), np.uint8), np.full((3, 3), 200, np.uint8)
    found = windows.faded(before, after, axis=axis)
    assert (found if axis else found.T).tolist() == [[50, 100, 150]] * 3
    assert (windows.faded(after, after, axis=axis) == 200).all()
