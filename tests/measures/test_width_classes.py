"""Classes of cracks by width: named limits, own limits, and what is no limit."""

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.measures.width_classes import NAMED, classify, parse


def test_a_width_equal_to_a_limit_is_in_the_class_below_it():
    widths = np.array([0.1, 1.6, 1.61, 3.2, 3.3])
    assert classify(widths, NAMED["aashto"]) == [
        *["up to 1.6 mm"] * 2,
        *["1.6 to 3.2 mm"] * 2,
        "over 3.2 mm",
    ]


def test_a_width_that_is_not_known_has_no_class():
    assert classify(np.array([np.nan, 0.5]), NAMED["jsce"]) == ["", "over 0.2 mm"]
    assert classify(np.array([]), NAMED["jsce"]) == []


def test_limits_are_named_or_ones_own():
    assert parse("eurocode").limits_mm == (0.3,)
    own = parse(" 0.2, 0.50,1 ")
    assert own.name == "0.2,0.5,1"
    assert own.names == ("up to 0.2 mm", "0.2 to 0.5 mm", "0.5 to 1 mm", "over 1 mm")
    assert parse(own.name) == own


@pytest.mark.parametrize("text", ["1,0.5", "0,1", "0.5,0.5", "nan", "1,inf", "-1"])
def test_limits_that_are_no_ascending_widths_are_refused(text: str):
    with pytest.raises(CrackpipeError, match=r"got limits .*; expected one or more widths in millimetres above 0"):
        parse(text)


def test_a_name_nearly_right_is_suggested():
    with pytest.raises(
        CrackpipeError, match=r"got 'asshto'; expected aashto, jsce, eurocode, .*; did you mean aashto\?"
    ):
        parse("asshto")
    with pytest.raises(CrackpipeError, match=r"such as 0\.2,0\.5,1$"):
        parse("")
