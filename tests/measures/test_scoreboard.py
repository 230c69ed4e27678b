"""Counts of photographs under keys, and their scores."""

import numpy as np
import pytest

from crackpipe.measures import segmentation
from crackpipe.measures.scoreboard import Scoreboard

KEY = ("otsu", "demo", "test")


@pytest.fixture
def crack() -> np.ndarray:
    mask = np.zeros((12, 16), bool)
    mask[1:11, 5] = True
    return mask


def levels(mask: np.ndarray) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(255)


def test_photographs_are_scored_under_their_keys_with_and_without_tolerance(crack: np.ndarray) -> None:
    board = Scoreboard(tolerance_px=1)
    moved = np.roll(crack, 1, axis=1)
    board.add(KEY, "demo/1", levels=levels(crack), truth=crack)
    board.add(KEY, "demo/2", levels=levels(moved), truth=crack)
    board.add(("otsu", "cfd", "test"), "cfd/1", levels=levels(moved), truth=crack)
    assert board.sorted_keys() == [("otsu", "cfd", "test"), KEY]
    assert board.photo_ids(KEY) == ["demo/1", "demo/2"]
    scores = board.scores(KEY)
    assert (scores["ods"], scores["ods_tol"], scores["n"]) == (0.5, 1.0, 2)
    expected = segmentation.score([segmentation.count(levels(mask), crack) for mask in (crack, moved)])
    assert [scores[name] for name in ("ois", "ap", "ods_pooled")] == [expected.ois, expected.ap, expected.ods_pooled]
    assert board.tree()["otsu"]["demo"]["test"] == scores
    assert board.tree()["otsu"]["cfd"]["test"]["ods"] == 0.0


def test_another_board_gives_the_photographs_asked_for_and_keeps_its_own(crack: np.ndarray) -> None:
    first, second = Scoreboard(tolerance_px=1), Scoreboard(tolerance_px=1)
    for number in range(3):
        first.add(KEY, f"demo/{number}", levels=levels(crack), truth=crack)
    second.take(first, KEY, to=("otsu", "none", "demo"), photo_ids={"demo/2", "demo/0", "cfd/1"})
    second.take(first, KEY, to=("otsu", "none", "cfd"), photo_ids={"cfd/1"})
    assert second.sorted_keys() == [("otsu", "none", "demo")]
    assert second.photo_ids(("otsu", "none", "demo")) == ["demo/0", "demo/2"]
    assert second.scores(("otsu", "none", "demo"))["n"] == 2
    assert first.scores(KEY)["n"] == 3


def test_asking_for_a_key_that_is_not_there_adds_none() -> None:
    board = Scoreboard(tolerance_px=1)
    with pytest.raises(KeyError):
        board.counts(KEY)
    assert board.sorted_keys() == []
    assert board.tree() == {}
