"""Random fields: finite, of the asked shape, and of the stated spread."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe.compute.seeds import generator
from crackpipe.imaging import noise


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(64, 150), st.floats(2, 200))
def test_clouds_are_finite_and_of_the_asked_shape(seed: int, side_px: int, scale_px: float) -> None:
    field = noise.clouds(generator(seed), side_px=side_px, scale_px=scale_px, octaves=3)
    assert field.shape == (side_px, side_px)
    assert field.dtype == np.float32
    assert np.abs(field).max() < 10


def test_relief_of_a_level_plane_is_flat() -> None:
    assert not noise.relief(np.ones((8, 8), np.float32), light_rad=1.0).any()


def test_grain_has_mean_0_and_standard_deviation_1_and_repeats() -> None:
    field = noise.grain(generator(3), side_px=96, sigma_px=1.5)
    assert abs(field.mean()) < 1e-4
    assert abs(field.std() - 1) < 1e-4
    assert np.array_equal(field, noise.grain(generator(3), side_px=96, sigma_px=1.5))
    neighbours = np.mean(field[:, 1:] * field[:, :-1])
    assert 0.8 < neighbours < 0.95  # exp(−1 / (4 · 1.5²)) = 0.895 for white noise blurred by 1.5 px
