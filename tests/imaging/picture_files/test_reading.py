"""Every container from the field: read as what it shows, or refused with a reason."""

import io
import struct
import sys
import zlib

import field_pictures
import numpy as np
import pytest
from PIL import Image

from crackpipe.errors import PhotoError
from crackpipe.imaging import images
from crackpipe.imaging.picture_files import Picture, read, upright

WALL = field_pictures.wall()
EVERY = field_pictures.every()
EIGHT_BITS = ["jpeg", "jpeg grey", "jpeg progressive", "jpeg restarts", "jpeg cmyk", "mpo", "png", "png palette"]
EIGHT_BITS += ["png alpha", "bmp", "webp", "webp lossless alpha", "webp frames"]
EXACT = ["png", "png alpha", "bmp", "tiff", "tiff planar", "tiff big", "tiff tiles", "tiff 16 bits", "tiff float"]
EXACT += ["tiff five bands", "tiff alpha", "tiff pages", "tiff lzw", "webp lossless alpha", "jpeg 2000"]


def opened(data: bytes) -> Picture:
    return read(data, max_megapixels=1.0)


def notes(name: str) -> str:
    return "; ".join(opened(EVERY[name]).notes)


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"dng"}))
def test_every_container_shows_the_wall(name: str) -> None:
    shown = opened(EVERY[name]).rgb
    expected = upright(WALL, 6) if name == "tiff turned" else WALL
    if name in ("jpeg grey", "png 16 bits"):
        expected = np.repeat((images.to_grey(WALL) if name == "jpeg grey" else WALL[..., 0])[..., None], 3, axis=2)
    assert shown.shape == expected.shape
    assert shown.dtype == np.uint8
    assert np.abs(shown.astype(int) - expected).mean() < 9  # JPEG's colours, palettes


@pytest.mark.parametrize("name", EXACT)
def test_what_is_lossless_is_exact(name: str) -> None:
    np.testing.assert_array_equal(opened(EVERY[name]).rgb, WALL)


@pytest.mark.parametrize("name", EIGHT_BITS)
def test_eight_bit_pictures_have_the_pixels_that_later_stages_decode(name: str) -> None:
    picture = opened(EVERY[name])
    assert picture.plain
    assert picture.deeper == b""
    np.testing.assert_array_equal(picture.rgb, images.decode_rgb(EVERY[name]))


def test_whatever_is_called_plain_is_decoded_alike_by_later_stages() -> None:
    for name, data in EVERY.items():
        picture = opened(data) if name != "dng" else Picture(WALL)
        if picture.plain:
            np.testing.assert_array_equal(images.decode_rgb(data), picture.rgb, err_msg=name)


def test_a_camera_raw_is_developed_or_names_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rawpy")
    picture = opened(EVERY["dng"])
    assert picture.rgb.shape == WALL.shape
    assert picture.rgb.std() > 10
    assert picture.notes == ("camera RAW, developed with the camera's white balance",)
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(
        PhotoError, match=r"camera RAW, which needs rawpy; install it with `pip install 'crackpipe\[raw\]'"
    ):
        opened(EVERY["dng"])


def test_notes_say_what_an_owner_may_not_expect() -> None:
    assert notes("tiff pages") == "first of 2 pages"
    assert notes("tiff five bands") == "first three bands of 5 read as red, green and blue"
    assert notes("webp frames") == "first of 2 frames"
    assert notes("mpo") == "first of 2 pictures in the file"
    assert notes("jpeg cmyk") == notes("tiff cmyk") == "CMYK converted to RGB"
    assert notes("tiff 16 bits").startswith("16 bits, levels ")
    assert notes("tiff 16 bits").endswith(" divided by 256")
    assert notes("tiff float") == "float, values 0 to 1 read as levels 0 to 255"
    assert notes("png") == notes("jpeg") == notes("tiff planar") == notes("tiff big") == ""


@pytest.mark.parametrize("name", ["png alpha", "webp lossless alpha", "tiff alpha"])
def test_transparent_pixels_are_outside(name: str) -> None:
    picture = opened(EVERY[name])
    assert picture.inside is not None
    np.testing.assert_array_equal(picture.inside, np.mgrid[: WALL.shape[0], : WALL.shape[1]][1] >= 10)
    assert picture.notes == ("16% of it is transparent or without data, and left out",)


