"""Confidences of pixels made to hold: by hand, and against scikit-learn's logistic regression."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from crackpipe.measures import pixel_calibration
from crackpipe.measures.pixel_calibration import PixelCalibration


def counts(**of_level: tuple[int, int]) -> np.ndarray:
    """Pixels by level: ``l128=(none, crack)``."""
    found = np.zeros((256, 2), np.int64)
    for name, values in of_level.items():
        found[int(name[1:])] = values
    return found


def test_pixels_are_counted_by_level_and_truth() -> None:
    levels = np.array([[0, 0, 255], [7, 7, 255]], np.uint8)
    truth = np.array([[False, True, True], [False, False, False]])
    found = pixel_calibration.count([(levels, truth), (levels, truth)])
    assert np.array_equal(found, counts(l0=(2, 2), l7=(4, 0), l255=(2, 2)))


def test_the_error_is_the_mean_gap_of_confidence_and_share() -> None:
    assert pixel_calibration.error(counts(l0=(10, 0), l255=(0, 10))) == 0
    assert pixel_calibration.error(counts(l255=(10, 0))) == 1
    assert pixel_calibration.error(counts(l51=(60, 20), l204=(10, 10))) == pytest.approx((80 * 0.05 + 20 * 0.3) / 100)
    with pytest.raises(ValueError, match="there is no pixel; count at least one map"):
        pixel_calibration.error(counts())


def test_it_is_logistic_regression_on_the_log_odds() -> None:
    random = np.random.default_rng(0)
    found = random.integers(0, 3000, (256, 2))
    found[:, 1] = found[:, 0] * np.linspace(0.01, 0.6, 256) ** 2
    mine = pixel_calibration.fit(found)
    confidence = np.clip(np.arange(256), 0.5, 254.5) / 255
    odds = np.log(confidence / (1 - confidence))
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    theirs.fit(np.tile(odds, 2)[:, None], np.repeat([0, 1], 256), sample_weight=found.T.ravel())
    assert mine.slope == pytest.approx(float(theirs.coef_[0, 0]), rel=1e-3)
    assert mine.offset == pytest.approx(float(theirs.intercept_[0]), rel=1e-3)


@pytest.mark.parametrize(
    ("seen", "slope", "offset"),
    [
        ({"l0": (7 * 10**7, 10**6), "l20": (10**6, 10**5), "l128": (10**6, 4 * 10**5), "l230": (2 * 10**6, 10**6),
          "l250": (10**6, 10**6)}, 0.423, -1.547),
        ({"l0": (10**8, 10**7), "l128": (10**6, 4 * 10**5), "l255": (2 * 10**6, 10**6)}, 0.136, -1.445),
    ],
)  # fmt: skip
def test_millions_of_sure_pixels_do_not_keep_it_from_its_maximum(seen: dict, slope: float, offset: float) -> None:
    fitted = pixel_calibration.fit(counts(**seen))
    assert (fitted.slope, fitted.offset) == pytest.approx((slope, offset), abs=2e-3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 10**7), st.integers(1, 10**6)), min_size=3, max_size=12))
def test_no_other_search_finds_a_likelier_calibration(rows: list[tuple[int, int, int]]) -> None:
    found = np.zeros((256, 2), np.int64)
    for level, none, crack in rows:
        found[level] += (none, crack)
    confidence = np.clip(np.arange(256), 0.5, 254.5) / 255
    odds, total = np.log(confidence / (1 - confidence)), found.sum(axis=1)
    none, crack = found.sum(axis=0)
    wanted = found @ np.array([1 / (none + 2), (crack + 1) / (crack + 2)])

    def unlikely(weights: np.ndarray) -> float:
        score = weights[0] * odds + weights[1]
        return float((total * np.logaddexp(0, score) - wanted * score).sum() / total.sum())

    fitted = pixel_calibration.fit(found)
    theirs = minimize(unlikely, np.array([0.0, np.log(crack / none)]), method="BFGS")
    blind = np.array([0.0, np.log(wanted.sum() / (total - wanted).sum())])  # one chance for all pixels
    if theirs.x[0] > 0 and theirs.fun < unlikely(blind) - 1e-7:  # else it is left as it is
        assert unlikely(np.array([fitted.slope, fitted.offset])) <= theirs.fun + 1e-7


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20))
def test_it_never_changes_an_order_and_is_finite_whatever_is_counted(rows: list[tuple[int, int, int]]) -> None:
    found = np.zeros((256, 2), np.int64)
    for level, none, crack in rows:
        found[level] += (none, crack)
    fitted = pixel_calibration.fit(found)
    assert np.isfinite([fitted.slope, fitted.offset]).all()
    assert fitted.slope > 0
    assert (np.diff(fitted.table().astype(int)) >= 0).all()


def test_confidences_that_hold_stay_and_those_of_one_truth_change_nothing() -> None:
    level = np.arange(256)
    holds = np.stack([255 - level, level], axis=1) * 1000
    assert np.abs(pixel_calibration.fit(holds).table().astype(int) - level).max() <= 1
    assert pixel_calibration.fit(counts(l9=(5, 0))) == PixelCalibration()
    assert np.array_equal(PixelCalibration().table()[1:-1], level[1:-1])


def test_confidence_that_falls_with_the_truth_is_left_as_it_is() -> None:
    assert pixel_calibration.fit(counts(l20=(10, 90), l230=(90, 10))) == PixelCalibration()
