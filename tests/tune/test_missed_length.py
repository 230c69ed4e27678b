"""How much crack length a level misses, and which level promises how much: by hand."""

import numpy as np
import pytest

from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength
from crackpipe.tune import missed_length

CRACKS = GeometrySettings(level=0.5)


def crack(*parts: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A crack 200 px long of which parts (columns from the first on, level) were found; and its truth."""
    truth, levels = np.zeros((60, 240), bool), np.zeros((60, 240), np.uint8)
    truth[29:32, 20:220] = True
    for first, level in parts:
        levels[29:32, first:220] = level
    return levels, truth


def test_half_of_a_crack_is_missed_above_its_confidence() -> None:
    levels, truth = crack((20, 204), (120, 51))
    found = missed_length.measure([("a", levels, truth)], cracks=CRACKS, levels=[0.1, 0.5, 0.9])
    assert found is not None
    assert found.structures == 1
    assert found.missed == pytest.approx([0, 0.5, 1], abs=0.02)


def test_a_structure_counts_once_however_many_photographs_it_has() -> None:
    whole, none = crack((20, 255)), crack()
    maps = [("a", *whole), ("b", *none), ("b", *none), ("b", *none)]
    found = missed_length.measure(maps, cracks=CRACKS, levels=[0.5])
    assert found is not None
    assert (found.structures, found.missed) == (2, [0.5])


def test_photographs_without_a_crack_are_left_out() -> None:
    blank = np.zeros((60, 240), np.uint8)
    assert missed_length.measure([("a", blank, blank > 0)], cracks=CRACKS, levels=[0.5]) is None


def test_what_a_crack_must_reach_somewhere_falls_with_the_level_below_its_own() -> None:
    levels, truth = crack((20, 60))
    cracks = GeometrySettings(level=0.4, certain=0.5)
    found = missed_length.measure([("a", levels, truth)], cracks=cracks, levels=[0.1, 0.2])
    assert found is not None
    assert found.missed == [0, 1]  # 60 / 255 is above 0.5 / 4 and below 0.5 / 2


def test_the_promise_counts_one_more_structure_as_missed_whole() -> None:
    found = MissedLength(structures=19, levels=[0.1, 0.2, 0.3], missed=[0.0, 0.05, 0.2])
    assert found.bound(0.0) == 0.05
    assert [found.level(risk) for risk in (0.04, 0.05, 0.1, 0.3)] == [None, 0.1, 0.2, 0.3]
    assert found.least() == 0.05


def test_the_promise_holds_in_the_mean_over_other_structures() -> None:
    """Draw structures that miss a share of their own at each level; choose on 30, look at others."""
    random = np.random.default_rng(0)
    levels, missed = [0.1, 0.2, 0.3, 0.4, 0.5], []
    for _ in range(400):
        shares = np.sort(random.beta(0.5, 4, (31, len(levels))), axis=1)
        chosen = MissedLength(30, levels, shares[:30].mean(axis=0).tolist()).level(0.15)
        missed.append(shares[30][levels.index(chosen)] if chosen is not None else 0.0)
    assert np.mean(missed) <= 0.15
