"""Labels that need no learning."""

import numpy as np
from skimage.filters import threshold_otsu

from crackpipe.imaging import images
from crackpipe.pseudo import baselines


def test_darkness_and_otsu_are_what_their_names_say() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    grey = images.to_grey(image)
    found = baselines.all_of(image)
    assert sorted(found) == ["darkness", "otsu"]
    assert np.array_equal(found["darkness"], 255 - grey)
    assert np.array_equal(found["otsu"], np.where(grey <= threshold_otsu(grey), 255, 0))
    assert all(levels.dtype == np.uint8 for levels in found.values())


def test_black_is_certain_and_white_is_nothing() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0] = 255
    assert baselines.all_of(image)["darkness"].tolist() == [[0, 0], [255, 255]]


def test_an_even_photograph_has_no_crack_by_otsu() -> None:
    assert not baselines.all_of(np.full((4, 4, 3), 30, np.uint8))["otsu"].any()
