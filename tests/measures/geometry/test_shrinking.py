"""Wide cracks are measured on a smaller map, with the same result."""

import numpy as np
import pytest
from scipy import ndimage

from crackpipe.measures.geometry import GeometrySettings, find, shrinking

ROWS, COLS = np.mgrid[:700, :1200].astype(float)


def wide(width: float, degrees: float) -> np.ndarray:
    """A bar 900 px long around the middle, as confidence."""
    turn = np.radians(degrees)
    along = (COLS - 600) * np.cos(turn) - (ROWS - 350) * np.sin(turn)
    across = (COLS - 600) * np.sin(turn) + (ROWS - 350) * np.cos(turn)
    distance = np.maximum(np.abs(across) - width / 2, np.abs(along) - 450)
    return np.rint(np.clip(0.5 - distance, 0, 1) * 255).astype(np.uint8)


@pytest.mark.parametrize("width", [60, 100, 171])
@pytest.mark.parametrize("degrees", [0, 10, 20])
def test_a_wide_crack_keeps_its_length_width_and_pixels(width: float, degrees: float) -> None:
    levels = wide(width, degrees)
    assert width / 24 - 1.5 < shrinking.times(levels >= 128) <= width / 24
    (crack,) = find(levels, GeometrySettings(), grey=levels)
    assert crack.length_px == pytest.approx(900, rel=0.02)
    assert crack.geometric.median == pytest.approx(width, rel=0.01)
    assert crack.area_px == np.count_nonzero(levels >= 128)
    assert (levels[tuple(crack.pixels.T)] >= 128).all()
    (rows, cols) = ndimage.find_objects((levels >= 128).astype(int))[0]
    assert crack.box == (rows.start, cols.start, rows.stop, cols.stop)
    assert np.abs(crack.lines[0].mean(axis=0) - [350, 600]).max() < 3


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (47, 60), (300, 400)])
def test_a_map_that_is_crack_all_over_is_one_crack(shape: tuple[int, int]) -> None:
    for confidence in (np.full(shape, 255, np.uint8), np.ones(shape, bool)):
        (crack,) = find(confidence, GeometrySettings(gap_px=12.0), grey=np.zeros(shape, np.uint8))
        assert crack.area_px == confidence.size
        assert crack.box == (0, 0, *shape)
        assert np.isfinite([crack.length_px, crack.geometric.median, crack.geometric.largest]).all()
        assert len(crack.lines[0]) >= 2


def test_thin_cracks_keep_their_map() -> None:
    assert shrinking.times(wide(40, 0) >= 128) == 1
    assert shrinking.times(np.zeros((5, 5), bool)) == 1
