"""The fit of a crack's contrast: its slopes are those of its residuals."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from crackpipe.measures.geometry import photometric


@given(
    contrast=st.floats(5, 200),
    width=st.floats(0.2, 6),
    blur=st.floats(0.3, 2),
    shift=st.floats(-1, 1),
)
@settings(max_examples=40)
def test_slopes_of_the_fit_are_differences_of_its_residuals(
    contrast: float, width: float, blur: float, shift: float
) -> None:
    offsets = np.arange(-9, 9.1, 0.25)
    profile = photometric._Profile(offsets, 60 * np.exp(-(offsets**2) / 2), expected=120.0, weight=0.2)
    values = np.array([np.log(contrast), np.log(width), np.log(blur), shift])
    found, expected = profile.slopes(values), approx_fprime(values, profile.residuals, 1e-7)
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(1.0, float(np.abs(expected).max())))
