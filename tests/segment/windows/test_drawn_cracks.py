"""Cracks of any form and filling drawn into a window: seen where the mask says, and none where nobody would see it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crackpipe.imaging import strokes
from crackpipe.segment.windows import drawn_cracks

SIDE = 96


def wall(seed: int = 0, *, grain: float = 4.0, mean: float = 140.0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE, 1))
    return np.repeat((mean + grain * noise).clip(0, 255), 3, axis=2).astype(np.float32)


def draw(levels: np.ndarray, seed: int, *, px: tuple[float, float] = (0.8, 8.0)) -> tuple[np.ndarray, np.ndarray]:
    return drawn_cracks.draw(levels, np.random.default_rng(seed), min_px=px[0], max_px=px[1])


@pytest.fixture
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No filling, no bloom, no fading and no lit edge."""
    for name in ("FILLED_P", "BLOOM_P", "FADED_P", "LIT_P"):
        monkeypatch.setattr(drawn_cracks, name, 0.0)


@given(seed=st.integers(0, 300), grain=st.sampled_from([0.0, 2.0, 10.0, 40.0]))
def test_levels_stay_within_theirs_and_the_photograph_as_it_was(seed: int, grain: float) -> None:
    levels = wall(grain=grain)
    before = levels.copy()
    drawn, mask = draw(levels, seed)
    assert (drawn.shape, drawn.dtype, mask.shape, mask.dtype) == (levels.shape, np.float32, (SIDE, SIDE), bool)
    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0
    assert drawn.max() <= 255 * 1.36  # a lit edge, before levels are rounded
    assert np.array_equal(levels, before)


@pytest.mark.usefixtures("_plain")
@given(seed=st.integers(0, 200))
def test_plain_cracks_are_dark_and_far_from_them_nothing_changes(seed: int) -> None:
    levels = wall()
    drawn, mask = draw(levels, seed, px=(2.0, 6.0))
    if mask.any():
        assert (levels - drawn)[mask].mean() > drawn_cracks.SEEN
        assert (drawn <= levels + 1e-3).all()
    far = ndimage.distance_transform_edt(~mask) > 10 if mask.any() else np.ones_like(mask)
    inner = np.s_[10:-10, 10:-10]
    assert np.array_equal(drawn[inner][far[inner]], levels[inner][far[inner]])


def test_on_a_surface_that_hides_every_crack_none_is_drawn() -> None:
    rough = np.repeat(np.random.default_rng(0).choice([0.0, 255.0], (SIDE, SIDE, 1)), 3, axis=2).astype(np.float32)
    for seed in range(20):
        drawn, mask = draw(rough, seed, px=(0.8, 1.2))
        assert not mask.any()
        assert np.array_equal(drawn, rough)


@pytest.mark.usefixtures("_plain")
@pytest.mark.parametrize("form", drawn_cracks.FORMS)
@pytest.mark.parametrize("grain", [3.0, 12.0, 25.0])
def test_a_crack_stands_out_from_the_grain_of_its_surface(
    grain: float, form: drawn_cracks.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along the middle of a crack the blurred window is darker than the surface by more than its grain."""
    monkeypatch.setattr(drawn_cracks, "FORMS", (form,) * 3)
    seen = 0
    for seed in range(60):
        levels = wall(seed, grain=grain)
        drawn, mask = draw(levels, seed, px=(4.0, 4.0))
        if mask.sum() < 50:
            continue
        smooth = [ndimage.gaussian_filter(picture[..., 0], 1.0) for picture in (levels, drawn)]
        assert smooth[0].mean() - smooth[1][mask].mean() > smooth[0].std()
        seen += 1
    assert seen >= 15


def test_a_filled_crack_is_bright_and_some_cracks_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = wall()
    brighter = [
        float((drawn - levels)[mask].mean()) for drawn, mask in (draw(levels, seed) for seed in range(80)) if mask.any()
    ]
    assert 0.05 < np.mean(np.array(brighter) > 0) < 0.4
    monkeypatch.setattr(drawn_cracks, "FILLED_P", 1.0)
    for seed in range(30):
        drawn, mask = draw(levels, seed, px=(3.0, 8.0))
        assert not mask.any() or (drawn - levels)[mask].mean() > 0


def test_lime_dries_bright_beside_a_dark_crack(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = wall(mean=100)
    for name, value in (("BLOOM_P", 1.0), ("FILLED_P", 0.0), ("FADED_P", 0.0), ("LIT_P", 0.0)):
        monkeypatch.setattr(drawn_cracks, name, value)
    bloomed = 0
    for seed in range(40):
        drawn, mask = draw(levels, seed, px=(3.0, 4.0))
        if not mask.any():
            continue
        distance = ndimage.distance_transform_edt(~mask)
        beside = (drawn - levels)[(distance > 3) & (distance < 6)].mean()
        bloomed += bool(beside > 5 and drawn[mask].mean() < drawn[(distance > 3) & (distance < 6)].mean())
    assert bloomed > 5


@pytest.mark.parametrize("form", drawn_cracks.FORMS)
def test_each_form_draws_paths_about_as_wide_as_was_asked_for(form: drawn_cracks.Form) -> None:
    counts, widths = [], []
    for seed in range(20):
        paths = form(np.random.default_rng(seed), SIDE, 2.0)
        counts.append(len(paths))
        widths += [path.widths_px for path in paths]
    expected = {drawn_cracks.line: (1, 1), drawn_cracks.branched: (2, 5), drawn_cracks.net: (5, 400)}[form]
    assert expected[0] <= min(counts)
    assert max(counts) <= expected[1]
    every = np.concatenate(widths)
    assert every.min() >= drawn_cracks.NARROWEST_PX
    assert every.max() <= 4.6
    assert strokes.depth(paths, side_px=SIDE).max() > 0


def test_equal_generators_draw_the_same_and_others_do_not() -> None:
    first, again, other = (draw(wall(), seed) for seed in (3, 3, 4))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])
