"""What only TIFFs have: areas without data, masks as pages, inverted grey, previews, compressions."""

import io
import sys

import field_pictures
import numpy as np
import pytest
import tifffile

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import Picture, read, upright

WALL = field_pictures.wall()


def opened(data: bytes) -> Picture:
    return read(data, max_megapixels=1.0)


def nodata(value: str) -> list[tuple[int, int, int, str, bool]]:
    return [(42113, 2, 0, value, True)]


def test_pixels_of_the_nodata_value_in_every_band_are_outside() -> None:
    samples = WALL.copy()
    samples[:5] = 0
    samples[7, 7, 0] = 0  # in one band alone
    picture = opened(field_pictures.tiff(samples, photometric="rgb", extratags=nodata("0")))
    assert picture.inside is not None
    assert not picture.inside[:5].any()
    assert picture.inside[5:].all()


def test_float_heights_without_data_are_outside_and_do_not_darken_the_rest() -> None:
    samples = WALL[..., 0].astype(np.float32) / 255
    samples[:, :8], samples[20, 20] = -9999, np.nan
    picture = opened(field_pictures.tiff(samples, extratags=nodata("-9999")))
    assert picture.inside is not None
    assert (~picture.inside).sum() == 48 * 8 + 1
    np.testing.assert_array_equal(picture.rgb[:, 21:, 0], WALL[:, 21:, 0])


def test_a_page_that_is_a_mask_tells_what_is_inside_and_a_smaller_copy_is_no_page() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(WALL[::4, ::4], photometric="rgb", subfiletype=1)
        writer.write(WALL, photometric="rgb")
        writer.write(np.mgrid[:48, :64][0] >= 24, photometric=4, subfiletype=4)
    picture = opened(file.getvalue())
    np.testing.assert_array_equal(picture.rgb, WALL)
    assert picture.inside is not None
    assert picture.inside.sum() == 24 * 64
    assert not picture.plain
    assert not any("pages" in note for note in picture.notes)


def test_grey_that_counts_from_white_is_turned_over() -> None:
    for samples in (255 - WALL[..., 0], 65535 - WALL[..., 0].astype(np.uint16) * 257):
        picture = opened(field_pictures.tiff(samples, photometric="miniswhite"))
        assert np.abs(picture.rgb[..., 0].astype(int) - WALL[..., 0]).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_an_orientation_is_applied_once(orientation: int, compression: str | None) -> None:
    data = field_pictures.pillow(WALL, "TIFF", compression=compression, tiffinfo={274: orientation})
    picture = opened(data)
    np.testing.assert_array_equal(picture.rgb, upright(WALL, orientation))
    assert picture.turned == (orientation > 1)


def test_deep_samples_of_a_compression_that_needs_rasterio_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rasterio = pytest.importorskip("rasterio")
    deep = np.moveaxis(WALL, 2, 0).astype(np.uint16) * 16
    with rasterio.MemoryFile() as memory:
        profile = {"driver": "GTiff", "width": 64, "height": 48, "count": 3, "dtype": "uint16", "compress": "lzw"}
        with (
            pytest.warns(rasterio.errors.NotGeoreferencedWarning),
            memory.open(**profile, photometric="rgb") as dataset,
        ):
            dataset.write(deep)
        data = memory.read()
    np.testing.assert_array_equal(opened(data).rgb, WALL)
    monkeypatch.setitem(sys.modules, "rasterio.io", None)
    with pytest.raises(PhotoError, match=r"a TIFF of 3 × 16 bits, LZW-compressed, which needs rasterio; install it"):
        opened(data)


def test_strips_behind_the_end_are_missing() -> None:
    data = field_pictures.tiff(WALL, photometric="rgb")
    with pytest.raises(PhotoError, match="truncated: the TIFF's pixels lie behind its end; copy the photograph again"):
        opened(data[:-100])


def test_many_bands_are_refused_before_they_are_decoded() -> None:
    bands = field_pictures.tiff(np.zeros((60, 48, 64)), photometric="minisblack", planarconfig="separate")
    with pytest.raises(PhotoError, match=r"60 bands of 64×48 pixels take 0\.0 GB, decoded; save red, green and blue"):
        read(bands, max_megapixels=0.0031)
