"""JPEGs whose data are walked: whole ones pass in every coding, damaged ones are seen."""

import io
from typing import Any

import field_pictures
import numpy as np
import pytest
from PIL import Image

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import jpeg, jpeg_damage, read

NOISE = np.random.default_rng(0).normal(128, 30, (150, 203, 3)).clip(0, 255).astype(np.uint8)
CODINGS: list[dict[str, Any]] = [
    {},
    {"subsampling": 0},
    {"subsampling": 1},
    {"optimize": True},
    {"progressive": True},
    {"progressive": True, "subsampling": 0},
    {"restart_marker_blocks": 4},
    {"restart_marker_rows": 1, "progressive": True},
]


def encoded(mode: str, quality: int, coding: dict[str, Any]) -> bytes:
    return field_pictures.pillow(Image.fromarray(NOISE).convert(mode), "JPEG", quality=quality, **coding)


@pytest.mark.parametrize("coding", CODINGS, ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_whole_pictures_pass_and_a_hole_in_their_data_is_seen(mode: str, coding: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    for quality in (20, 75, 95):
        data = encoded(mode, quality, coding)
        jpeg_damage.check(data)
        missed = 0
        for _ in range(8):
            damaged = bytearray(data)
            at = int(rng.integers(len(data) // 3, len(data) * 2 // 3))
            damaged[at : at + len(data) // 5] = bytes(len(data) // 5)
            try:
                jpeg_damage.check(bytes(damaged))
            except PhotoError:
                continue
            missed += 1
        assert missed == 0


@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_a_picture_that_was_cut_is_damaged_in_spite_of_an_end_marker(coding: dict[str, Any]) -> None:
    data = encoded("RGB", 90, coding)
    with pytest.raises(PhotoError, match=r"damaged: the JPEG is not whole, .*; copy the photograph again"):
        read(data[: len(data) * 2 // 3] + b"\xff\xd9", max_megapixels=1)


def test_a_film_behind_the_picture_and_a_few_bytes_more_are_no_damage() -> None:
    data = encoded("RGB", 90, {})
    jpeg_damage.check(data + bytes(1000))
    jpeg_damage.check(data[:-2] + bytes(3) + b"\xff\xd9")
    with pytest.raises(PhotoError, match="1000 bytes of its data are left over behind the last block"):
        jpeg_damage.check(data[:-2] + bytes(1000) + b"\xff\xd9")


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 7), (16, 17), (33, 100)])
def test_sizes_that_are_no_multiple_of_a_block_pass(size: tuple[int, int]) -> None:
    for coding in CODINGS:
        jpeg_damage.check(field_pictures.pillow(NOISE[: size[0], : size[1]], "JPEG", **coding))


def test_a_frame_tells_depth_size_and_components() -> None:
    found = jpeg.frame(encoded("RGB", 90, {"progressive": True}))
    assert found == jpeg.Frame(8, 150, 203, ((1, 2, 2), (2, 1, 1), (3, 1, 1)), True)
    assert jpeg.frame(b"\xff\xd8\xff\xd9") is None


def test_a_jpeg_without_a_scan_is_damaged() -> None:
    data = encoded("L", 90, {})
    with pytest.raises(PhotoError, match="it holds no picture data"):
        jpeg_damage.check(data[: data.index(b"\xff\xda")] + b"\xff\xd9")


def test_exif_is_found_behind_other_segments() -> None:
    data = field_pictures.pillow(NOISE, "JPEG", exif=field_pictures.exif(8), icc_profile=bytes(500))
    block, pictures = jpeg.extras(data)
    assert pictures == 1
    with Image.open(io.BytesIO(data)) as other:
        assert block == other.info["exif"]