def test_a_wholly_transparent_picture_is_refused() -> None:
    nothing = np.dstack([WALL, np.zeros(WALL.shape[:2], np.uint8)])
    with pytest.raises(PhotoError, match="all of it is transparent"):
        opened(field_pictures.pillow(nothing, "PNG"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_exif_turns_the_picture_and_its_transparency(kind: str, orientation: int) -> None:
    sensor = WALL if kind == "JPEG" else field_pictures.rgba(WALL)
    turn = field_pictures.exif(orientation)
    settings = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True, "exact": True}, "PNG": {}}[kind]
    data = field_pictures.pillow(sensor, kind, exif=turn, **settings)
    picture = opened(data)
    flips = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    flips |= {6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}
    reference = Image.fromarray(sensor)
    if orientation > 1:  # another implementation
        reference = reference.transpose(getattr(Image.Transpose, flips[orientation]))
    expected = np.asarray(reference)
    assert picture.turned == (orientation != 1)
    assert np.abs(picture.rgb.astype(int) - expected[..., :3]).mean() < 6
    if kind != "JPEG":
        assert picture.inside is not None
        np.testing.assert_array_equal(picture.inside, expected[..., 3] > 0)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_long_text_in_a_png_is_no_reason_to_refuse_it() -> None:
    png = EVERY["png"]
    text = chunk(b"zTXt", b"xmp\0\0" + zlib.compress(bytes(2_000_000)))
    np.testing.assert_array_equal(opened(png[:33] + text + png[33:]).rgb, WALL)


def test_a_png_whose_pixels_do_not_match_their_checksum_is_refused() -> None:
    png = bytearray(EVERY["png"])
    at = png.index(b"IDAT") + 4
    length = int.from_bytes(png[at - 8 : at - 4], "big")
    png[at + length] ^= 1
    with pytest.raises(
        PhotoError, match="chunk IDAT of the PNG does not match its checksum; copy the photograph again"
    ):
        opened(bytes(png))


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"dng", "mpo"}))  # half an MPO is a whole picture
def test_half_a_file_is_refused(name: str) -> None:
    with pytest.raises(PhotoError):
        opened(EVERY[name][: len(EVERY[name]) // 2])


@pytest.mark.parametrize("name", ["tiff tiles", "tiff 16 bits", "tiff lzw", "tiff jpeg"])
def test_a_compressed_tiff_with_a_hole_is_refused(name: str) -> None:
    data = bytearray(EVERY[name])
    data[len(data) // 3 : len(data) // 3 + 200] = bytes(200)
    with pytest.raises(PhotoError):
        opened(bytes(data))


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"8BPS\0\1", "a Photoshop file, which cannot be read; export the picture as JPEG, PNG or TIFF"),
        (b"%PDF-1.7", "a PDF, which cannot be read"),
        (b"\0\0\0\x14ftypisom\0\0\2\0isom", "a film or an unknown kind of picture"),
        (b"hello, I am a text", r"not a picture that can be read \(JPEG, PNG, TIFF, WebP, HEIC and others are\)"),
        (b"", r"the file is empty \(0 bytes\)"),
    ],
)
def test_other_files_are_named(start: bytes, said: str) -> None:
    with pytest.raises(PhotoError, match=said):
        opened(start + bytes(100 if start else 0))


@pytest.mark.parametrize("name", [name for name in EVERY if name != "dng"])
def test_a_size_above_the_limit_is_refused_in_every_container(name: str) -> None:
    with pytest.raises(PhotoError, match=r"its header says .*, above ingest\.max_megapixels = 0\.002; raise that"):
        read(EVERY[name], max_megapixels=0.002)


def test_reading_leaves_the_bytes_as_they_are_and_agrees_with_itself() -> None:
    for name, data in EVERY.items():
        if name != "dng":
            np.testing.assert_array_equal(opened(data).rgb, opened(io.BytesIO(data).getvalue()).rgb)
