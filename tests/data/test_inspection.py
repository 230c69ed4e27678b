"""Each reason for which one photograph is refused."""

import struct
import zlib
from pathlib import Path

import field_pictures
import numpy as np
import pytest

from crackpipe.data import inspection
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import PhotoError
from crackpipe.imaging import images

PIXELS = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
MASK = np.zeros((32, 48), bool)
MASK[16, 4:40] = True


def photo(
    data: bytes, mask: np.ndarray | None = None, *, label: int | None = None, mm: float | None = None
) -> RawPhoto:
    return RawPhoto(
        name="a",
        path="a.jpg",
        group="a",
        own_split=None,
        read_image=lambda: data,
        read_mask=None if mask is None else lambda: mask,
        label=label,
        mm_per_px=mm,
    )


def inspect(raw: RawPhoto, *, needs_mask: bool = False) -> inspection.PhotoFacts:
    return inspection.inspect(raw, max_megapixels=0.01, needs_mask=needs_mask)


def test_a_sound_photograph_gives_its_size_and_its_masks_label() -> None:
    facts = inspect(photo(images.encode_rgb(PIXELS), MASK), needs_mask=True)
    assert (facts.height_px, facts.width_px, facts.has_mask, facts.label) == (32, 48, True, 1)
    assert inspect(photo(images.encode_rgb(PIXELS), ~MASK & MASK)).label == 0
    assert inspect(photo(images.encode_rgb(PIXELS))).label is None
    assert inspect(photo(images.encode_rgb(PIXELS), label=0)).label == 0


def test_equal_pixels_have_equal_hashes_in_any_file_format(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(PIXELS).save(tmp_path / "a.bmp")
    as_png, as_bmp = images.encode_rgb(PIXELS), (tmp_path / "a.bmp").read_bytes()
    assert inspect(photo(as_png)).pixel_hash == inspect(photo(as_bmp)).pixel_hash
    assert inspect(photo(as_png)).pixel_hash != inspect(photo(images.encode_rgb(PIXELS[::-1]))).pixel_hash
    # the same bytes in another shape are another picture
    assert inspect(photo(as_png)).pixel_hash != inspect(photo(images.encode_rgb(PIXELS.reshape(48, 32, 3)))).pixel_hash


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(PhotoError, match=r"the file is empty \(0 bytes\)"):
        inspect(photo(b""))


def test_a_text_is_no_picture() -> None:
    with pytest.raises(PhotoError, match="not a picture that can be read"):
        inspect(photo(b"hello"))


def test_a_truncated_jpeg_is_refused() -> None:
    with pytest.raises(PhotoError, match="truncated: the JPEG has no end marker"):
        inspect(photo(images.encode_jpeg(PIXELS, quality=90)[:-40]))


def test_a_truncated_png_is_refused() -> None:
    data = images.encode_rgb(PIXELS)
    with pytest.raises(PhotoError, match="truncated or damaged"):
        inspect(photo(data[: len(data) // 2]))


def test_a_decompression_bomb_is_refused_from_its_header_alone() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 4_000, 8, 2, 0, 0, 0)
    claims = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")  # there are no pixels to decode
    with pytest.raises(
        PhotoError, match=r"20000×4000, 80\.0 megapixels, above ingest\.max_megapixels = 0\.01; raise that"
    ):
        inspect(photo(claims))


def test_a_missing_mask_is_refused_only_where_one_is_needed() -> None:
    with pytest.raises(PhotoError, match="no mask, but every photograph of this dataset has one; add it"):
        inspect(photo(images.encode_rgb(PIXELS)), needs_mask=True)


def test_a_rotated_mask_is_told_from_one_of_another_size() -> None:
    data = images.encode_rgb(PIXELS)
    with pytest.raises(PhotoError, match=r"^mask is 32×48, photo is 48×32; rotate the mask$"):
        inspect(photo(data, MASK.T))
    with pytest.raises(PhotoError, match=r"^mask is 48×31, photo is 48×32; use the mask drawn for this photograph$"):
        inspect(photo(data, MASK[1:]))


def test_label_and_mask_must_agree() -> None:
    data = images.encode_rgb(PIXELS)
    with pytest.raises(PhotoError, match="labelled without crack, but its mask has 36 crack pixels"):
        inspect(photo(data, MASK, label=0))
    with pytest.raises(PhotoError, match="labelled crack, but its mask is empty"):
        inspect(photo(data, MASK & ~MASK, label=1))


@pytest.mark.parametrize("mm", [0.0, -1.0, float("nan"), float("inf")])
def test_mm_per_px_is_a_length(mm: float) -> None:
    with pytest.raises(PhotoError, match=r"mm_per_px is .*, expected a length above 0"):
        inspect(photo(images.encode_rgb(PIXELS), mm=mm))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    raw = RawPhoto(name="a", path="a", group="a", own_split=None, read_image=(tmp_path / "gone.jpg").read_bytes)
    with pytest.raises(PhotoError, match=r"cannot be read: .*gone\.jpg"):
        inspect(raw)


def test_a_mask_that_fits_the_sensors_pixels_alone_is_told_so() -> None:
    data = field_pictures.pillow(PIXELS, "JPEG", exif=field_pictures.exif(6))
    with pytest.raises(
        PhotoError, match=r"mask is 48×32, photo is 32×48; it fits the sensor's pixels, which EXIF turns"
    ):
        inspect(photo(data, MASK))


def test_a_jpeg_with_a_hole_is_refused() -> None:
    data = bytearray(images.encode_jpeg(PIXELS, quality=90))
    data[-400:-200] = bytes(200)
    with pytest.raises(PhotoError, match="damaged: the JPEG is not whole"):
        inspect(photo(bytes(data)))


def test_transparency_makes_another_picture() -> None:
    opaque = np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)])
    clear = opaque.copy()
    clear[:9, :, 3] = 0
    whole, cut = (inspect(photo(field_pictures.pillow(samples, "PNG"))) for samples in (opaque, clear))
    assert whole.pixel_hash == inspect(photo(images.encode_rgb(PIXELS))).pixel_hash != cut.pixel_hash
    assert (whole.has_outside, cut.has_outside) == (False, True)
