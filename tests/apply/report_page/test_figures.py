"""Numbers and names as the page shows them."""

import pytest

from crackpipe.apply.report_page import figures


@pytest.mark.parametrize(
    ("mm", "shown"),
    [(0.4, "0 mm"), (340.2, "340 mm"), (999.7, "1.00 m"), (3421, "3.42 m"), (12_345, "12.3 m"), (1.2e7, "12 000 m")],
)
def test_lengths_are_told_in_the_unit_that_suits(mm: float, shown: str):
    assert figures.length(mm).replace(figures.GROUPS, " ") == shown


def test_what_is_not_known_is_a_dash():
    nan = float("nan")
    known = (figures.length(nan), figures.width(nan), figures.pixels(nan), figures.fixed(nan, digits=1))
    assert known == ("–",) * 4
    assert figures.share(1, 0) == "–"


def test_a_small_share_is_not_nothing():
    assert [figures.share(part, 1000) for part in (0, 1, 500, 1000)] == ["0 %", "< 1 %", "50 %", "100 %"]


def test_nouns_follow_their_number():
    assert figures.counted(1, "crack", "cracks") == "1 crack"
    assert figures.counted(0, "crack", "cracks") == "0 cracks"
