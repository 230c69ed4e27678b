"""Bars: passed, missed, absent, and always shown."""

import pytest

from benchmarks import table
from benchmarks.table import Row, Section
from benchmarks.timing import Times


@pytest.mark.parametrize(("bar", "passed", "told"), [(5, True, "≥ 5×"), (5.1, False, "≥ 5.1×"), (None, None, "–")])
def test_the_factor_is_that_of_the_medians_and_the_bar_belongs_to_those_who_pass(
    bar: float | None, passed: bool | None, told: str
) -> None:
    found = table.faster("work", peers=Times((9, 10, 30)), ours=Times((1, 2, 2.5)), bar=bar)
    assert found == Row(("work", "10 (9–30)", "2 (1–2.5)", "5×", told), passed)


@pytest.mark.parametrize(("ours", "passed", "told"), [(1.25, True, "80%"), (1.6, False, "62%")])
def test_a_share_compares_throughputs(ours: float, passed: bool, told: str) -> None:
    found = table.share("work", bare=Times((1,)), ours=Times((ours,)), bar=0.7)
    assert (found.cells[3], found.cells[4], found.passed) == (told, "≥ 70%", passed)


def section(*passed: bool | None) -> Section:
    rows = tuple(Row((f"row {i}", "1", "2", "3", "4"), one) for i, one in enumerate(passed))
    return Section(title="Name", about="What.", rows=rows, notes=("Why.",))


def test_a_missed_bar_stands_in_the_table() -> None:
    assert table.markdown(section(True, False, None)).splitlines() == [
        "## Name",
        "",
        "What.",
        "",
        "| what | peers' way, s | ours, s | factor | bar | passed |",
        "| --- | --- | --- | --- | --- | --- |",
        "| row 0 | 1 | 2 | 3 | 4 | yes |",
        "| row 1 | 1 | 2 | 3 | 4 | **missed** |",
        "| row 2 | 1 | 2 | 3 | 4 | – |",
        "",
        "- Why.",
    ]


def test_missed_bars_are_named_with_their_section_and_absent_ones_are_not_missed() -> None:
    assert table.missed([section(True, None), section(False, None, False)]) == ["Name: row 0", "Name: row 2"]


def test_a_section_without_rows_has_no_heading_of_a_table() -> None:
    assert table.markdown(Section(title="Name", about="No GPU at hand.", rows=())) == "## Name\n\nNo GPU at hand."
