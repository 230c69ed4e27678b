"""The level from which pixels are crack, chosen on hand-drawn maps."""

import numpy as np
import pytest

from crackpipe.tune import operating_point


def line(level: int, *, length: int = 60) -> np.ndarray:
    levels = np.zeros((80, 80), np.uint8)
    levels[40, 10 : 10 + length] = level
    return levels


def test_the_chosen_level_keeps_the_crack_and_leaves_crack_free_photographs_alone() -> None:
    truth = line(255) > 0
    crack, texture = line(200), line(120, length=40)
    found = operating_point.best(operating_point.search({"val": [(crack, truth)]}, {"one": [texture] * 9}))
    assert found["f1"] == 1
    assert found["quiet"] == 1
    assert max(found["level"], found["certain"]) > 120 / 255 or found["min_length_px"] > 40


def test_a_faint_end_of_a_certain_crack_is_kept_by_two_levels() -> None:
    crack = line(230)
    crack[40, 40:70] = 110  # faint
    silent = line(110, length=60)
    found = operating_point.best(operating_point.search({"val": [(crack, line(255) > 0)]}, {"one": [silent] * 10}))
    assert found["f1"] == 1
    assert found["level"] <= 110 / 255 < found["certain"]


def test_figures_are_those_of_a_count_by_hand() -> None:
    truth, levels = np.zeros((20, 40), bool), np.zeros((20, 40), np.uint8)
    truth[5, :20] = True
    levels[7, :10] = 255  # two pixels beside the truth, half of it (and two pixels at its end)
    levels[15, 30:40] = 255  # elsewhere
    table = operating_point.search({"val": [(levels, truth)]}, {"one": [levels[10:], np.zeros((9, 9), np.uint8)]})
    row = table[(table["level"] == 0.5) & (table["certain"] == 0) & (table["min_length_px"] == 0)].iloc[0]
    precision, recall = 10 / 20, 10 / 20
    assert row["f1"] == pytest.approx(2 * precision * recall / (precision + recall))
    assert row["quiet"] == 0.5


def test_without_a_quiet_setting_the_quietest_is_taken() -> None:
    crack = line(255)
    table = operating_point.search({"val": [(crack, crack > 0)]}, {"one": [crack] * 5})
    assert operating_point.best(table)["quiet"] == 0


def test_each_kind_of_crack_free_photographs_counts_the_same() -> None:
    crack, blank = line(255), np.zeros((80, 80), np.uint8)
    table = operating_point.search({"val": [(crack, crack > 0)]}, {"squares": [blank] * 99, "drawn": [crack, blank]})
    assert table[table["f1"] == 1]["quiet"].max() == 0.75


def test_wide_cracks_do_not_outweigh_a_hairline() -> None:
    wide, thin = np.zeros((80, 80), np.uint8), line(90)
    wide[20:60, 10:70] = 250
    cracks = [(wide, wide > 0), (thin, thin > 0)]
    found = operating_point.best(operating_point.search({"val": cracks}, {"drawn": [line(90)] * 5}))
    assert found["f1"] == 1
    assert found["level"] <= 90 / 255


def test_no_photograph_is_an_error() -> None:
    with pytest.raises(ValueError, match="no photograph with a mask"):
        operating_point.search({}, {})
