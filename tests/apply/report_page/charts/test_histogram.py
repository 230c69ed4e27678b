"""Histograms: which bar a crack belongs to, and where bars and limits are drawn."""

from xml.etree import ElementTree

import numpy as np
import pytest

from crackpipe.apply.report_page.charts import histogram


def test_lengths_add_up_in_the_bar_whose_lower_edge_a_width_reaches():
    bars = histogram.count(np.array([0.05, 0.1, 0.15, 1.9]), np.array([1.0, 2.0, 4.0, 8.0]))
    assert bars.edges.tolist() == pytest.approx([0.1 * edge for edge in range(21)])
    assert bars.lengths[:2].tolist() == [1, 6]
    assert bars.lengths[-1] == 8
    assert bars.lengths.sum() == 15
    assert not bars.is_open


def test_one_crack_far_wider_than_all_others_does_not_press_them_into_one_bar():
    bars = histogram.count(np.array([1.0, 2.0, 60.0]), np.array([500.0, 500.0, 10.0]))
    assert bars.is_open
    assert bars.edges[-1] < 3
    assert bars.lengths[-1] == 10
    assert bars.lengths.sum() == 1010


def test_a_single_crack_makes_a_histogram():
    bars = histogram.count(np.array([3.0]), np.array([7.0]))
    assert bars.lengths.sum() == 7
    assert bars.edges[0] == 0
    assert bars.edges[-1] > 3


def test_bars_stand_where_the_numbers_say():
    bars = histogram.Bars(np.array([0.0, 1.0, 2.0]), np.array([5.0, 10.0]), is_open=False)
    tree = ElementTree.fromstring(histogram.draw(bars, unit="mm", length_unit="m", limits=[1.5, 9.0]))
    plot_width, plot_height = histogram.RIGHT - histogram.LEFT, histogram.BOTTOM - histogram.TOP
    first, second = (
        {name: float(bar.attrib[name]) for name in ("x", "y", "width", "height")} for bar in tree.iter("rect")
    )
    assert first == {
        "x": histogram.LEFT + 0.5,
        "y": histogram.BOTTOM - plot_height / 2,
        "width": plot_width / 2 - 1,
        "height": plot_height / 2,
    }
    assert second["x"] == histogram.LEFT + plot_width / 2 + 0.5
    assert second["y"] == histogram.TOP
    (limit,) = (line for line in tree.iter("line") if line.attrib["class"] == "limit")  # 9 mm lies outside the plot
    assert float(limit.attrib["x1"]) == histogram.LEFT + 0.75 * plot_width
    texts = [text.text for text in tree.iter("text")]
    assert {"Length, m", "Greatest width of a crack, mm", "1.5 mm", "0", "10"} < set(texts)
    assert [title.text for title in tree.iter("title")][1:] == ["0 to 1 mm: 5.00 m", "1 to 2 mm: 10.0 m"]


def test_the_open_bar_says_so():
    bars = histogram.Bars(np.array([0.0, 1.0, 2.0]), np.array([5.0, 1.0]), is_open=True)
    text = histogram.draw(bars, unit="px", length_unit="px")
    assert ">more</text>" in text
    assert "1 px and more: 1.00 px" in text
