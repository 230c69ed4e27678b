"""Deeper samples brought to 8 bits: never black, never two pictures made one."""

import field_pictures
import numpy as np
import pytest

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import depth, read

GREY = field_pictures.wall()[..., 0]
SHAPES = {"uint16": np.uint16, "uint32": np.uint32, "float32": np.float32, "float64": np.float64}


def levels(samples: np.ndarray) -> np.ndarray:
    return depth.to_eight_bits(samples, None).levels


@pytest.mark.parametrize("bits", range(8, 17))
def test_levels_of_any_depth_read_as_their_eight_bits(bits: int) -> None:
    deep = GREY.astype(np.uint16) * 2 ** (bits - 8)
    found = depth.to_eight_bits(deep, None)
    np.testing.assert_array_equal(found.levels, GREY)
    assert found.whole
    assert found.note == f"16 bits, levels {deep.min()}–{deep.max()} divided by {2 ** (bits - 8)}"


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_from_0_to_1_and_from_0_to_255_read_as_levels(kind: type) -> None:
    for samples in (GREY.astype(kind) / kind(255), GREY.astype(kind)):
        found = depth.to_eight_bits(samples, None)
        np.testing.assert_array_equal(found.levels, GREY)
        assert found.whole


def test_a_hot_pixel_does_not_make_a_picture_black() -> None:
    deep = GREY.astype(np.uint16) * 16
    deep[0, 0] = 65535
    found = depth.to_eight_bits(deep, None)
    np.testing.assert_array_equal(found.levels.ravel()[1:], GREY.ravel()[1:])
    assert found.levels[0, 0] == 255
    assert not found.whole


@pytest.mark.parametrize(
    "samples",
    [
        GREY.astype(np.uint16) * 4 + 30_000,
        GREY.astype(np.int16) - 200,
        GREY.astype(np.float32) * 1e-4,
        GREY.astype(np.float32) * 40 + 1e4,
        GREY.astype(np.uint32) + 2**24,
    ],
)
def test_a_narrow_or_unusual_range_is_stretched(samples: np.ndarray) -> None:
    before = samples.copy()
    found = depth.to_eight_bits(samples, None)
    assert "stretched from" in found.note
    assert found.note.endswith("to 0–255 (0.1 to 99.9 percentile)")
    assert (found.levels.min(), found.levels.max()) == (0, 255)
    assert np.corrcoef(found.levels.ravel(), GREY.ravel())[0, 1] > 0.999
    assert not found.whole
    np.testing.assert_array_equal(samples, before)


def test_areas_without_data_do_not_count_towards_the_range() -> None:
    samples = GREY.astype(np.float32) / 255
    samples[:, :20] = -9999
    samples[0, 30] = np.nan
    inside = np.isfinite(samples) & (samples >= 0)
    found = depth.to_eight_bits(samples, inside).levels
    np.testing.assert_array_equal(found[inside], GREY[inside])
    assert not found[~inside].any()


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(PhotoError, match="none of its samples is a finite number"):
        levels(np.full((4, 5), np.nan, np.float32))
    with pytest.raises(PhotoError, match="type complex64, expected whole numbers or floats"):
        levels(np.zeros((4, 5), np.complex64))


def test_two_pictures_that_differ_below_eight_bits_are_told_apart() -> None:
    one = GREY.astype(np.uint16) * 16
    other = one + np.uint16(1)
    first, second = (read(field_pictures.tiff(samples), max_megapixels=1) for samples in (one, other))
    np.testing.assert_array_equal(first.rgb, second.rgb)
    assert first.deeper != second.deeper
    assert first.deeper == b""  # its 8 bits tell all
