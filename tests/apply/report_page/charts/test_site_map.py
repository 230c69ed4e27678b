"""Maps: positions on a plane, dots, the scale bar and the north."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from crackpipe.apply.report_page.charts import site_map
from crackpipe.apply.report_page.charts.site_map import Place


def place(number: int, length: float = 1.0, target: str = "") -> Place:
    return Place(number, f"photograph {number}", target, length, "class-0")


def test_a_degree_of_latitude_is_111_km_and_one_of_longitude_half_of_it_at_60_north():
    east, north = site_map.metres(np.array([59.5, 60.5]), np.array([10.0, 11.0]))
    assert np.ptp(north) == pytest.approx(111_195)
    assert np.ptp(east) == pytest.approx(111_195 / 2, rel=1e-3)
    assert north[1] > north[0]
    assert east[1] > east[0]


def test_a_site_across_the_date_line_stays_whole():
    east, _ = site_map.metres(np.array([0.0, 0.0]), np.array([179.999, -179.999]))
    assert np.ptp(east) == pytest.approx(0.002 * 111_195)
    assert east[1] > east[0]


def test_north_is_up_and_the_longest_cracks_have_the_largest_dot():
    text = site_map.draw(np.array([52.0, 52.001]), np.array([13.0, 13.0]), [place(1, 1.0), place(2, 4.0, "#photo-2")])
    large, small = ElementTree.fromstring(text).iter("circle")
    assert float(large.attrib["r"]) == site_map.MOST_PX
    assert site_map.DOT_PX < float(small.attrib["r"]) < site_map.MOST_PX
    assert float(large.attrib["cy"]) == site_map.TOP  # the second lies north
    assert float(small.attrib["cy"]) == site_map.BOTTOM
    assert '<a href="#photo-2">' in text
    assert text.count("<a ") == 1


def test_the_scale_bar_is_a_round_number_of_metres_at_the_dots_scale():
    text = site_map.draw(np.array([52.0, 52.0009]), np.array([13.0, 13.0]), [place(1), place(2)])
    (left, right) = re.search(r'class="scale" d="M([\d.]+) [\d.]+V[\d.]+H([\d.]+)', text).groups()  # type: ignore[union-attr]
    scale = (site_map.BOTTOM - site_map.TOP) / (0.0009 * site_map.METRES_A_DEGREE)  # pixels a metre
    assert float(right) - float(left) == pytest.approx(20 * scale, abs=0.02)
    assert ">20 m</text>" in text
    assert ">N</text>" in text


def test_one_place_is_a_dot_in_the_middle():
    text = site_map.draw(np.array([52.0]), np.array([13.0]), [place(1, 0.0)])
    (dot,) = ElementTree.fromstring(text).iter("circle")
    assert float(dot.attrib["cx"]) == (site_map.LEFT + site_map.RIGHT) / 2
    assert "<title>Positions of 1 photograph</title>" in text


def test_numbers_do_not_stand_on_one_another():
    latitude = np.array([52.0, 52.0, 52.001])
    text = site_map.draw(latitude, np.full(3, 13.0), [place(1, 3.0), place(2, 2.0), place(3, 1.0)])
    assert [name in text for name in (">1</text>", ">2</text>", ">3</text>")] == [True, False, True]
