"""How much crack length a level misses, and which level promises how much: by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength
from crackpipe.tune import missed

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
    found = missed.measure([("a", levels, truth)], cracks=CRACKS, tolerance_px=2, levels=[0.1, 0.5, 0.9])
    assert found is not None
    assert found.structures == 1
    assert found.missed == pytest.approx([0, 0.5, 1], abs=0.02)


def test_a_structure_counts_once_however_many_photographs_it_has() -> None:
    whole, none = crack((20, 255)), crack()
    maps = [("a", *whole), ("b", *none), ("b", *none), ("b", *none)]
    found = missed.measure(maps, cracks=CRACKS, tolerance_px=2, levels=[0.5])
    assert found is not None
    assert (found.structures, found.missed) == (2, [0.5])


def test_photographs_without_a_crack_are_left_out() -> None:
    blank = np.zeros((60, 240), np.uint8)
    assert missed.measure([("a", blank, blank > 0)], cracks=CRACKS, tolerance_px=2, levels=[0.5]) is None


def test_what_a_crack_must_reach_somewhere_falls_with_the_level_below_its_own() -> None:
    levels, truth = crack((20, 60))
    cracks = GeometrySettings(level=0.4, certain=0.5)
    found = missed.measure([("a", levels, truth)], cracks=cracks, tolerance_px=2, levels=[0.1, 0.2])
    assert found is not None
    assert found.missed == [0, 1]  # 60 / 255 is above 0.5 / 4 and below 0.5 / 2


def test_a_structure_never_misses_less_at_a_higher_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two structures each misses 0.4 at one level alone: the theorem wants what each misses to rise."""
    found = {("a", 0.1): 0.6, ("a", 0.2): 1.0, ("a", 0.3): 1.0, ("b", 0.1): 1.0, ("b", 0.2): 0.6, ("b", 0.3): 1.0}
    truth = crack()[1]
    names = iter([name for name in "ab" for _ in range(3)])
    whole = crack((20, 255))[0] > 0

    def shortened(_: np.ndarray, settings: GeometrySettings) -> list[SimpleNamespace]:
        length = round(200 * found[next(names), settings.level])
        return [SimpleNamespace(pixels=np.argwhere(whole & (np.arange(240) < 20 + length)))]

    monkeypatch.setattr(missed.geometry, "find", shortened)
    maps = [(name, whole.astype(np.uint8), truth) for name in "ab"]
    told = missed.measure(maps, cracks=CRACKS, tolerance_px=2, levels=[0.1, 0.2, 0.3])
    assert told is not None
    assert told.missed == pytest.approx([0.2, 0.4, 0.4], abs=0.02)


def test_what_is_too_short_for_its_width_counts_as_missed() -> None:
    truth = np.zeros((60, 240), bool)
    truth[20:40, 100:130] = True
    maps = [("a", truth.astype(np.uint8) * 255, truth)]
    for elongation, missing in ((0.0, 0.0), (3.0, 1.0)):
        cracks = GeometrySettings(min_elongation=elongation)
        told = missed.measure(maps, cracks=cracks, tolerance_px=2, levels=[0.5])
        assert told is not None
        assert told.missed == [missing]


def test_the_promise_counts_one_more_structure_as_missed_whole() -> None:
    found = MissedLength(structures=19, levels=[0.1, 0.2, 0.3], missed=[0.0, 0.05, 0.2])
    assert found.bound(0.0) == 0.05
    assert [found.level(risk) for risk in (0.04, 0.05, 0.1, 0.3)] == [None, 0.1, 0.2, 0.3]
    assert found.least() == 0.05


def test_the_promise_holds_in_the_mean_over_other_structures_and_not_without_the_one_more() -> None:
    """Each structure is missed whole above a level of its own; choose on 5 of them, look at another."""
    random = np.random.default_rng(0)
    levels = [round(0.01 * step, 2) for step in range(1, 100)]
    missed_of_another: dict[str, list[bool]] = {"promised": [], "without": []}
    for _ in range(3000):
        seen_to = random.random(6)
        shares = (np.array(levels)[:, None] > seen_to[:5]).mean(axis=1).tolist()
        chosen = MissedLength(5, levels, shares).level(0.3)
        plain = max((at for at, share in zip(levels, shares, strict=True) if share <= 0.3), default=None)
        for name, level in (("promised", chosen), ("without", plain)):
            missed_of_another[name].append(level is not None and bool(level > seen_to[5]))
    assert np.mean(missed_of_another["promised"]) <= 0.3
    assert np.mean(missed_of_another["without"]) > 0.31
