"""Labels and probabilities are refused with the first wrong value named."""

import inspect

import numpy as np
import pytest

from crackpipe.measures import probabilities

# unwrap: where shapes are checked by the signature, that check would speak first
checked = inspect.unwrap(probabilities.checked)


def test_good_input_comes_back_as_64_bit_copies():
    labels, crack = np.array([0, 1], np.int8), np.array([0, 1], np.float32)
    truth, probability = checked(labels, crack)
    assert (truth.dtype, probability.dtype) == (np.int64, np.float64)
    truth[0], probability[0] = 1, 0.5
    assert labels.tolist() == [0, 1]
    assert crack.tolist() == [0, 1]


@pytest.mark.parametrize(("labels", "crack"), [([0, 1], [0.5]), ([], []), ([[0, 1]], [[0.5, 0.5]])])
def test_arrays_that_do_not_pair_up_are_refused(labels, crack):
    with pytest.raises(ValueError, match=r"labels have shape .* give one probability for each label, and at least one"):
        checked(np.array(labels, np.int64), np.array(crack, float))


@pytest.mark.parametrize("value", [np.nan, -0.01, 1.01, np.inf])
def test_a_probability_that_is_none_is_named(value):
    with pytest.raises(
        ValueError, match=rf"crack_probability\[1\] is {value} \(1 such\); expected \[0, 1\].*not logits"
    ):
        checked(np.array([0, 1]), np.array([0.5, value]))


def test_a_label_that_is_neither_class_is_named():
    with pytest.raises(ValueError, match=r"labels\[2\] is 2 \(1 such\); use 1 for crack and 0 for none"):
        checked(np.array([0, 1, 2]), np.array([0.5, 0.5, 0.5]))
