"""Training subsets are nested, hold both classes evenly, and are refused where the pool is too small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.errors import ParamsError, TableError
from crackpipe.few_shot import subsets


def test_the_papers_shares_are_its_numbers() -> None:
    found = subsets.sizes([0.0, 0.01, 0.05, 0.1, 0.5, 1.0], pool=10_000)
    assert found == {"T0": 0, "T1": 100, "T2": 500, "T3": 1000, "T4": 5000, "T5": 10_000}


def test_whole_numbers_are_patches() -> None:
    assert subsets.sizes([0.0, 1.0], pool=7) == {"T0": 0, "T1": 7}
    assert subsets.sizes([4, 7], pool=7) == {"T0": 4, "T1": 7}


def test_more_than_the_pool_has_is_refused() -> None:
    with pytest.raises(ParamsError, match=r"T1 asks for 8 patches, but there are 7 to learn from; ask for fewer"):
        subsets.sizes([2, 8], pool=7)


@pytest.mark.parametrize("size", [0.01, 1])
def test_a_subset_of_one_patch_lacks_a_class(size: float) -> None:
    with pytest.raises(TableError, match=r"T0: .* of a pool of 100 are 1 patches, so a class would be missing"):
        subsets.sizes([size], pool=100)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_every_beginning_holds_the_classes_in_proportion(cracks: int, others: int, seed: int) -> None:
    labels = np.array([1] * cracks + [0] * others)
    order = subsets.nested(labels, seed=seed)
    assert sorted(order) == list(range(len(labels)))
    share = cracks / len(labels)
    for count in range(1, len(labels) + 1):
        assert abs(labels[order[:count]].sum() - share * count) <= 1


def test_seeds_draw_other_patches_and_one_seed_the_same() -> None:
    labels = np.arange(40) % 2
    assert np.array_equal(subsets.nested(labels, seed=3), subsets.nested(labels, seed=3))
    assert not np.array_equal(subsets.nested(labels, seed=3), subsets.nested(labels, seed=4))
