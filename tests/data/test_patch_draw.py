"""Which patches an epoch draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.data import patch_draw
from crackpipe.errors import DatasetError

LABELS = st.tuples(st.integers(1, 30), st.integers(1, 30))  # none, crack


def labels_of(numbers: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat([0, 1], numbers)).astype(np.int8)


@given(numbers=LABELS, count=st.integers(1, 60), share=st.floats(0.01, 0.99), seed=st.integers(0, 2**33))
def test_the_share_is_exact_and_nothing_repeats_while_there_is_enough(
    numbers: tuple[int, int], count: int, share: float, seed: int
) -> None:
    labels = labels_of(numbers)
    order = patch_draw.draw(labels, count=count, crack_share=share, seed=seed, epoch=3)
    assert len(order) == count
    wanted = {1: round(count * share), 0: count - round(count * share)}
    for label, number in wanted.items():
        chosen = order[labels[order] == label]
        assert len(chosen) == number
        times = np.bincount(chosen, minlength=len(labels))[labels == label]
        assert times.max() - times.min() <= 1  # each once before any twice
    assert np.array_equal(order, patch_draw.draw(labels, count=count, crack_share=share, seed=seed, epoch=3))


def test_without_a_share_cracks_are_as_frequent_as_they_are() -> None:
    labels = (np.arange(50) < 10).astype(np.int8)
    order = patch_draw.draw(labels, count=20, crack_share=None, seed=0, epoch=0)
    assert labels[order].sum() == 4
    assert len(set(order)) == 20
    with pytest.raises(DatasetError, match="none of the 0 training patches is crack"):
        patch_draw.draw(labels[:0], count=20, crack_share=None, seed=0, epoch=0)


def test_epochs_and_seeds_draw_otherwise_and_in_random_order() -> None:
    labels = labels_of((500, 500))
    drawn = [
        patch_draw.draw(labels, count=100, crack_share=0.5, seed=seed, epoch=epoch)
        for seed, epoch in ((1, 0), (1, 1), (2, 0))
    ]
    assert len({order.tobytes() for order in drawn}) == 3
    first = labels[drawn[0]][:50]
    assert 10 < first.sum() < 40


def test_a_missing_class_is_the_users_error_and_says_what_to_change() -> None:
    with pytest.raises(DatasetError, match=r"none of the 4 training patches is crack-free, .*; lower slice\.side_px"):
        patch_draw.draw(np.ones(4, np.int8), count=2, crack_share=0.5, seed=0, epoch=0)
    with pytest.raises(DatasetError, match=r"none of the 4 training patches is crack, .*; lower slice\.min_crack_px"):
        patch_draw.draw(np.zeros(4, np.int8), count=2, crack_share=0.5, seed=0, epoch=0)
