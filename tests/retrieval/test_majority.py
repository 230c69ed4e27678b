"""The most frequent label set, whatever the query."""

import numpy as np
import pytest

from crackpipe.retrieval import majority


@pytest.mark.parametrize(
    ("sets", "wanted"),
    [
        ([[1, 0], [0, 1], [0, 1]], [0, 1]),
        ([[1, 1], [1, 0], [1, 1], [0, 1]], [1, 1]),  # a set, not each label by itself
        ([[0, 1], [1, 0]], [0, 1]),  # of equally frequent ones the first
        ([[1, 0], [0, 1]], [1, 0]),
    ],
)
def test_the_most_frequent_set_is_predicted_for_every_query(sets: list[list[int]], wanted: list[int]) -> None:
    assert majority.predict(np.array(sets, bool), count=3).astype(int).tolist() == [wanted] * 3


def test_no_query_has_no_prediction() -> None:
    assert majority.predict(np.ones((1, 4), bool), count=0).shape == (0, 4)
