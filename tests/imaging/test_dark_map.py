"""Dark pixels against exact fractions, scikit-image, a plain loop over patches and hand-drawn cases."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_multiotsu, threshold_otsu

from crackpipe.imaging import dark_map, images

NO_FILTER = {"bilateral_px": 0, "bilateral_sigma": 1.0}


def histogram(counts: dict[int, int]) -> np.ndarray:
    found = np.zeros(256, np.int32)
    for level, count in counts.items():
        found[level] = count
    return found


def lower(counts: dict[int, int], *, classes: int) -> int:
    return int(dark_map.lower_threshold(histogram(counts)[None], classes=classes)[0])


def quality(counts: dict[int, int], thresholds: tuple[int, ...]) -> Fraction:
    """Σ n_k · mean_k² of the classes that the thresholds make: the between-class variance but for a constant."""
    total = Fraction(0)
    edges = (-1, *thresholds, 255)
    for low, high in pairwise(edges):
        members = {level: count for level, count in counts.items() if low < level <= high}
        n = sum(members.values())
        if n:
            total += Fraction(sum(level * count for level, count in members.items()) ** 2, n)
    return total


def best_lower_thresholds(counts: dict[int, int], *, classes: int) -> tuple[Fraction, list[int]]:
    """The best quality, exactly, and every lower threshold that reaches it, ascending."""
    levels = range(min(counts), max(counts))
    found = {cut: quality(counts, cut) for cut in combinations(levels, classes - 1)}
    best = max(found.values())
    return best, sorted({cut[0] for cut, value in found.items() if value == best})


COUNTS = st.dictionaries(st.integers(0, 14), st.integers(1, 40), min_size=3, max_size=9)


@pytest.mark.parametrize("classes", [2, 3])
@given(counts=COUNTS, shift=st.integers(0, 241))
def test_the_threshold_is_the_smallest_of_the_exactly_best(classes: int, counts: dict[int, int], shift: int) -> None:
    moved = {level + shift: count for level, count in counts.items()}
    _, exact = best_lower_thresholds(counts, classes=classes)
    assert lower(moved, classes=classes) == exact[0] + shift


@given(rows=st.lists(COUNTS, min_size=1, max_size=6))
def test_a_histogram_is_thresholded_alike_alone_and_among_others(rows: list[dict[int, int]]) -> None:
    together = dark_map.lower_threshold(np.stack([histogram(counts) for counts in rows]), classes=3)
    assert together.tolist() == [lower(counts, classes=3) for counts in rows]


@given(seed=st.integers(0, 2**20), spread=st.integers(4, 120))
@settings(max_examples=15)
def test_thresholds_equal_scikit_images(seed: int, spread: int) -> None:
    random = np.random.default_rng(seed)
    levels = np.clip(random.normal(128, spread, (32, 32)), 0, 255).astype(np.uint8)
    levels[: 4 + seed % 20] //= 3
    counts = np.bincount(levels.ravel(), minlength=256)
    found = [int(dark_map.lower_threshold(counts[None], classes=classes)[0]) for classes in (2, 3)]
    # scikit-image sums in float32; where it differs its threshold must not be better than ours by exact arithmetic
    theirs = [int(threshold_otsu(levels)), int(threshold_multiotsu(levels, classes=3)[0])]
    small = {level: int(count) for level, count in enumerate(counts) if count}
    for own, other, classes in zip(found, theirs, (2, 3), strict=True):
        if own != other:
            assert best_upper(small, own, classes=classes) >= best_upper(small, other, classes=classes)


def test_separated_levels_are_cut_where_scikit_image_cuts_them() -> None:
    random = np.random.default_rng(2)
    for dark, middle, bright in ((20, 120, 220), (10, 60, 70), (90, 180, 200)):
        levels = random.choice([dark, dark + 3, middle, middle + 2, bright], (32, 32)).astype(np.uint8)
        counts = np.bincount(levels.ravel(), minlength=256)[None]
        assert dark_map.lower_threshold(counts, classes=3)[0] == threshold_multiotsu(levels, classes=3)[0]
        assert dark_map.lower_threshold(counts, classes=2)[0] == threshold_otsu(levels)


def best_upper(counts: dict[int, int], low: int, *, classes: int) -> Fraction:
    """The best quality that a given lower threshold allows."""
    if classes == 2:
        return quality(counts, (low,))
    return max(quality(counts, (low, high)) for high in range(low + 1, 256))


def test_three_well_separated_levels_are_cut_above_the_darkest() -> None:
    assert lower({20: 5, 100: 50, 200: 30}, classes=3) == 20
    assert lower({20: 5, 21: 2, 100: 50, 200: 30}, classes=3) == 21


def test_of_equally_good_thresholds_the_smallest_is_taken() -> None:
    assert best_lower_thresholds({0: 1, 1: 1, 2: 1, 3: 1}, classes=3)[1] == [0, 1]
    assert lower({0: 1, 1: 1, 2: 1, 3: 1}, classes=3) == 0
    assert lower({10: 4, 20: 4}, classes=2) == 10  # every level from 10 to 19 cuts the same


@pytest.mark.parametrize("classes", [2, 3])
@given(half=st.lists(st.sampled_from([0, 1, 2, 3, 7, 11, 33, 333]), min_size=2, max_size=5))
def test_rounding_does_not_choose_between_the_ties_of_a_symmetric_histogram(classes: int, half: list[int]) -> None:
    counts = {level + 100: count for level, count in enumerate(half + half[::-1]) if count}
    assume(len(counts) >= 3)
    _, exact = best_lower_thresholds(counts, classes=classes)
    assert lower(counts, classes=classes) == exact[0]


@pytest.mark.parametrize(
    ("counts", "classes"), [({77: 1024}, 2), ({77: 1024}, 3), ({10: 900, 200: 124}, 3), ({0: 1}, 3), ({255: 9}, 2)]
)
def test_fewer_levels_than_classes_leave_nothing_dark(counts: dict[int, int], classes: int) -> None:
    assert lower(counts, classes=classes) == dark_map.NONE_DARK


def test_the_ends_of_the_scale_are_levels_like_others() -> None:
    assert lower({0: 3, 255: 9}, classes=2) == 0
    assert lower({0: 3, 254: 1, 255: 9}, classes=3) == 0
    assert lower({253: 5, 254: 5, 255: 5}, classes=3) == 253


def looped(grey: np.ndarray, *, side: int, stride: int, classes: int) -> np.ndarray:
    """Patch by patch, pixel by pixel."""
    height, width = grey.shape
    found = np.ones(grey.shape, bool)
    tops = [top for top in range(0, height, stride) if top == 0 or top - stride + side < height]
    lefts = [left for left in range(0, width, stride) if left == 0 or left - stride + side < width]
    bottom, right = max(0, tops[-1] + side - height), max(0, lefts[-1] + side - width)
    padded = images.pad_reflect(grey, bottom=bottom, right=right)
    for top in tops:
        for left in lefts:
            patch = padded[top : top + side, left : left + side]
            values, numbers = np.unique(patch, return_counts=True)
            counts = dict(zip(values.tolist(), numbers.tolist(), strict=True))
            threshold = lower(counts, classes=classes)
            for row in range(top, min(top + side, height)):
                for col in range(left, min(left + side, width)):
                    found[row, col] &= bool(grey[row, col] <= threshold)
    return found


@pytest.mark.parametrize("size", [(37, 53), (70, 33), (32, 32), (15, 9), (33, 64)])
@pytest.mark.parametrize("classes", [2, 3])
def test_dark_pixels_equal_a_plain_loop_over_patches(size: tuple[int, int], classes: int) -> None:
    random = np.random.default_rng(size[0])
    grey = random.normal(150, 30, size).clip(0, 255).astype(np.uint8)
    grey[:, size[1] // 2] = 20
    image = np.repeat(grey[..., None], 3, axis=2)
    before = image.copy()
    found = dark_map.dark(image, side_px=32, stride_px=8, classes=classes, **NO_FILTER)
    assert np.array_equal(found, looped(grey, side=32, stride=8, classes=classes))
    assert np.array_equal(image, before)


def test_a_pixel_is_dark_only_if_every_patch_that_covers_it_says_so() -> None:
    # Patches of 4 pixels every 2 columns: the first finds 100 dark beside 200, the second, where 10 stands, does not.
    row = [100, 100, 100, 200, 10, 10, 200, 200]
    image = np.repeat(np.array([row] * 4, np.uint8)[..., None], 3, axis=2)
    found = dark_map.dark(image, side_px=4, stride_px=2, classes=2, **NO_FILTER)
    assert found[0].tolist() == [True, True, False, False, True, True, False, False]


def test_the_filter_comes_before_the_grey_levels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    filtered = images.bilateral(image, diameter_px=5, sigma_colour=120, sigma_space=120)
    settings_of = {"side_px": 32, "stride_px": 8, "classes": 3}
    with_filter = dark_map.dark(image, bilateral_px=5, bilateral_sigma=120, **settings_of)
    assert np.array_equal(with_filter, dark_map.dark(filtered, **settings_of, **NO_FILTER))
    assert not np.array_equal(with_filter, dark_map.dark(image, **settings_of, **NO_FILTER))


@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    stride=st.sampled_from([4, 8, 16]),
    values=st.sampled_from([1, 2, 3, 40, 256]),
    classes=st.sampled_from([2, 3]),
)
@settings(max_examples=60)
def test_thresholds_of_patches_equal_those_of_counting_each(
    height: int, width: int, stride: int, values: int, classes: int
) -> None:
    random = np.random.default_rng(height * 64 + width)
    grey = (random.integers(0, values, (height, width)) * (255 // max(values - 1, 1))).astype(np.uint8)
    found = dark_map.patch_thresholds(grey, side_px=16, stride_px=stride, classes=classes)
    rows, cols = found.shape
    padded = images.pad_reflect(grey, bottom=(rows - 1) * stride + 16 - height, right=(cols - 1) * stride + 16 - width)
    for row in range(rows):
        for col in range(cols):
            patch = padded[row * stride : row * stride + 16, col * stride : col * stride + 16]
            counts = np.bincount(patch.ravel(), minlength=256)
            assert found[row, col] == dark_map.lower_threshold(counts[None], classes=classes)[0]


def test_otsu_of_the_whole_photograph_equals_scikit_images() -> None:
    grey = np.random.default_rng(1).normal(140, 40, (50, 60)).clip(0, 255).astype(np.uint8)
    assert np.array_equal(dark_map.otsu(grey), grey <= threshold_otsu(grey))
    assert not dark_map.otsu(np.full((5, 5), 9, np.uint8)).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 40), st.integers(5, 40), st.sampled_from([2, 3]), st.floats(0, 1))
def test_asking_for_some_pixels_gives_them_as_asking_for_all(
    seed: int, height: int, width: int, classes: int, share: float
):
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    wanted = random.random((height, width)) < share**4  # often few
    grid = {"side_px": 8, "stride_px": 4, "classes": classes, **NO_FILTER}
    every = dark_map.dark(image, **grid)
    assert np.array_equal(dark_map.dark(image, **grid, wanted=wanted), every & wanted)


def test_patches_without_a_wanted_pixel_are_not_thresholded() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    wanted = np.zeros((64, 64), bool)
    wanted[30, 30] = True
    grid = {"side_px": 16, "stride_px": 8, "classes": 3}
    found = dark_map.patch_thresholds(grey, **grid, wanted=wanted)
    asked = np.zeros((7, 7), bool)
    asked[2:4, 2:4] = True  # a pixel lies on reach × reach patches
    assert np.array_equal(found, np.where(asked, dark_map.patch_thresholds(grey, **grid), dark_map.LEVELS))
