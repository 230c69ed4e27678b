"""Draws of groups."""

import numpy as np
import pytest

from crackpipe.measures import resampling


def test_items_of_one_group_are_drawn_together() -> None:
    drawn = resampling.weights(["a", "b", "a", "c"], resamples=50, seed=1)
    assert (drawn[:, 0] == drawn[:, 2]).all()
    assert (drawn[:, [0, 1, 3]].sum(axis=1) == 3).all()  # as many structures as there are
    assert len(np.unique(drawn, axis=0)) > 5


def test_nothing_to_draw_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is nothing to draw from"):
        resampling.weights([], resamples=5, seed=1)
