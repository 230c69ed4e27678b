"""Roses of directions: which petal a crack belongs to, and how far petals reach."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from crackpipe.apply.report_page.charts import rose


def test_petals_are_around_their_direction_and_the_level_one_holds_both_sides_of_it():
    shares = rose.count(np.array([0.0, 7.4, 172.6, 7.6, 90.0]), np.array([1.0, 1.0, 1.0, 1.0, 4.0]))
    assert shares.sum() == 1
    assert shares[[0, 1, 6]].tolist() == [3 / 8, 1 / 8, 4 / 8]


def test_the_area_of_a_petal_is_its_share():
    shares = np.zeros(rose.PETALS)
    shares[[0, 6]] = 0.2, 0.8
    level, upright = ElementTree.fromstring(rose.draw(shares)).iter("path")
    radii = [float(re.search(r"A([\d.]+)", petal.attrib["d"])[1]) for petal in (level, upright)]  # type: ignore[index]
    assert radii == [rose.RADIUS / 2, rose.RADIUS]
    assert len(re.findall("M", level.attrib["d"])) == 2  # both ends of the axis


def test_forty_five_degrees_rise_to_the_right():
    shares = np.zeros(rose.PETALS)
    shares[3] = 1.0
    (petal,) = ElementTree.fromstring(rose.draw(shares)).iter("path")
    x, y = map(float, re.findall(r"L([\d.]+) ([\d.]+)", petal.attrib["d"])[0])
    angle = np.degrees(np.arctan2(rose.MIDDLE[1] - y, x - rose.MIDDLE[0]))  # y runs down the page
    assert angle == pytest.approx(45 - rose.PETAL_DEG / 2, abs=0.1)


def test_rings_say_their_shares():
    shares = np.zeros(rose.PETALS)
    shares[[2, 5]] = 0.6, 0.4
    text = rose.draw(shares)
    assert ">60 %</text>" in text
    assert ">30 %</text>" in text
    assert "Share of the length of cracks by their direction" in text
