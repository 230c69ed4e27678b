"""Lengths, widths and directions of drawn cracks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.drawn_cracks import HAIRLINE_SIDE, SIDE, Drawing, bar, hairline, hard, ring, soft, turned
from crackpipe.measures.geometry import Crack, GeometrySettings, find

PLAIN = GeometrySettings()


def only(confidence: np.ndarray, chosen: GeometrySettings = PLAIN) -> Crack:
    (crack,) = find(confidence, chosen)
    return crack


@pytest.mark.parametrize("draw", [soft, hard])
@pytest.mark.parametrize("width", [2.0, 3.0, 5.0, 10.0, 20.0, 40.0])
def test_a_straight_crack_has_its_length_width_and_direction_at_any_angle(draw: Drawing, width: float) -> None:
    for degrees in (0, 15, 22.5, 45, 60, 90, 105, 135, 170):
        mask = draw(turned(240, width, degrees))
        crack = only(mask)
        assert crack.length_px == pytest.approx(240, rel=0.02), degrees
        expected = width if draw is soft else np.count_nonzero(mask) / 240  # what a mask holds at 45° is not ``width``
        assert crack.geometric.median == pytest.approx(expected, abs=0.3), degrees
        assert crack.geometric.mean == pytest.approx(expected, abs=0.3), degrees
        off = (crack.orientation_deg - degrees) % 180
        assert min(off, 180 - off) < 1
        assert crack.coherence > 0.98
        assert (crack.end_points, crack.branch_points) == (2, 0)
        assert crack.area_px == np.count_nonzero(mask >= 128)


@settings(max_examples=25, deadline=None)
@given(st.floats(2, 40), st.floats(0, 180), st.floats(150, 300))
def test_any_bar_is_within_two_percent_and_a_third_of_a_pixel(width: float, degrees: float, length: float) -> None:
    crack = only(soft(turned(length, width, degrees)))
    assert crack.length_px == pytest.approx(length, rel=0.02)
    assert crack.geometric.median == pytest.approx(width, abs=0.3)


@pytest.mark.parametrize("draw", [soft, hard])
@pytest.mark.parametrize("width", [2.0, 6.0, 20.0])
def test_a_ring_has_no_end_and_its_circumference(draw: Drawing, width: float) -> None:
    crack = only(draw(ring(120, width)))
    assert crack.length_px == pytest.approx(2 * np.pi * 120, rel=0.02)
    assert crack.geometric.median == pytest.approx(width, abs=0.3)
    assert (crack.end_points, crack.branch_points) == (0, 0)
    assert crack.coherence < 0.02


@pytest.mark.parametrize("draw", [soft, hard])
@pytest.mark.parametrize("width", [3.0, 8.0, 20.0])
def test_a_y_has_three_arms_that_meet_once(draw: Drawing, width: float) -> None:
    ends = [(40.0, 200.0), (300.0, 80.0), (300.0, 320.0)]
    crack = only(draw(np.minimum.reduce([bar((200.0, 200.0), end, width) for end in ends])))
    assert crack.length_px == pytest.approx(160 + 2 * np.hypot(100, 120), rel=0.02)
    assert crack.geometric.median == pytest.approx(width, abs=0.3)
    assert (crack.end_points, crack.branch_points, len(crack.lines)) == (3, 1, 3)


@pytest.mark.parametrize("width", [2.0, 4.0, 10.0])
def test_a_comb_has_its_back_and_all_teeth(width: float) -> None:
    teeth = [bar((100.0, col), (180.0, col), width) for col in np.arange(60.0, 350, 40)]
    crack = only(soft(np.minimum.reduce([bar((100.0, 30.0), (100.0, 370.0), width), *teeth])))
    assert crack.length_px == pytest.approx(340 + 80 * len(teeth), rel=0.02)
    assert (crack.end_points, crack.branch_points) == (2 + len(teeth), len(teeth))
    assert crack.geometric.median == pytest.approx(width, abs=0.3)


@pytest.mark.parametrize("draw", [soft, hard])
def test_a_taper_is_widest_at_its_wide_end(draw: Drawing) -> None:
    rows, cols = np.mgrid[:SIDE, :SIDE].astype(float)
    width = 2 + 18 * (cols - 50) / 300
    crack = only(draw(np.maximum(np.abs(rows - 200.2) - width / 2, np.maximum(50 - cols, cols - 350))))
    assert crack.length_px == pytest.approx(300, rel=0.02)
    assert crack.geometric.mean == pytest.approx(11, abs=0.3)
    assert crack.geometric.largest == pytest.approx(20, abs=0.3)
    assert crack.geometric.p95 == pytest.approx(19.1, abs=0.3)
    row, col = crack.geometric.at
    assert abs(row - 200) < 2
    assert col > 340


def test_a_line_one_pixel_wide_is_a_pixel_wide_and_as_long_as_its_pixels() -> None:
    mask = np.zeros((50, 400), bool)
    mask[20, 50:350] = True
    crack = only(mask)
    assert (crack.length_px, crack.geometric.median, crack.area_px) == (pytest.approx(300), pytest.approx(1), 300)
    diagonal = only(np.eye(250, dtype=bool))
    assert diagonal.length_px == pytest.approx(250 * np.sqrt(2), rel=0.02)
    assert diagonal.geometric.median == pytest.approx(np.sqrt(0.5), abs=0.3)
    assert diagonal.orientation_deg == pytest.approx(135, abs=0.5)


def test_a_crack_that_leaves_the_picture_ends_at_its_border() -> None:
    crack = only(hard(bar((200.0, -50.0), (230.0, 500.0), 6.0)))
    assert crack.length_px == pytest.approx(np.hypot(400, 400 * 30 / 550), rel=0.02)
    assert crack.geometric.median == pytest.approx(6, abs=0.3)
    assert crack.box[1::2] == (0, 400)


def test_dashes_are_one_crack_where_gaps_are_bridged_and_the_bridge_has_no_width() -> None:
    dashes = np.maximum(soft(bar((200.0, 40.0), (200.0, 150.0), 4.0)), soft(bar((200.0, 156.0), (200.0, 300.0), 4.0)))
    assert len(find(dashes, PLAIN)) == 2
    crack = only(dashes, GeometrySettings(gap_px=6))
    assert crack.length_px == pytest.approx(260, rel=0.02)  # five pixels lie between
    assert crack.geometric.median == pytest.approx(4, abs=0.3)
    assert np.isnan(np.concatenate(crack.geometric.along)).sum() >= 5
    assert len(find(dashes, GeometrySettings(gap_px=4))) == 2


def test_specks_have_a_size_and_short_ones_are_left_out() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10, 10] = mask[20:22, 5:8] = True
    single, block = find(mask, PLAIN)
    assert (single.length_px, single.geometric.median) == (pytest.approx(1), pytest.approx(1))
    assert (block.length_px, block.geometric.median) == (pytest.approx(3), pytest.approx(2))
    assert find(mask, GeometrySettings(min_length_px=5)) == []


def test_what_is_hardly_longer_than_wide_is_no_crack_unless_it_goes_on_beyond_the_border() -> None:
    rows, cols = np.mgrid[:60, :120]
    stain = np.hypot(rows - 30, cols - 30) < 9
    crack = (abs(rows - 30) < 2) & (cols > 60) & (cols < 110)
    both = stain | crack
    assert len(find(both, GeometrySettings())) == 2
    (found,) = find(both, GeometrySettings(min_elongation=3))
    assert found.box == (29, 61, 32, 110)
    at_border = np.hypot(rows - 30, cols - 4) < 9
    assert len(find(at_border, GeometrySettings(min_elongation=3))) == 1


def test_specks_beside_each_other_that_no_gap_joins_are_cracks_of_their_own() -> None:
    levels = np.zeros((40, 40), np.uint8)
    levels[5, 5] = levels[15, 15] = 255  # nine rows and columns between them, but 13 px
    assert [crack.area_px for crack in find(levels, GeometrySettings(gap_px=10.0))] == [1, 1]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.98])
@pytest.mark.parametrize("gap_px", [0.0, 3.0, 12.0])
def test_noise_of_any_density_is_measured(share: float, gap_px: float) -> None:
    rng = np.random.default_rng(0)
    for shape in ((1, 30), (7, 9), (60, 45)):
        noise = rng.random(shape) < share
        for crack in find(noise, GeometrySettings(gap_px=gap_px), grey=rng.integers(0, 256, shape, dtype=np.uint8)):
            assert crack.length_px > 0
            assert np.isfinite(crack.width.largest)


def test_a_hole_of_a_pixel_is_no_ring() -> None:
    mask = hard(turned(200, 8, 0))
    mask[SIDE // 2, SIDE // 2] = 0
    assert only(mask).length_px == pytest.approx(200, rel=0.02)


def test_cracks_come_in_reading_order_the_same_twice() -> None:
    mask = np.maximum(soft(bar((300.0, 40.0), (310.0, 150.0), 3.0)), soft(bar((50.0, 200.0), (60.0, 390.0), 5.0)))
    first, second = find(mask, PLAIN)
    assert first.box[0] < second.box[0]
    again = find(mask, PLAIN)
    assert [crack.length_px for crack in again] == [first.length_px, second.length_px]
    for crack, other in zip((first, second), again, strict=True):
        np.testing.assert_array_equal(np.concatenate(crack.lines), np.concatenate(other.lines))


def test_a_map_without_a_crack_has_none_and_a_faulty_one_is_refused() -> None:
    assert find(np.zeros((30, 30), np.uint8), PLAIN) == []
    with pytest.raises(ValueError, match=r"confidence: got shape \(3, 3\); expected rows and columns of finite"):
        find(np.full((3, 3), np.nan), PLAIN)
    with pytest.raises(ValueError, match=r"grey: got \(5, 5\) rows and columns; expected the map's \(4, 4\)"):
        find(np.zeros((4, 4)), PLAIN, grey=np.zeros((5, 5), np.uint8))


def photographed(width: float, degrees: float, *, blur: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """A hairline in a plain surface with noise, and a map of it."""
    surface = 170 + np.random.default_rng(0).normal(0, noise, (HAIRLINE_SIDE, HAIRLINE_SIDE))
    return hairline(width, degrees, blur=blur, surface=surface)


@pytest.mark.parametrize("blur", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("degrees", [17, 45, 100])
def test_a_hairline_is_as_wide_as_the_light_that_it_swallows(blur: float, degrees: float) -> None:
    for width in (0.4, 0.8, 1.5, 2.0, 3.0):
        confidence, grey = photographed(width, degrees, blur=blur, noise=5)
        (crack,) = find(confidence, PLAIN, grey=grey)
        assert crack.width_by == "photometric"
        assert crack.photometric is not None
        assert crack.width.median == pytest.approx(width, abs=0.2), width
        assert crack.geometric.median == pytest.approx(3, abs=0.3)


def test_a_bridge_has_no_width_by_darkness_and_black_photographs_give_no_error() -> None:
    dashes = np.maximum(soft(bar((200.0, 40.0), (200.0, 150.0), 3.0)), soft(bar((200.0, 156.0), (200.0, 300.0), 3.0)))
    for level in (0, 120):
        (crack,) = find(dashes, GeometrySettings(gap_px=6), grey=np.full(dashes.shape, level, np.uint8))
        assert crack.photometric is not None
        for geometric, photometric in zip(crack.geometric.along, crack.photometric.along, strict=True):
            assert np.isnan(photometric[np.isnan(geometric)]).all()
        assert crack.photometric.largest == pytest.approx(0, abs=0.01)  # nothing is darker than the surface


def test_a_wide_crack_is_told_by_its_edges_and_without_a_photograph_any_is() -> None:
    confidence, grey = photographed(8.0, 30, blur=0.5, noise=3)
    (crack,) = find(confidence, PLAIN, grey=grey)
    assert crack.width_by == "geometric"
    assert crack.width.median == pytest.approx(8, abs=0.3)
    assert only(confidence).photometric is None


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[3] / "docs/measures.md").read_text(encoding="utf-8")
    confidence, grey = photographed(2.0, 30, blur=0.5, noise=3)
    exec(page.split("```python\n")[1].split("```")[0], {"confidence": confidence, "grey": grey})
    assert capsys.readouterr().out.endswith("'photometric')]\n")
