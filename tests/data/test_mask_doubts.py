"""Masks that fit and are doubtful nevertheless."""

import field_pictures
import numpy as np
import pytest

from crackpipe.data import mask_doubts
from crackpipe.imaging.picture_files import Picture, upright

WALL, CRACK = field_pictures.wall(), field_pictures.crack()


def test_a_mask_that_lies_on_its_crack_is_beyond_doubt() -> None:
    assert mask_doubts.of(CRACK, Picture(WALL)) == ()
    assert mask_doubts.of(np.zeros_like(CRACK), Picture(WALL, orientation=3)) == ()


def test_a_mask_that_is_mostly_crack_is_doubtful() -> None:
    assert mask_doubts.of(~CRACK, Picture(WALL)) == (
        "96% of its mask is crack; if it was drawn black on white, invert it",
    )


def test_only_what_is_inside_counts() -> None:
    inside = np.zeros_like(CRACK)
    inside[8:20] = True
    mask = ~inside
    assert mask_doubts.of(mask, Picture(WALL, inside)) == ()


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_a_mask_of_the_sensors_pixels_is_seen_where_exif_turns_them(orientation: int) -> None:
    sensor = upright(WALL, orientation)  # these turns undo themselves
    shown = Picture(upright(sensor, orientation), orientation=orientation)
    assert mask_doubts.of(CRACK, shown) == ()
    (said,) = mask_doubts.of(upright(CRACK, orientation), shown)
    assert said.startswith("EXIF turns the photograph, and its mask lies on light pixels")
    assert mask_doubts.of(upright(CRACK, orientation), Picture(shown.rgb)) == ()
