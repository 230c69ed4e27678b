"""A photograph for a trained model: a file or its pixels."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe.apply import photograph
from crackpipe.errors import PhotoError
from crackpipe.imaging import images

PICTURE = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)


def test_a_file_and_its_pixels_are_the_same_photograph(tmp_path: Path):
    (tmp_path / "wall.png").write_bytes(images.encode_rgb(PICTURE))
    for photo in (tmp_path / "wall.png", str(tmp_path / "wall.png"), PICTURE):
        assert np.array_equal(photograph.pixels(photo, max_megapixels=1), PICTURE)


@pytest.mark.parametrize(
    "array",
    [PICTURE / 255, PICTURE[..., 0], PICTURE.transpose(2, 0, 1), PICTURE[:0], PICTURE.astype(np.int64)],
    ids=["floats", "grey", "channels first", "empty", "wide numbers"],
)
def test_pixels_in_another_form_are_refused(array: np.ndarray):
    with pytest.raises(PhotoError, match=r"expected uint8 \(height, width, 3\), RGB from 0 to 255"):
        photograph.pixels(array, max_megapixels=1)


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / "wall.png").write_bytes(images.encode_rgb(PICTURE))
    (tmp_path / "notes.txt").write_bytes(b"no picture")
    with pytest.raises(PhotoError, match=r"gone\.jpg: .* is not there"):
        photograph.pixels(tmp_path / "gone.jpg", max_megapixels=1)
    with pytest.raises(PhotoError, match=r"notes\.txt: not a picture that can be read"):
        photograph.pixels(tmp_path / "notes.txt", max_megapixels=1)
    with pytest.raises(PhotoError, match=r"wall\.png: decompression bomb: its header says 20×12"):
        photograph.pixels(tmp_path / "wall.png", max_megapixels=1e-4)
