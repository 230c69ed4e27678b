"""AICL's cost: every row tells its share of a step, and the bar."""

from pathlib import Path

import pytest

from benchmarks import attack_cost

ROOT = Path(__file__).parents[2]


def test_each_variant_of_the_demo_is_held_against_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(attack_cost, "SIDE_PX", 32)
    monkeypatch.setattr(attack_cost, "TURNS", 1)
    found = attack_cost.compare(photos=2, data=None)
    assert [row.cells[0] for row in found.rows] == ["`aicl`", "`aicl_label`"]
    assert all(row.cells[-1] == "≤ 5%" and row.passed is not None for row in found.rows)
