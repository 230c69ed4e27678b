"""The guided filter against a least-squares fit in each window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.imaging.guided_filter import guided_filter


def fitted_in_each_window(prediction: np.ndarray, guide: np.ndarray, *, radius_px: int, eps: float) -> np.ndarray:
    """He et al., eq. 5 and 8: minimise Σ (a·I + b − p)² + eps·a² over each window, then average over the windows."""
    height, width = guide.shape
    total, windows = np.zeros((height, width)), np.zeros((height, width))
    for row in range(height):
        for col in range(width):
            inside = np.s_[max(row - radius_px, 0) : row + radius_px + 1, max(col - radius_px, 0) : col + radius_px + 1]
            i, p = guide[inside].ravel(), prediction[inside].ravel()
            # eps · a² stands in every pixel's term: as many further equations √eps · a = 0
            equations = np.concatenate(
                [np.stack([i, np.ones_like(i)], axis=1), np.tile([np.sqrt(eps), 0], (len(i), 1))]
            )
            (a, b), *_ = np.linalg.lstsq(equations, np.concatenate([p, np.zeros_like(p)]), rcond=None)
            total[inside] += a * guide[inside] + b
            windows[inside] += 1
    return total / windows


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    radius_px=st.integers(1, 4),
    eps=st.sampled_from([1e-4, 1e-2, 1.0]),
    seed=st.integers(0, 99),
)
def test_it_is_the_mean_of_a_line_fitted_in_each_window(
    height: int, width: int, radius_px: int, eps: float, seed: int
) -> None:
    prediction, guide = np.random.default_rng(seed).random((2, height, width))
    np.testing.assert_allclose(
        guided_filter(prediction, guide, radius_px=radius_px, eps=eps),
        fitted_in_each_window(prediction, guide, radius_px=radius_px, eps=eps),
        atol=1e-9,
    )


def test_a_blurred_edge_takes_the_guides_sharpness() -> None:
    guide = np.zeros((12, 12))
    guide[:, 6:] = 1
    blurred = np.tile(np.linspace(0, 1, 12), (12, 1))
    refined = guided_filter(blurred, guide, radius_px=2, eps=1e-6)
    assert blurred[6, 6] - blurred[6, 5] < 0.1
    assert refined[6, 6] - refined[6, 5] > 0.25


def test_under_a_flat_guide_it_is_two_box_means() -> None:
    prediction = np.zeros((7, 7))
    prediction[3, 3] = 81.0
    refined = guided_filter(prediction, np.full((7, 7), 0.4), radius_px=1, eps=0.01)
    triangle = np.array([0, 1, 2, 3, 2, 1, 0])
    np.testing.assert_allclose(refined, np.outer(triangle, triangle), atol=1e-9)


def test_a_prediction_that_is_a_line_of_its_guide_stays() -> None:
    guide = np.random.default_rng(0).random((8, 9))
    np.testing.assert_allclose(guided_filter(0.5 * guide + 0.2, guide, radius_px=2, eps=1e-12), 0.5 * guide + 0.2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_keeps_the_type_and_leaves_its_inputs(dtype: type) -> None:
    prediction, guide = np.random.default_rng(1).random((2, 6, 5)).astype(dtype)
    before = prediction.copy(), guide.copy()
    assert guided_filter(prediction, guide, radius_px=1, eps=0.01).dtype == dtype
    np.testing.assert_array_equal((prediction, guide), before)
