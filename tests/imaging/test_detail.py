"""Enlarged pictures hold no detail of their size."""

import numpy as np
import pytest

from crackpipe.data.demo import survey
from crackpipe.imaging import detail, images


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    """A drawn wall: grain, and noise of a camera."""
    (first, *_) = survey.photographs(photos=9, side_px=400, seed=3)
    return images.decode_rgb(first.read_image())


def enlarged(image: np.ndarray, factor: float, method: images.Method) -> np.ndarray:
    height, width = (round(side * factor) for side in image.shape[:2])
    return images.resize(image, height=height, width=width, method=method)


def test_white_noise_has_detail_of_its_size() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 700, 3), dtype=np.uint8)
    assert detail.finest(noise) == 1


@pytest.mark.parametrize("method", ["linear", "lanczos"])
@pytest.mark.parametrize("factor", [1.5, 2, 3, 4, 8])
def test_an_enlarged_photograph_is_taken_at_about_the_size_that_it_had(
    photograph: np.ndarray, factor: float, method: images.Method
) -> None:
    found = detail.finest(enlarged(photograph, factor, method)) * factor
    assert found == pytest.approx(detail.finest(photograph), rel=0.5)


def test_a_picture_of_one_colour_and_a_small_one_keep_their_size() -> None:
    assert detail.finest(np.full((3000, 2000, 3), 90, np.uint8)) == 1
    assert detail.finest(np.zeros((5, 3, 3), np.uint8)) == 1
