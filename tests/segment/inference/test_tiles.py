"""Tiles: weights that sum to one, maps that do not show the tiles, symmetries turned back, memory that is bounded."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crackpipe.errors import ParamsError
from crackpipe.imaging import patch_grid
from crackpipe.segment.inference import tiles

STATUS = Path("/proc/self/status")


def photograph(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def grey(pixels: np.ndarray) -> np.ndarray:
    """A predictor that sees one pixel: its green level."""
    return pixels[..., 1].astype(np.float32) / 255


def across(pixels: np.ndarray) -> np.ndarray:
    """A predictor that tells left from right and top from bottom, whatever it sees."""
    count, height, width, _ = pixels.shape
    ramp = np.arange(height, dtype=np.float32)[:, None] / 16 + np.arange(width, dtype=np.float32)[None, :] / 64
    return np.broadcast_to(ramp.clip(max=1), (count, height, width)).copy()


def predicted(
    image: np.ndarray,
    predict: Callable[[np.ndarray], np.ndarray] = grey,
    *,
    tile_px: int = 16,
    overlap_px: int = 4,
    multiple_px: int = 4,
    flips: int = 1,
    scale: float = 1.0,
    batch_px: int = 1000,
    what: str | None = None,
) -> np.ndarray:
    return tiles.predict(
        image,
        predict,
        tile_px=tile_px,
        overlap_px=overlap_px,
        multiple_px=multiple_px,
        flips=flips,
        scale=scale,
        batch_px=batch_px,
        what=what,
    )


def weights(axis: tiles.Axis) -> np.ndarray:
    """Weight of each tile at each pixel (tiles, length), from the shares of the running mean."""
    found = np.zeros((len(axis.starts), axis.length))
    for tile, (start, share) in enumerate(zip(axis.starts, axis.shares, strict=True)):
        inside = slice(start, start + axis.side_px)
        found[:tile, inside] *= 1 - share.astype(np.float64)
        found[tile, inside] = share
    return found


def test_weights_of_two_tiles_drawn_by_hand() -> None:
    axis = tiles.lay(7, tile_px=5, overlap_px=3, multiple_px=1)
    assert axis.starts.tolist() == [0, 2]
    wanted = np.array([[4, 4, 3, 2, 1, 0, 0], [0, 0, 1, 2, 3, 4, 4]]) / 4
    np.testing.assert_allclose(weights(axis), wanted, atol=1e-7)


def test_the_last_tile_is_shifted_inside() -> None:
    assert tiles.lay(20, tile_px=8, overlap_px=2, multiple_px=4).starts.tolist() == [0, 6, 12]
    assert tiles.lay(21, tile_px=8, overlap_px=2, multiple_px=4).starts.tolist() == [0, 6, 12, 13]
    assert tiles.lay(8, tile_px=8, overlap_px=2, multiple_px=4).starts.tolist() == [0]
    assert tiles.lay(3, tile_px=8, overlap_px=2, multiple_px=4).side_px == 3


def test_tiles_are_no_larger_than_their_number_asks_for() -> None:
    axis = tiles.lay(21, tile_px=16, overlap_px=2, multiple_px=4)
    assert (axis.side_px, axis.starts.tolist()) == (12, [0, 9])
    assert tiles.lay(21, tile_px=16, overlap_px=2, multiple_px=16).side_px == 16


@given(
    length=st.integers(1, 200),
    tiles_px=st.integers(1, 10),
    overlap_px=st.integers(0, 39),
    multiple_px=st.sampled_from([1, 4, 7]),
)
def test_weights_sum_to_one_at_every_pixel(length: int, tiles_px: int, overlap_px: int, multiple_px: int) -> None:
    tile_px = tiles_px * multiple_px
    assume(overlap_px < tile_px)
    axis = tiles.lay(length, tile_px=tile_px, overlap_px=overlap_px, multiple_px=multiple_px)
    assert axis.side_px <= tile_px
    found = weights(axis)
    seen = np.zeros(length, bool)
    for start, share in zip(axis.starts, axis.shares, strict=True):
        inside = slice(start, start + axis.side_px)
        assert (share[~seen[inside]] == 1).all()  # the first tile of a pixel takes all of it: exactly 1 in all
        seen[inside] = True
    assert seen.all()
    np.testing.assert_allclose(found.sum(axis=0), 1, rtol=0, atol=1e-15)
    distance = np.arange(length) - axis.starts[:, None]
    tent = np.minimum(np.minimum(distance + 1, axis.side_px - distance), overlap_px + 1).clip(min=0)
    np.testing.assert_allclose(found, tent / tent.sum(axis=0), atol=1e-6)
    steps = np.diff(axis.starts)
    assert (steps <= axis.side_px - overlap_px).all()
    assert axis.starts[-1] + axis.side_px == length


def test_tiles_are_blended_with_their_weights() -> None:
    """Each tile answers with its own number; the map is their mean by tents, whatever the batches."""
    image = np.zeros((27, 38, 3), np.uint8)
    down, right = (tiles.lay(length, tile_px=16, overlap_px=5, multiple_px=4) for length in image.shape[:2])
    answers = np.random.default_rng(0).random(len(down.starts) * len(right.starts)).astype(np.float32)
    table = answers.reshape(len(down.starts), len(right.starts)).astype(np.float64)
    wanted = weights(down).T @ table @ weights(right)
    for batch_px in (1, 2 * 16**2, 10**6):
        waiting = answers.tolist()

        def numbered(pixels: np.ndarray, waiting: list[float] = waiting) -> np.ndarray:
            return np.stack([np.full(one.shape[:2], waiting.pop(0), np.float32) for one in pixels])

        found = predicted(image, numbered, overlap_px=5, batch_px=batch_px)
        assert not waiting
        assert np.abs(found - wanted * 255).max() <= 0.501


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    blocks=st.integers(1, 6),
    multiple_px=st.integers(1, 8),
    overlap_share=st.floats(0, 0.99),
    batch_px=st.integers(1, 5000),
)
def test_a_predictor_of_single_pixels_shows_no_tiles(
    height: int, width: int, blocks: int, multiple_px: int, overlap_share: float, batch_px: int
) -> None:
    image = photograph(height, width)
    tile_px = blocks * multiple_px
    overlap_px = int(tile_px * overlap_share)
    assume((tile_px - overlap_px) * 40 > max(height, width))  # thousands of tiles prove no more
    found = predicted(image, tile_px=tile_px, overlap_px=overlap_px, multiple_px=multiple_px, batch_px=batch_px)
    np.testing.assert_array_equal(found, image[..., 1])


@pytest.mark.parametrize("flips", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(40, 33), (7, 13), (50, 9)])
def test_symmetries_of_such_a_predictor_change_nothing(flips: int, size: tuple[int, int]) -> None:
    image = photograph(*size)
    np.testing.assert_array_equal(predicted(image, flips=flips), image[..., 1])


@settings(max_examples=40)
@given(value=st.floats(0, 1, width=32), length=st.integers(1, 40), flips=st.sampled_from([1, 2, 4, 8]))
def test_a_constant_stays_constant(value: float, length: int, flips: int) -> None:
    def constant(pixels: np.ndarray) -> np.ndarray:
        return np.full(pixels.shape[:3], value, np.float32)

    image = np.zeros((length, 20, 3), np.uint8)
    levels = np.rint(np.float32(value) * np.float32(255))
    assert (predicted(image, constant, overlap_px=11, flips=flips) == levels).all()
    for scale in (0.6, 1.5):
        assert (predicted(image, constant, overlap_px=11, flips=flips, scale=scale) == levels).all()


@pytest.mark.parametrize(("flips", "symmetries"), [(1, [0]), (2, [0, 4]), (4, [0, 2, 4, 6]), (8, list(range(8)))])
def test_each_symmetry_is_turned_back(flips: int, symmetries: list[int]) -> None:
    image = photograph(8, 12)  # one piece, not square: quarter turns change its shape
    wanted = np.zeros((8, 12))
    for symmetry in symmetries:
        turned = patch_grid.apply_symmetry(image, symmetry)
        wanted += patch_grid.undo_symmetry(across(turned[None])[0], symmetry)
    found = predicted(image, across, flips=flips)
    assert np.abs(found - wanted / flips * 255).max() <= 0.501


def test_all_symmetries_make_the_map_turn_with_the_photograph() -> None:
    image = photograph(12, 12)
    first = predicted(image, lambda pixels: np.roll(grey(pixels), 1, axis=1), flips=8)
    for symmetry in range(8):
        turned = np.ascontiguousarray(patch_grid.apply_symmetry(image, symmetry))
        found = predicted(turned, lambda pixels: np.roll(grey(pixels), 1, axis=1), flips=8)
        np.testing.assert_allclose(found.astype(int), patch_grid.apply_symmetry(first, symmetry), atol=1)


@given(height=st.integers(1, 60), width=st.integers(1, 60))
def test_pieces_are_whole_multiples_and_batches_are_bounded(height: int, width: int) -> None:
    shapes = []

    def seen(pixels: np.ndarray) -> np.ndarray:
        shapes.append(pixels.shape)
        return grey(pixels)

    predicted(photograph(height, width), seen, batch_px=600)
    for count, tall, wide, channels in shapes:
        assert channels == 3
        assert tall % 4 == wide % 4 == 0
        assert tall <= min(16, height + 3)
        assert wide <= min(16, width + 3)
        assert count == 1 or count * tall * wide <= 600


def test_a_small_photograph_is_mirrored_and_run_as_one_piece() -> None:
    seen = []

    def kept(pixels: np.ndarray) -> np.ndarray:
        seen.append(pixels.copy())
        return grey(pixels)

    image = photograph(6, 15)
    predicted(image, kept)
    (pixels,) = seen
    mirrored = np.pad(image, ((0, 2), (0, 1), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(pixels[0], mirrored)


@pytest.mark.parametrize("scale", [0.5, 0.7, 1.6, 2.0])
@pytest.mark.parametrize("size", [(40, 50), (9, 70), (1, 1)])
def test_a_scale_keeps_a_smooth_photograph(scale: float, size: tuple[int, int]) -> None:
    height, width = size
    ramp = 20 + 2 * np.arange(height)[:, None] + np.arange(width)[None, :]
    image = np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)
    found = predicted(image, scale=scale).astype(int)
    border = 2  # linear interpolation has no slope beyond the last centre
    inner = (slice(border, -border), slice(border, -border)) if min(size) > 2 * border else (slice(0), slice(0))
    assert found.shape == size
    assert np.abs(found - ramp)[inner].max(initial=0) <= 1
    assert np.abs(found - ramp).max() <= 3


def test_tiles_are_cut_from_the_scaled_photograph() -> None:
    shapes = []

    def seen(pixels: np.ndarray) -> np.ndarray:
        shapes.append(pixels.shape[1:3])
        return grey(pixels)

    for scale in (0.5, 1.0, 2.0):
        predicted(photograph(8, 8), seen, scale=scale)
    assert shapes == [(4, 4), (8, 8), (16, 16)]


def test_scaled_tiles_equal_the_scaled_whole() -> None:
    image = photograph(45, 61)
    for scale in (0.4, 0.8, 1.5):
        whole = predicted(image, scale=scale, tile_px=400)
        np.testing.assert_array_equal(predicted(image, scale=scale), whole)


def test_confidences_beyond_0_and_1_are_cut() -> None:
    assert (predicted(photograph(5, 5), lambda pixels: grey(pixels) + 2) == 255).all()
    assert (predicted(photograph(5, 5), lambda pixels: grey(pixels) - 2) == 0).all()


def test_the_photograph_stays_as_it_was() -> None:
    image = photograph(40, 30)
    predicted(image, lambda pixels: grey(np.multiply(pixels, 0, out=pixels)), flips=8, scale=0.5)
    np.testing.assert_array_equal(image, photograph(40, 30))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"tile_px": 30}, r"segment.tile_px: got 30, expected a multiple of 4 \(the network's\); set it to 28"),
        ({"tile_px": 0}, r"segment.tile_px: got 0, expected a multiple of 4 .*; set it to 4"),
        ({"overlap_px": 16}, r"segment.overlap_px: got 16, expected 0–15 \(less than segment.tile_px\); set it to 4"),
        ({"overlap_px": -1}, "segment.overlap_px: got -1, expected 0–15"),
        ({"flips": 3}, "segment.flips: got 3, expected one of 1, 2, 4, 8"),
        ({"scale": 0.0}, "segment.scales: got 0.0, expected finite factors above 0"),
        ({"scale": float("inf")}, "segment.scales: got inf"),
    ],
)
def test_values_out_of_range_are_named(wrong: dict[str, object], text: str) -> None:
    with pytest.raises(ParamsError, match=text):
        predicted(photograph(4, 4), **wrong)


def test_only_photographs_of_many_rows_show_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    predicted(photograph(16, 160), what="few rows")
    predicted(photograph(160, 16))
    assert capsys.readouterr().err == ""
    predicted(photograph(160, 16), what="segment p17")
    assert "segment p17: 100%" in capsys.readouterr().err


# ── 100 megapixels ─────────────────────────────────────────────────────────────────────────────────────────────────

# The high-water mark of this program alone: getrusage's starts at the size of the process that started it.
MEASURE = """
import re, sys
from pathlib import Path
import numpy as np
from crackpipe.segment.inference import tiles

def held(field):
    return int(re.search(field + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

def green(pixels):
    return pixels[..., 1].astype(np.float32) / 255

image = np.full((10_000, 10_000, 3), 51, np.uint8)
before = held("VmRSS")
found = tiles.predict(
    image, green, tile_px=512, overlap_px=64, multiple_px=32, flips=1, scale=float(sys.argv[1]), batch_px=1 << 20,
    what=None,
)
assert (found == 51).all()
print(held("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="reads the memory high-water mark from Linux's /proc")
@pytest.mark.parametrize("scale", [1.0, pytest.param(0.5, marks=pytest.mark.nightly)])
def test_100_megapixels_take_the_result_and_300_mb(scale: float) -> None:
    found = subprocess.run([sys.executable, "-c", MEASURE, str(scale)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) <= 10_000**2 + 300 * 10**6
