"""The mask of a photograph: confidences, the pixels that are crack, a file."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.imaging import images
from crackpipe.imaging.crack_mask import Mask

LEVELS = np.array([[0, 101, 102], [127, 128, 255]], np.uint8)


def test_a_pixel_is_crack_from_its_threshold_on():
    assert Mask(LEVELS).crack().tolist() == [[False, False, False], [False, True, True]]
    assert Mask(LEVELS, threshold=0.4).crack().tolist() == [[False, False, True], [True, True, True]]
    assert Mask(LEVELS, threshold=0.4).crack(threshold=1).tolist() == [[False, False, False], [False, False, True]]


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1, float("nan")])
def test_a_threshold_that_no_or_every_pixel_reaches_is_refused(threshold: float):
    with pytest.raises(ValueError, match="expected a share of the full confidence, above 0 and at most 1"):
        Mask(LEVELS).crack(threshold=threshold)


def test_a_saved_mask_reads_back_level_by_level(tmp_path: Path):
    Mask(LEVELS).save(tmp_path / "deep/wall.png")
    assert np.array_equal(images.decode_grey((tmp_path / "deep/wall.png").read_bytes()), LEVELS)
    Mask(LEVELS).save(str(tmp_path / "wall.PNG"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "wall.PNG"]


def test_a_format_that_changes_levels_is_refused(tmp_path: Path):
    with pytest.raises(CrackpipeError, match=r"wall\.jpg: a mask is saved as PNG, .*; let the name end in \.png"):
        Mask(LEVELS).save(tmp_path / "wall.jpg")
    assert not list(tmp_path.iterdir())
