"""AICL's cost as a share of a training step."""

from pathlib import Path

import pytest

from benchmarks import attack_cost
from benchmarks.timing import Times

ROOT = Path(__file__).parents[2]


def test_each_variant_of_the_demo_is_held_against_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(attack_cost, "SIDE_PX", 32)
    monkeypatch.setattr(attack_cost, "TURNS", 1)
    found = attack_cost.compare(photos=2, data=None)
    assert [row.cells[0] for row in found.rows] == ["`aicl`", "`aicl_equation_7`"]


@pytest.mark.parametrize(("seconds", "share", "passed"), [(0.04, "4.00%", True), (0.06, "6.00%", False)])
def test_the_share_of_the_step_is_held_against_the_bar(seconds: float, share: str, passed: bool) -> None:
    row = attack_cost._row("aicl", Times((seconds,)), step=Times((1.0, 1.0)))
    assert row.cells[0] == "`aicl`"
    assert row.cells[1].startswith("1 ")
    assert row.cells[3:] == (share, "≤ 5%")
    assert row.passed is passed
