"""Numbers of patches of the two classes, counted by hand."""

import numpy as np

from crackpipe.data import class_counts


def test_both_classes_are_counted() -> None:
    assert class_counts.count(np.array([1, 0, 1, 1])) == {"crack": 3, "crack-free": 1}


def test_a_class_without_a_patch_counts_0() -> None:
    assert class_counts.count(np.zeros(0, np.int64)) == {"crack": 0, "crack-free": 0}
