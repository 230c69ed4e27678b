"""The compiled search against a literal one over all pairs of thresholds, and how it is compiled."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe.imaging import otsu


def histogram(counts: dict[int, int]) -> np.ndarray:
    found = np.zeros(256, np.int64)
    found[list(counts)] = list(counts.values())
    return found


def literal(counts: np.ndarray, *, classes: int) -> int:
    """Σ count · mean² for every choice of thresholds on occupied levels, in more digits than float64 has."""
    levels = np.flatnonzero(counts)
    if len(levels) < classes:
        return -1
    pixels = np.cumsum(counts[levels]).astype(np.longdouble)
    sums = np.cumsum(counts[levels] * levels).astype(np.longdouble)
    low, high = np.triu_indices(len(levels) - 1, 1) if classes == 3 else (np.arange(len(levels) - 1),) * 2
    quality = sums[low] ** 2 / pixels[low] + (sums[-1] - sums[high]) ** 2 / (pixels[-1] - pixels[high])
    if classes == 3:
        quality += (sums[high] - sums[low]) ** 2 / (pixels[high] - pixels[low])
    return int(levels[low[quality >= quality.max() * np.longdouble(otsu.TIE)].min()])


@pytest.mark.parametrize("classes", [2, 3])
@given(seed=st.integers(0, 2**20), occupied=st.integers(1, 256), most=st.sampled_from([1, 2, 40, 10**6]))
@settings(max_examples=60)
def test_the_threshold_is_that_of_trying_all(classes: int, seed: int, occupied: int, most: int) -> None:
    random = np.random.default_rng(seed)
    counts = np.zeros(256, np.int64)
    counts[random.permutation(256)[:occupied]] = random.integers(1, most + 1, occupied)
    assert otsu.lower_threshold(counts, classes) == literal(counts, classes=classes)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("first", [0, 3, 128])
@pytest.mark.parametrize("occupied", [4, 5, 64, 127, 128])
def test_of_equally_good_thresholds_of_even_histograms_the_smallest_is_taken(
    classes: int, first: int, occupied: int
) -> None:
    counts = histogram(dict.fromkeys(range(first, first + occupied), 7))
    assert otsu.lower_threshold(counts, classes) == literal(counts, classes=classes)
    assert otsu.lower_threshold(counts, classes) == first + (occupied // classes) - 1


def test_two_levels_make_two_classes_and_not_three() -> None:
    assert otsu.lower_threshold(histogram({40: 3, 90: 500}), 2) == 40
    assert otsu.lower_threshold(histogram({40: 3, 90: 500}), 3) == otsu.NONE_DARK
    assert otsu.lower_threshold(histogram({90: 500}), 2) == otsu.NONE_DARK


def test_a_constant_patch_has_no_threshold_beside_one_that_has() -> None:
    grey = np.full((4, 8), 9, np.uint8)
    grey[:, 5] = 1
    found = otsu.patch_thresholds(grey, 4, 4, 2, np.ones((1, 2), bool))
    assert found.tolist() == [[otsu.NONE_DARK, 1]]


def test_inputs_stay_as_they_are() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    before, counts = grey.copy(), np.bincount(grey.ravel(), minlength=256)
    kept = counts.copy()
    otsu.patch_thresholds(grey, 16, 8, 3, np.ones((3, 3), bool))
    otsu.lower_threshold(counts, 3)
    assert np.array_equal(grey, before)
    assert np.array_equal(counts, kept)


def test_threads_find_what_one_finds() -> None:
    random = np.random.default_rng(1)
    greys = [random.normal(120, 30, (64, 64)).clip(0, 255).astype(np.uint8) for _ in range(8)]

    def found(grey: np.ndarray) -> list[list[int]]:
        return otsu.patch_thresholds(grey, 32, 8, 3, np.ones((5, 5), bool)).tolist()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(found, greys)) == [found(grey) for grey in greys]


def test_slicing_starts_without_the_compiler() -> None:
    code = "import sys, pipeline.slice; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
