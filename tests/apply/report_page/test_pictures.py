"""Pictures of the page: their size, and where close-ups are cut."""

import numpy as np

from crackpipe.apply.report_page import pictures
from crackpipe.apply.report_page.pictures import WidestPlace
from crackpipe.imaging import images


def test_pictures_are_at_most_1000_pixels_wide_and_both_of_one_size():
    drawn, photograph = np.zeros((400, 2000, 3), np.uint8), np.zeros((1000, 5000, 3), np.uint8)
    pair = pictures.pair(drawn, photograph, height_px=1000)
    assert (pair.height_px, pair.width_px) == (200, 1000)
    assert images.size_px(pair.drawn) == images.size_px(pair.photograph or b"") == (200, 1000)


def test_small_pictures_keep_their_size():
    pair = pictures.pair(np.zeros((20, 30, 3), np.uint8), None, height_px=20)
    assert images.size_px(pair.drawn) == (20, 30)
    assert pair.photograph is None


def test_a_close_up_has_the_widest_place_in_its_middle():
    photograph = np.zeros((600, 800, 3), np.uint8)
    photograph[300, 500] = 255
    photograph[299:302, 499:502] = 255
    pair = pictures.pair(photograph, photograph, height_px=600, closeups={3: WidestPlace(300, 500, 4)})
    closeup = images.decode_grey(pair.closeups[3])
    assert closeup.shape == (pictures.CLOSEUP_PX, pictures.CLOSEUP_PX)
    rows, cols = np.nonzero(closeup > 128)
    assert abs(rows.mean() - 80) < 3
    assert abs(cols.mean() - 80) < 3


def test_a_close_up_at_a_corner_stays_inside_the_picture():
    drawn = np.full((300, 400, 3), 200, np.uint8)  # of a photograph twice as large
    places = {1: WidestPlace(0, 0, 5), 2: WidestPlace(599, 799, 400)}
    pair = pictures.pair(drawn, None, height_px=600, closeups=places)
    assert all(images.decode_grey(jpeg).min() > 190 for jpeg in pair.closeups.values())
