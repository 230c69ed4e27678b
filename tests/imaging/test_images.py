"""Pictures: RGB order, exact round trips, mirrored borders, filters against hand-drawn arrays, error texts."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from crackpipe.errors import PhotoError
from crackpipe.imaging import images

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
NOISE = np.random.default_rng(3).integers(0, 256, (40, 56, 3), dtype=np.uint8)


def jpeg(*, thumbnail: bool = False, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if thumbnail:
        exif[0x010E] = (b"\xff\xd9" * 4).decode("latin-1")  # what a thumbnail's end looks like, before the scan
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


def test_red_stays_red_through_every_encoder() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 250
    assert np.array_equal(images.decode_rgb(images.encode_rgb(red)), red)
    assert np.abs(images.decode_rgb(images.encode_jpeg(red, quality=95)).astype(int) - red).max() <= 3
    with Image.open(io.BytesIO(images.encode_rgb(red))) as picture:  # another reader
        assert picture.getpixel((0, 0)) == (250, 0, 0)
    assert images.to_grey(red)[0, 0] == round(0.299 * 250)


@given(levels=hnp.arrays(np.uint8, SHAPES))
def test_grey_levels_and_masks_survive_encoding(levels: np.ndarray) -> None:
    assert np.array_equal(images.decode_grey(images.encode_grey(levels)), levels)
    mask = images.decode_mask(images.encode_mask(levels > 99))
    assert mask.dtype == bool
    assert np.array_equal(mask, levels > 99)


def test_a_mask_takes_one_bit_a_pixel() -> None:
    data = images.encode_mask(np.random.default_rng(0).random((256, 256)) < 0.5)
    assert len(data) < 256 * 256 / 8 * 1.05
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "1"


def test_sixteen_bit_levels_keep_their_depth() -> None:
    file = io.BytesIO()
    Image.fromarray(np.array([[0, 1], [1, 700]], np.uint16)).save(file, "PNG")
    assert images.decode_levels(file.getvalue()).tolist() == [[0, 1], [1, 700]]


def test_an_exif_rotation_is_applied() -> None:
    upright = images.decode_rgb(jpeg())
    assert np.array_equal(images.decode_rgb(jpeg(orientation=6)), np.rot90(upright, -1))


def test_a_header_tells_height_and_width() -> None:
    assert images.size_px(jpeg()) == (40, 56)


def test_a_truncated_jpeg_is_refused_even_where_a_thumbnail_has_an_end_marker() -> None:
    for data in (jpeg(), jpeg(thumbnail=True)):
        images.decode_rgb(data)
        with pytest.raises(PhotoError, match="truncated: the JPEG has no end marker"):
            images.decode_rgb(data[: len(data) * 3 // 4])


def test_a_film_that_a_phone_appends_does_not_make_a_jpeg_truncated() -> None:
    assert np.array_equal(images.decode_rgb(jpeg() + bytes(20_000)), images.decode_rgb(jpeg()))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xff\xff"])
def test_bytes_that_are_no_picture_say_what_was_expected(data: bytes) -> None:
    said = "empty" if not data else r"not a picture that can be read \(JPEG, PNG, TIFF, WebP, HEIC and others are\)"
    for decode in (images.decode_rgb, images.decode_grey, images.decode_levels, images.decode_mask, images.size_px):
        with pytest.raises(PhotoError, match=said):
            decode(data)


def test_a_png_that_ends_too_early_is_refused() -> None:
    with pytest.raises(PhotoError, match=r"truncated or damaged|cannot be decoded"):
        images.decode_rgb(images.encode_rgb(NOISE)[:60])


@given(
    levels=hnp.arrays(np.uint8, SHAPES),
    bottom=st.integers(0, 30),
    right=st.integers(0, 30),
)
def test_padding_mirrors_and_never_repeats_the_border_where_it_can(levels: np.ndarray, bottom: int, right: int) -> None:
    height, width = levels.shape
    rows, cols = np.arange(height + bottom), np.arange(width + right)
    if height > bottom and width > right:
        rows, cols = (
            np.where(rows < height, rows, 2 * height - 2 - rows),
            np.where(cols < width, cols, 2 * width - 2 - cols),
        )
    else:  # there and back again, the border pixel twice
        rows, cols = (
            np.where(i % (2 * n) < n, i % (2 * n), 2 * n - 1 - i % (2 * n)) for i, n in ((rows, height), (cols, width))
        )
    assert np.array_equal(images.pad_reflect(levels, bottom=bottom, right=right), levels[np.ix_(rows, cols)])


@given(levels=hnp.arrays(np.uint8, SHAPES), times=st.integers(0, 3))
def test_erosion_and_closing_equal_scipys(levels: np.ndarray, times: int) -> None:
    side = 2 * times + 1
    inf, sup = ndimage.minimum_filter, ndimage.maximum_filter
    before = levels.copy()
    assert np.array_equal(images.erode(levels, times=times), inf(levels, side, mode="constant", cval=255))
    closed = inf(sup(levels, side, mode="constant", cval=0), side, mode="constant", cval=255)
    assert np.array_equal(images.close(levels, times=times), closed)
    assert np.array_equal(levels, before)


@given(levels=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)), side_px=st.integers(1, 5))
def test_the_largest_of_cells_is_that_of_each_square_of_the_padded_levels(levels: np.ndarray, side_px: int) -> None:
    found = images.largest_of_cells(levels, side_px=side_px)
    assert found.shape == tuple(-(-side // side_px) for side in levels.shape)
    for row, col in np.ndindex(found.shape):
        rows, cols = (slice(side_px * place, side_px * (place + 1)) for place in (row, col))
        assert found[row, col] == levels[rows, cols].max()


def test_exact_distances_equal_scipys() -> None:
    mask = np.random.default_rng(0).random((40, 60)) < 0.97
    expected = ndimage.distance_transform_edt(mask)
    np.testing.assert_allclose(images.exact_distance_inside(mask), expected, rtol=1e-6)


def test_a_disk_of_radius_two_has_thirteen_pixels() -> None:
    dot = np.zeros((7, 7), np.uint8)
    dot[3, 3] = 9
    assert (images.dilate_disk(dot, radius_px=2) == 9).sum() == 13


def test_the_bilateral_filter_smooths_noise_and_keeps_an_edge() -> None:
    edge = np.where(np.arange(20) < 10, 40, 200).astype(np.uint8)[None].repeat(20, axis=0)
    noisy = edge + np.random.default_rng(0).integers(0, 8, edge.shape, dtype=np.uint8)
    smooth = images.bilateral(noisy, diameter_px=5, sigma_colour=30, sigma_space=30)
    assert smooth[:, 2:8].std() < noisy[:, 2:8].std() / 2
    assert smooth[:, 10].min() - smooth[:, 9].max() > 140


def test_resizing_to_the_same_size_copies() -> None:
    same = images.resize(NOISE, height=40, width=56, method="lanczos")
    assert np.array_equal(same, NOISE)
    assert not np.shares_memory(same, NOISE)


@given(levels=hnp.arrays(np.uint8, SHAPES))
def test_confidence_goes_to_levels_and_back(levels: np.ndarray) -> None:
    unit = images.to_unit(levels)
    assert unit.dtype == np.float32
    assert np.array_equal(images.to_levels(unit), levels)


def test_levels_are_rounded_to_nearest_and_clipped() -> None:
    found = images.to_levels(np.array([[-1, 0.4 / 255, 0.6 / 255, 1, 2]], np.float32))
    assert found.tolist() == [[0, 0, 1, 255, 255]]


def test_at_least_takes_the_levels_that_the_metrics_take() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    for percent in range(1, 100):
        expected = ramp.astype(int) * 100 >= 255 * percent
        assert np.array_equal(images.at_least(ramp, percent / 100), expected), percent


UNITS = hnp.arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32))


@given(values=UNITS)
def test_sixteen_bits_keep_a_confidence_within_half_a_step(values: np.ndarray) -> None:
    before = values.copy()
    found = images.decode_unit16(images.encode_unit16(values))
    assert (found.shape, found.dtype) == (values.shape, np.dtype(np.float32))
    assert np.abs(found.astype(np.float64) - values).max() <= 0.501 / 65535
    assert np.array_equal(images.decode_unit16(images.encode_unit16(found)), found)
    assert np.array_equal(values, before)


def test_sixteen_bits_keep_every_eight_bit_level_and_cut_what_is_no_confidence() -> None:
    levels = images.to_unit(np.arange(256, dtype=np.uint8)[None])
    assert np.array_equal(images.decode_unit16(images.encode_unit16(levels)), levels)
    outside = np.array([[-0.5, 1.5]], np.float32)
    assert images.decode_unit16(images.encode_unit16(outside)).tolist() == [[0.0, 1.0]]
    with Image.open(io.BytesIO(images.encode_unit16(levels))) as picture:  # another reader
        assert np.array_equal(np.asarray(picture), (np.arange(256) * 257)[None])


def turned(pixels: np.ndarray, *, row: float, col: float, turn_deg: float, side_px: int) -> np.ndarray:
    return images.turned_window(pixels, centre_row=row, centre_col=col, turn_deg=turn_deg, side_px=side_px)


@given(row=st.integers(0, 33), col=st.integers(0, 49), side_px=st.integers(1, 7))
def test_a_window_that_is_not_turned_is_a_piece_of_the_picture(row: int, col: int, side_px: int) -> None:
    middle = (side_px - 1) / 2
    before = NOISE.copy()
    found = turned(NOISE, row=row + middle, col=col + middle, turn_deg=0.0, side_px=side_px)
    assert np.array_equal(found, NOISE[row : row + side_px, col : col + side_px])
    assert np.array_equal(NOISE, before)


@pytest.mark.parametrize("quarters", [-1, 1, 2, 3])
def test_a_quarter_turn_goes_counter_clockwise(quarters: int) -> None:
    grey = np.ascontiguousarray(NOISE[..., 0])
    for pixels in (NOISE, grey):
        found = turned(pixels, row=19, col=25, turn_deg=90.0 * quarters, side_px=11)
        assert np.array_equal(found, np.rot90(pixels[14:25, 20:31], quarters))


def test_beyond_its_borders_the_picture_is_mirrored() -> None:
    found = turned(NOISE, row=2, col=3, turn_deg=0.0, side_px=15)
    wide = np.pad(NOISE, ((10, 10), (10, 10), (0, 0)), mode="reflect")
    assert np.array_equal(found, wide[5:20, 6:21])


@given(turn_deg=st.floats(-180, 180), row=st.floats(20, 60), col=st.floats(20, 60))
def test_a_turned_ramp_equals_its_formula(turn_deg: float, row: float, col: float) -> None:
    down, across = np.mgrid[:81, :81]
    ramp = (2 * down + across).astype(np.float32)
    found = turned(ramp, row=row, col=col, turn_deg=turn_deg, side_px=21)
    offset = np.arange(21) - 10.0
    turn = np.radians(turn_deg)
    rows = row + np.cos(turn) * offset[:, None] + np.sin(turn) * offset[None]
    cols = col - np.sin(turn) * offset[:, None] + np.cos(turn) * offset[None]
    assert np.abs(found - (2 * rows + cols)).max() < 0.1  # OpenCV interpolates in steps of 1/32 pixel


def test_a_squeezed_photograph_keeps_its_corners_and_its_mean() -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[:20, :40, 0], image[20:, 40:, 2] = 200, 100
    found = images.squeezed(image, side_px=20)
    assert found.shape == (20, 20, 3)
    assert (found[:10, :10] == (200, 0, 0)).all()
    assert (found[10:, 10:] == (0, 0, 100)).all()
    assert images.squeezed(image, side_px=160)[0, 0].tolist() == [200, 0, 0]


@pytest.mark.parametrize(("height", "width", "side_px"), [(40, 80, 20), (80, 40, 20), (33, 50, 64), (20, 20, 20)])
def test_a_centred_square_is_the_middle_after_the_shorter_side_is_brought_to_it(
    height: int, width: int, side_px: int
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    image[top : top + short, left : left + short] = 200
    found = images.square(image, side_px=side_px, fit="centre")
    assert found.shape == (side_px, side_px, 3)
    assert (found[2:-2, 2:-2] == 200).all()
    squeezed = images.square(image, side_px=side_px, fit="resize")
    assert np.array_equal(squeezed, images.squeezed(image, side_px=side_px))
