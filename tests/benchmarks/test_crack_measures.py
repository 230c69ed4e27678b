"""Ways of measuring cracks side by side: what each gives on simple masks, and how errors are told."""

import numpy as np
import pytest

from benchmarks import crack_cases, crack_measures, crack_rivals
from benchmarks.crack_cases import Case
from benchmarks.crack_rivals import WAYS, Measure
from benchmarks.drawn_cracks import HAIRLINE_SIDE, bar, hard, soft
from benchmarks.photographs import Photograph

LINE = Case(hard(bar((200.3, 100.5), (200.3, 300.5), 5.0)), None, 200.0, 5.0)
INSTALLED = [name for name in WAYS if crack_rivals.is_installed(name)]


@pytest.mark.parametrize("name", INSTALLED)
def test_every_way_measures_a_bar_along_a_row(name: str) -> None:
    found = WAYS[name](LINE)
    assert found.length_px == pytest.approx(200, abs=6)
    assert found.width_px == pytest.approx(5, abs=1.1)


@pytest.mark.parametrize("name", [name for name in INSTALLED if not name.startswith("crackenpy")])
def test_a_mask_without_a_crack_has_no_length(name: str) -> None:
    assert WAYS[name](Case(np.zeros((50, 50), np.uint8), None, None, None)) == Measure(0.0, 0.0)


def test_pixels_of_a_diagonal_are_too_few_and_its_branch_is_as_long_as_it_is() -> None:
    diagonal = Case(np.pad(np.eye(200, dtype=np.uint8) * 255, 20), None, None, None)
    assert crack_rivals.counted_pixels(diagonal).length_px == 200
    assert crack_rivals.skan_branches(diagonal).length_px == pytest.approx(199 * np.sqrt(2))


def test_errors_have_no_sign_and_the_largest_is_told() -> None:
    truth = [Measure(100, 4), Measure(200, 10)]
    assert crack_measures.errors([Measure(90, 5), Measure(210, 10)], truth) == pytest.approx((7.5, 10, 0.5, 1))


def test_a_way_that_is_not_installed_says_so_and_the_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crack_measures, "TURNS", 1)
    monkeypatch.setattr(crack_rivals.importlib.util, "find_spec", lambda name: None)
    rows = {row.cells[1]: row for row in crack_measures.against_truth("a bar", [LINE], bar=(2.0, 0.3))}
    assert list(rows) == list(WAYS)
    assert [name for name, row in rows.items() if row.cells[2] == "not installed"] == [
        name for name in WAYS if name.startswith("crackenpy")
    ]
    assert rows["crackpipe"].passed is True
    assert float(rows["skan: branch distances, 2 × distance"].cells[2]) < 3
    assert {len(row.cells) for row in rows.values()} == {len(crack_measures.COLUMNS) - 1}
    against = crack_measures.against_ours("a bar", [LINE])
    assert against[0].cells[2:6] == ("–",) * 4
    assert {len(row.cells) for row in against} == {len(crack_measures.COLUMNS) - 1}


@pytest.mark.parametrize(("bar_px", "passed"), [((5.0, 1.1), True), ((4.0, 1.1), False), ((5.0, 0.9), False)])
def test_a_bar_is_missed_by_length_or_by_width(
    bar_px: tuple[float, float], passed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crack_measures, "TURNS", 1)
    wrong = Case(LINE.confidence, None, 210.0, 6.0)  # 4.8 % longer and 1 px wider than it is
    rows = crack_measures.against_truth("a bar", [wrong], bar=bar_px)
    assert [row.passed for row in rows] == [passed, None, None, None, None]


def test_shapes_hold_as_many_pixels_as_their_length_and_width_make() -> None:
    assert len(crack_cases.bars(soft)) == 54
    for case in crack_cases.shapes(hard):
        assert case.length_px is not None
        assert case.width_px is not None
        held = np.count_nonzero(case.confidence) / case.length_px
        assert held == pytest.approx(case.width_px, rel=0.2, abs=0.3)


def test_a_hairline_on_a_plain_surface_is_told_within_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BLURS", (0.5,)), ("HAIRLINE_DEGREES", (17,)), ("HAIRLINE_WIDTHS", (0.8,))):
        monkeypatch.setattr(crack_cases, name, value)
    (case,) = crack_cases.hairlines()
    assert crack_rivals.ours(case).width_px == pytest.approx(0.8, abs=0.2)
    assert crack_rivals.counted_pixels(case).width_px > 2


def test_a_hairline_lies_where_a_photograph_has_no_crack() -> None:
    side = HAIRLINE_SIDE
    image = np.full((side + 100, 2 * side, 3), 60, np.uint8)
    image[:, side:] = 200
    mask = np.zeros(image.shape[:2], bool)
    mask[:, side - 25] = True
    (surface,) = crack_cases._surfaces([Photograph(image, mask)])
    assert surface.shape == (side, side)
    assert surface.mean() > 150
    assert list(crack_cases._surfaces([Photograph(image, np.ones_like(mask))])) == []
    found = crack_cases.hairlines_in_photographs([Photograph(image, mask)] * 2)
    assert [case.width_px for case in found] == [*crack_cases.HAIRLINE_WIDTHS] * 2
