"""Things that are no cracks: drawn over a window, from a generator alone, each as it is called."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_one_or_two_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(lookalikes, "KINDS", (lambda levels, random: drawn.append(len(levels)) or levels,))
    counts = set()
    for seed in range(30):
        drawn.clear()
        lookalikes.draw(flat(), np.random.default_rng(seed))
        counts.add(len(drawn))
    assert counts == {1, 2}
