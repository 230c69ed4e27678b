"""What makes cracks hard to see is said; a good photograph gives no doubt."""

import numpy as np
import pytest

from crackpipe.apply.survey import doubts
from crackpipe.data.demo import survey
from crackpipe.errors import PhotoError
from crackpipe.imaging import images


def wall(low: int = 90, high: int = 190, *, side: int = 300) -> np.ndarray:
    return np.random.default_rng(0).integers(low, high, (side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("image", "doubt"),
    [
        (wall(0, 25), "very dark"),
        (wall(245, 250), "very bright"),
        (np.full((300, 300, 3), 120, np.uint8), "almost of one grey"),
        (wall(side=100), "its shorter side has 100 px"),
        (np.repeat(wall() > 140, 1, axis=2).astype(np.uint8) * 255, "is pure black or white"),
    ],
)
def test_each_doubt_is_said(image: np.ndarray, doubt: str) -> None:
    assert any(doubt in text for text in doubts.of(image, None))


def test_an_enlarged_photograph_is_told_by_its_lack_of_detail() -> None:
    (first, *_) = survey.photographs(photos=9, side_px=300, seed=3)
    drawn = images.decode_rgb(first.read_image())
    (text,) = doubts.of(images.resize(drawn, height=1200, width=1200, method="lanczos"), None)
    assert text.startswith("blurred or enlarged: it holds the detail of ")


def test_a_good_photograph_gives_no_doubt() -> None:
    assert doubts.of(wall(), None) == ()


def test_what_is_outside_does_not_count_and_a_photograph_that_is_all_outside_is_refused() -> None:
    image, inside = wall(), np.zeros((300, 300), bool)
    image[100:] = 0
    inside[:100] = True
    assert doubts.of(image, inside) == ()
    with pytest.raises(PhotoError, match="all of it is transparent or nodata"):
        doubts.of(image, np.zeros((300, 300), bool))
