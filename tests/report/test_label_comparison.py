"""Which labels are the better ones, from the counts of a board."""

import numpy as np
import pytest

from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.report import label_comparison

GROUPS = {"demo/1": "a", "demo/2": "b", "demo/3": "b"}


@pytest.fixture
def board() -> Scoreboard:
    """U-Net finds all on its own labels and every other photograph on the CRF's; a baseline finds nothing."""
    truth = np.zeros((6, 6), bool)
    truth[2] = True
    found, missed = truth * np.uint8(255), truth * np.uint8(0)
    board = Scoreboard(tolerance_px=1)
    for number, name in enumerate(GROUPS):
        board.add(("unet", "cam_location", "demo", "test"), name, levels=found, truth=truth)
        board.add(("unet", "cam_crf", "demo", "test"), name, levels=found if number % 2 else missed, truth=truth)
        board.add(("darkness", "none", "demo", "test"), name, levels=missed, truth=truth)
    return board


def test_scores_have_their_intervals_beside_them(board: Scoreboard) -> None:
    resampled = label_comparison.resample(board, groups=GROUPS, resamples=50, seed=1)
    row = label_comparison.scores(board, resampled)["unet"]["cam_crf"]["demo"]["test"]
    assert (row["ods"], row["n"]) == (pytest.approx(1 / 3), 3)
    assert (row["ods_low"], row["ods_high"]) == (0.0, 0.5)  # structure a alone, and b alone
    assert row["ods_tol"] == row["ods"]


def test_labels_of_one_segmenter_are_compared_on_the_same_photographs(board: Scoreboard) -> None:
    resampled = label_comparison.resample(board, groups=GROUPS, resamples=50, seed=1)
    tree = label_comparison.differences(resampled)
    assert list(tree) == ["unet"]
    assert list(tree["unet"]) == ["cam_crf_less_cam_location"]
    row = tree["unet"]["cam_crf_less_cam_location"]["demo"]["test"]
    assert (row["ods"], row["ods_low"], row["ods_high"]) == (pytest.approx(-2 / 3), -1.0, -0.5)
