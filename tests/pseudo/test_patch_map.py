"""The patch map: means over overlapping patches, and no shear whatever the width."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.pseudo import localisation_maps, patch_map

STATUS = Path("/proc/self/status")
GRIDS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(0, 1, width=32))


class Darkness(nn.Module):
    """Logits (0, 8 · mean darkness − 4): a classifier whose every answer is known."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        margin = 4 - 8 * inputs.mean(dim=(1, 2, 3))
        return torch.stack([torch.zeros_like(margin), margin], dim=1)


MODEL = Classifier(Darkness(), "darkness", 32, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return start_runtime(device="cpu", precision="fp32", threads=1)


def maps_of(
    runtime: Runtime,
    *photographs: np.ndarray,
    side: int = 32,
    stride: int = 16,
    upsample: str = "lanczos",
    batch_px: int = 1 << 16,
) -> list[np.ndarray]:
    cells = patch_map.patch_cells(photographs, MODEL, runtime, side_px=side, stride_px=stride, batch_px=batch_px)
    return [
        localisation_maps.upsampled(one, cell_px=stride, height=pixels.shape[0], width=pixels.shape[1], method=upsample)
        for one, pixels in zip(cells, photographs, strict=True)
    ]


def grey(levels: np.ndarray) -> np.ndarray:
    return np.repeat(levels.astype(np.uint8)[..., None], 3, axis=2)


def striped(height: int, width: int) -> np.ndarray:
    """Columns of a slow wave: every row is the same."""
    wave = 128 + 100 * np.sin(np.arange(width) / 7)
    return grey(np.broadcast_to(wave, (height, width)))


def test_means_over_overlaps_drawn_by_hand() -> None:
    grid = np.array([[0, 1, 0.5]], np.float32)  # three patches of two cells, the cells between are covered twice
    assert patch_map.mean_over_patches(grid, reach=2).tolist() == [[0, 0.5, 0.75, 0.5]] * 2
    assert patch_map.mean_over_patches(grid, reach=1).tolist() == grid.tolist()


@given(grid=GRIDS, reach=st.integers(1, 4))
def test_means_over_patches_equal_a_plain_loop(grid: np.ndarray, reach: int) -> None:
    rows, cols = grid.shape
    found = patch_map.mean_over_patches(grid, reach=reach)
    assert found.shape == (rows + reach - 1, cols + reach - 1)
    for row, col in np.ndindex(found.shape):
        covering = [
            grid[r, c]
            for r in range(max(0, row - reach + 1), min(rows, row + 1))
            for c in range(max(0, col - reach + 1), min(cols, col + 1))
        ]
        assert found[row, col] == pytest.approx(np.mean(covering, dtype=np.float64), abs=1e-6)


def test_no_width_shears_the_map(runtime: Runtime) -> None:
    widths = range(33, 98)
    maps = maps_of(runtime, *(striped(70, width) for width in widths))
    for width, found in zip(widths, maps, strict=True):
        assert found.shape == (70, width)
        assert np.abs(found - found[:1]).max() < 1e-5  # equal rows in, equal rows out
    turned = maps_of(runtime, *(striped(70, width).transpose(1, 0, 2) for width in widths))
    assert all(np.abs(found.T - other).max() < 1e-5 for found, other in zip(maps, turned, strict=True))


def test_a_symmetric_photograph_has_a_symmetric_map_where_the_grid_is_symmetric(runtime: Runtime) -> None:
    widths = range(33, 98)
    random = np.random.default_rng(0)
    halves = [random.integers(0, 256, (50, -(-width // 2))) for width in widths]
    photographs = [
        grey(np.concatenate([half, half[:, ::-1][:, width % 2 :]], axis=1))
        for half, width in zip(halves, widths, strict=True)
    ]
    symmetric = 0
    for width, found in zip(widths, maps_of(runtime, *photographs), strict=True):
        assert found.shape == (50, width)
        if width % 16 == 0:
            symmetric += 1
            assert np.abs(found - found[:, ::-1]).max() < 1e-5
    assert symmetric == 4


def test_the_map_peaks_over_the_dark_place(runtime: Runtime) -> None:
    levels = np.full((96, 128), 230)
    levels[40:56, 90:106] = 10
    for upsample in ("linear", "lanczos"):
        (found,) = maps_of(runtime, grey(levels), stride=8, upsample=upsample)
        row, col = np.unravel_index(found.argmax(), found.shape)
        assert abs(row - 47.5) <= 12
        assert abs(col - 97.5) <= 12
        assert 0 <= found.min() < found.max() <= 1


def test_a_constant_photograph_has_the_constant_probability_of_the_classifier(runtime: Runtime) -> None:
    (found,) = maps_of(runtime, grey(np.full((45, 61), 102)))
    assert np.allclose(found, 1 / (1 + np.exp(-(4 - 8 * 102 / 255))), atol=1e-5)


def test_batches_over_photographs_change_nothing(runtime: Runtime) -> None:
    random = np.random.default_rng(1)
    photographs = [grey(random.integers(0, 256, size)) for size in ((40, 90), (20, 20), (64, 33))]
    together = maps_of(runtime, *photographs, batch_px=1 << 20)
    for batch_px in (1, 5000):
        for one, other in zip(together, maps_of(runtime, *photographs, batch_px=batch_px), strict=True):
            assert np.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (31, 33), (128, 17)])
def test_a_photograph_smaller_than_a_patch_has_a_map_of_its_own_size(runtime: Runtime, size: tuple[int, int]) -> None:
    (found,) = maps_of(runtime, grey(np.full(size, 51)))
    assert found.shape == size
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("size", "side", "stride", "wanted"),
    [((32, 32), 32, 16, (2, 2)), ((33, 64), 32, 16, (3, 4)), ((1, 49), 32, 16, (2, 4)), ((70, 64), 64, 64, (2, 1))],
)
def test_cells_reach_as_far_as_the_patches(
    runtime: Runtime, size: tuple[int, int], side: int, stride: int, wanted: tuple[int, int]
) -> None:
    photographs = [grey(np.full(size, 51))]
    (found,) = patch_map.patch_cells(photographs, MODEL, runtime, side_px=side, stride_px=stride, batch_px=1 << 16)
    assert (found.shape, found.dtype) == (wanted, np.dtype(np.float32))
    assert np.allclose(found, 1 / (1 + np.exp(-(4 - 8 * 51 / 255))), atol=1e-5)


# Small results that are kept between large batches hold the heap's holes open: 400 MB here, more on more pixels.
MEASURE = """
import re
from pathlib import Path
import numpy as np, torch
from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import start_runtime
from crackpipe.pseudo import patch_map

class Mean(torch.nn.Module):
    def forward(self, inputs):
        mean = inputs.mean(dim=(1, 2, 3))
        return torch.stack([torch.zeros_like(mean), mean], dim=1)

def held(field):
    return int(re.search(field + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

runtime = start_runtime(device="cpu", precision="fp32", threads=1)
model = Classifier(Mean(), "mean", 32, (0.0,) * 3, (1.0,) * 3)
image = np.full((2000, 5000, 3), 51, np.uint8)
before = held("VmRSS")
patch_map.patch_cells([image], model, runtime, side_px=32, stride_px=16, batch_px=1 << 20)
print(held("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="reads the memory high-water mark from Linux's /proc")
def test_10_megapixels_take_their_mirrored_copy_and_200_mb() -> None:
    found = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) <= 2000 * 5000 * 3 + 200 * 10**6
