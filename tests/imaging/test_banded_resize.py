"""Resizing part by part: the same pixels as OpenCV's resize of the whole, and equal values stay equal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.imaging import banded_resize, images


def photograph(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def whole(image: np.ndarray, *, height: int, width: int) -> np.ndarray:
    return banded_resize.part(image, height=height, width=width, top=0, left=0, tall=height, wide=width)


def in_bands(
    levels: np.ndarray, *, to_height: int, to_width: int, ends: list[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    height, width = levels.shape
    parts = [band for band in np.split(levels, sorted(ends)) if len(band)]
    found = list(banded_resize.resized(parts, height=height, width=width, to_height=to_height, to_width=to_width))
    return np.concatenate(found), found


def test_halving_takes_means_of_four_drawn_by_hand() -> None:
    levels = np.array([[0, 4, 8, 8], [4, 4, 0, 8]], np.float32)
    found, _ = in_bands(levels, to_height=1, to_width=2, ends=[])
    assert found.tolist() == [[3, 6]]


def test_doubling_interpolates_between_centres_drawn_by_hand() -> None:
    found, _ = in_bands(np.array([[0, 8]], np.float32), to_height=2, to_width=4, ends=[])
    assert found.tolist() == [[0, 2, 6, 8]] * 2


def test_three_pixels_to_two_share_the_middle_one() -> None:
    found, _ = in_bands(np.array([[0, 3, 9]], np.float32), to_height=1, to_width=2, ends=[])
    np.testing.assert_allclose(found, [[1, 7]], rtol=1e-6)


@given(
    height=st.integers(4, 40),
    width=st.integers(4, 40),
    factor=st.sampled_from([0.25, 0.37, 0.5, 0.8, 1.0, 1.3, 2.0, 3.1]),
)
def test_the_whole_equals_opencvs(height: int, width: int, factor: float) -> None:
    image = photograph(height, width)
    target = {"height": round(height * factor), "width": round(width * factor)}
    method: images.Method = "area" if factor < 1 else "linear"
    found = whole(image, **target)
    wanted = images.resize(image, **target, method=method)
    assert np.abs(found.astype(int) - wanted).max() <= 1  # OpenCV interpolates bytes in fixed point
    levels = image[..., 0].astype(np.float32) / 255
    bands, _ = in_bands(levels, to_height=target["height"], to_width=target["width"], ends=[])
    np.testing.assert_allclose(bands, images.resize(levels, **target, method=method), atol=1e-5)


@given(data=st.data(), height=st.integers(1, 30), width=st.integers(1, 30))
def test_a_part_is_that_part_of_the_whole(data: st.DataObject, height: int, width: int) -> None:
    image = photograph(height, width)
    to_height, to_width = data.draw(st.integers(1, 50)), data.draw(st.integers(1, 50))
    top, left = data.draw(st.integers(0, to_height - 1)), data.draw(st.integers(0, to_width - 1))
    tall, wide = data.draw(st.integers(1, to_height - top)), data.draw(st.integers(1, to_width - left))
    found = banded_resize.part(image, height=to_height, width=to_width, top=top, left=left, tall=tall, wide=wide)
    all_of_it = whole(image, height=to_height, width=to_width)
    np.testing.assert_array_equal(found, all_of_it[top : top + tall, left : left + wide])


@given(
    height=st.integers(1, 30),
    to_height=st.integers(1, 60),
    to_width=st.integers(1, 12),
    ends=st.lists(st.integers(1, 29), max_size=4),
)
def test_a_map_in_bands_is_resized_as_the_whole(height: int, to_height: int, to_width: int, ends: list[int]) -> None:
    levels = np.random.default_rng(height).random((height, 7), dtype=np.float32)
    found, _ = in_bands(levels, to_height=to_height, to_width=to_width, ends=ends)
    assert found.shape == (to_height, to_width)
    np.testing.assert_array_equal(found, in_bands(levels, to_height=to_height, to_width=to_width, ends=[])[0])


def test_bands_come_as_soon_as_their_pixels_do() -> None:
    _, bands = in_bands(np.zeros((12, 4), np.float32), to_height=6, to_width=2, ends=[4, 8])
    assert [len(band) for band in bands] == [1, 2, 3]  # a tap more than needed is waited for


@given(
    value=st.floats(0, 1, width=32),
    length=st.integers(1, 40),
    wanted=st.integers(1, 90),
)
def test_equal_values_stay_exactly_equal(value: float, length: int, wanted: int) -> None:
    found, _ = in_bands(np.full((length, length), value, np.float32), to_height=wanted, to_width=wanted, ends=[])
    assert (found == np.float32(value)).all()


@pytest.mark.parametrize("factor", [0.4, 1.0, 1.7])
def test_the_photograph_stays_as_it_was(factor: float) -> None:
    image = photograph(20, 30)
    whole(image, height=round(20 * factor), width=round(30 * factor))
    np.testing.assert_array_equal(image, photograph(20, 30))
