"""Things that are no cracks: drawn over a window, from a generator alone, each as it is called."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from crackpipe.segment.windows import lookalikes


def flat(side_px: int = 96, level: float = 120.0) -> np.ndarray:
    return np.full((side_px, side_px, 3), level, np.float32)


@pytest.mark.parametrize("kind", lookalikes.KINDS)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), side_px=st.sampled_from([32, 33, 96]))
def test_each_gives_finite_levels_of_the_windows_shape_and_the_same_ones_again(kind, seed: int, side_px: int) -> None:
    drawn = [kind(flat(side_px), np.random.default_rng(seed)) for _ in range(2)]
    assert drawn[0].shape == (side_px, side_px, 3)
    assert drawn[0].dtype == np.float32
    assert np.isfinite(drawn[0]).all()
    assert drawn[0].min() >= 0
    assert np.array_equal(*drawn)


@pytest.mark.parametrize("kind", [lookalikes.shadow, lookalikes.cable, lookalikes.leaves, lookalikes.stain])
def test_shadows_and_stains_take_light_and_never_all(kind) -> None:
    changed = 0
    for seed in range(20):
        drawn = kind(flat(), np.random.default_rng(seed))
        assert drawn.max() <= 120.01
        assert drawn.min() > 120 * 0.15
        changed += bool((drawn < 115).any())
    assert changed > 10


def test_joints_alone_are_dark_straight_and_narrow() -> None:
    narrow = 0
    for seed in range(40):
        drawn = lookalikes.joints(flat(), np.random.default_rng(seed))[..., 0]
        dark = np.argwhere(drawn < 0.75 * 120)
        if len(dark) > 60:
            along, across = np.linalg.svd(dark - dark.mean(axis=0), compute_uv=False) / np.sqrt(len(dark))
            narrow += bool(along > 15 and across < 4)
    assert narrow > 5


def test_paint_is_bright() -> None:
    assert max(lookalikes.paint(flat(), np.random.default_rng(seed)).max() for seed in range(20)) > 165


def test_bricks_are_courses_at_even_distances_whose_joints_are_darker_or_brighter() -> None:
    dark = bright = 0
    for seed in range(40):
        drawn = lookalikes.bricks(flat(), np.random.default_rng(seed))[..., 0]
        joints = np.abs(drawn - 120) > 120 * 0.13  # more than bricks differ by
        assert joints.mean() < 0.6
        dark += bool((drawn[joints] < 100).any())
        bright += bool((drawn[joints] > 140).any())
    assert dark > 10
    assert bright > 3


def test_pores_are_round() -> None:
    for seed in range(10):
        drawn = lookalikes.pores(flat(), np.random.default_rng(seed))[..., 0]
        numbers, count = ndimage.label(drawn < 118)
        assert count
        boxes = [(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in ndimage.find_objects(numbers)]
        assert np.median([max(box) / min(box) for box in boxes]) < 1.5


def test_twigs_are_thin_and_of_any_brightness() -> None:
    shares, brighter = [], 0
    for seed in range(30):
        drawn = lookalikes.twigs(flat(), np.random.default_rng(seed)).mean(axis=2)
        shares.append(float((np.abs(drawn - 120) > 5).mean()))
        brighter += bool(drawn.max() > 130)
    assert 0 < np.median(shares) < 0.25
    assert 5 < brighter < 30


def test_one_or_two_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(lookalikes, "KINDS", (lambda levels, random: drawn.append(len(levels)) or levels,))
    counts = set()
    for seed in range(30):
        drawn.clear()
        lookalikes.draw(flat(), np.random.default_rng(seed))
        counts.add(len(drawn))
    assert counts == {1, 2}
