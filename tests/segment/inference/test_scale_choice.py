"""The scales of a photograph follow the width of its cracks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.segment.inference import scale_choice

SCALES = [0.25, 0.5, 1.0, 2.0]


def strip(width_px: int, *, height: int = 300) -> np.ndarray:
    levels = np.zeros((height, 200), np.uint8)
    levels[:, 60 : 60 + width_px] = 255
    return levels


@pytest.mark.parametrize("width_px", [4, 8, 15, 30, 60])
def test_a_straight_crack_is_measured_within_a_pixel_and_a_half(width_px: int):
    assert scale_choice.crack_width_px(strip(width_px)) == pytest.approx(width_px, abs=2.5)


def test_wider_cracks_measure_wider():
    found = [scale_choice.crack_width_px(strip(width_px)) for width_px in range(1, 40)]
    assert all(less <= more for less, more in pairwise(found))
    assert all(less < more for less, more in pairwise(found[::2]))


def test_what_is_half_sure_or_less_is_no_crack():
    assert scale_choice.crack_width_px(strip(9) // 2) == 0
    assert scale_choice.crack_width_px(np.zeros((5, 5), np.uint8)) == 0


def test_bands_do_not_show_in_the_width(monkeypatch: pytest.MonkeyPatch):
    whole = scale_choice.crack_width_px(strip(12))
    monkeypatch.setattr(scale_choice, "BAND_PX", 70)
    assert scale_choice.crack_width_px(strip(12)) == pytest.approx(whole, rel=0.02)


@pytest.mark.parametrize(
    ("width_px", "chosen"), [(0, [1.0]), (4, [1.0, 2.0]), (8, [0.5, 1.0, 2.0]), (16, [0.25, 0.5, 1.0]), (200, [1.0])]
)
def test_a_photograph_takes_the_scales_that_bring_its_cracks_into_range(width_px: float, chosen: list[float]):
    assert scale_choice.choose(SCALES, width_px=width_px, min_px=3, max_px=26) == chosen


@given(st.lists(st.floats(0.1, 8), min_size=1, max_size=5), st.floats(0, 500), st.floats(0, 10), st.floats(0, 100))
def test_some_scale_is_always_chosen_and_looked_at(scales: list[float], width_px: float, low: float, room: float):
    chosen = scale_choice.choose(scales, width_px=width_px, min_px=low, max_px=low + room)
    assert chosen
    assert set(chosen) | set(scale_choice.look(scales)) <= set(scales)


def test_the_first_look_is_from_half_to_full_size():
    assert scale_choice.look(SCALES) == [0.5, 1.0]
    assert scale_choice.look([2.0, 4.0]) == [2.0]


def test_the_mean_of_maps_is_rounded_to_the_nearest_level():
    maps = [np.full((2, 2), level, np.uint8) for level in (255, 255, 254)]
    assert (scale_choice.mean(maps) == 255).all()
    assert (scale_choice.mean(maps[1:]) == 255).all()  # 254.5
    assert (scale_choice.mean(maps[2:]) == 254).all()
