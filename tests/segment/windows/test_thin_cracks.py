"""Thin cracks drawn into a window: dark where the mask says, of the width that was asked for, the rest untouched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crackpipe.imaging import strokes as stroke
from crackpipe.imaging.strokes import Stroke
from crackpipe.segment.windows import thin_cracks

SIDE = 96
BLUR_REACH_PX = 6  # further than that from a crack no light is swallowed


def wall(seed: int = 0, *, low: float = 60, high: float = 250) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (SIDE, SIDE, 3)).astype(np.float32)


def draw(levels: np.ndarray, seed: int, *, px: tuple[float, float] = (0.8, 4.0)) -> tuple[np.ndarray, np.ndarray]:
    return thin_cracks.draw(levels, np.random.default_rng(seed), min_px=px[0], max_px=px[1])


@pytest.fixture
def drawn_strokes(monkeypatch: pytest.MonkeyPatch) -> list[Stroke]:
    """Every stroke that a test draws."""
    seen: list[Stroke] = []
    depth = stroke.depth

    def noted(strokes: list[Stroke], *, side_px: int) -> np.ndarray:
        seen.extend(strokes)
        return depth(strokes, side_px=side_px)

    monkeypatch.setattr(stroke, "depth", noted)
    return seen


@given(seed=st.integers(0, 200))
def test_cracks_are_darker_than_the_wall_and_nothing_is_brighter(seed: int) -> None:
    levels = wall()
    before = levels.copy()
    darker, mask = draw(levels, seed)
    assert (darker.shape, darker.dtype, mask.shape, mask.dtype) == (levels.shape, np.float32, (SIDE, SIDE), bool)
    assert (darker <= levels).all()
    assert (darker >= 0).all()
    assert (darker[mask] < 0.99 * levels[mask]).all()
    assert np.array_equal(levels, before)


@given(seed=st.integers(0, 200))
def test_far_from_every_crack_the_window_stays_as_it_was(seed: int) -> None:
    levels = wall()
    darker, mask = draw(levels, seed, px=(2.0, 4.0))  # wide enough for the mask to follow the whole crack
    far = ndimage.distance_transform_edt(~mask) > BLUR_REACH_PX if mask.any() else np.ones_like(mask)
    inside = far[BLUR_REACH_PX:-BLUR_REACH_PX, BLUR_REACH_PX:-BLUR_REACH_PX]
    assert inside.any()
    within = np.s_[BLUR_REACH_PX:-BLUR_REACH_PX, BLUR_REACH_PX:-BLUR_REACH_PX]
    assert np.array_equal(darker[within][inside], levels[within][inside])


def test_all_colours_lose_the_same_share_of_light() -> None:
    levels = wall()
    darker, mask = draw(levels, 1)
    share = darker / levels
    assert mask.any()
    assert np.abs(share - share[..., :1]).max() < 1e-5
    assert share.min() >= 1 - thin_cracks.DARKNESS[1] - 1e-5


@pytest.mark.parametrize("px", [(0.8, 4.0), (1.0, 1.0), (3.0, 6.0)])
def test_widths_lie_within_their_bounds(drawn_strokes: list[Stroke], px: tuple[float, float]) -> None:
    for seed in range(30):
        draw(wall(), seed, px=px)
    widths = np.concatenate([one.widths_px for one in drawn_strokes])
    assert widths.min() >= thin_cracks.NARROWEST_PX
    assert widths.max() <= 2 * px[1]
    middle = np.array([np.median(one.widths_px) for one in drawn_strokes])
    assert px[0] * 0.8 <= np.median(middle) <= px[1] * 1.25
    assert all(np.ptp(one.widths_px) > 0 for one in drawn_strokes)  # no crack is a ruled line


def test_one_to_three_cracks_are_drawn(drawn_strokes: list[Stroke]) -> None:
    counts = []
    for seed in range(20):
        before = len(drawn_strokes)
        draw(wall(), seed)
        counts.append(len(drawn_strokes) - before)
    assert set(counts) == {1, 2, 3}


def test_wider_cracks_cover_more() -> None:
    areas = [sum(int(draw(wall(), seed, px=(px, px))[1].sum()) for seed in range(10)) for px in (1.0, 2.0, 4.0)]
    assert areas[0] > 0
    assert areas[1] > 1.3 * areas[0]
    assert areas[2] > 1.3 * areas[1]


def test_equal_generators_draw_the_same_and_others_do_not() -> None:
    first, again, other = (draw(wall(), seed) for seed in (3, 3, 4))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])
