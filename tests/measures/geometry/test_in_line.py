"""Cracks that go on in line with another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.drawn_cracks import bar, soft
from crackpipe.measures.geometry import GeometrySettings, find, in_line

ACROSS = [[(100.0, 10.0), (100.0, 60.0)]]


def beside(*lines: list[tuple[float, float]]) -> list[list[list[tuple[float, float]]]]:
    return [ACROSS, *([line] for line in lines)]


@pytest.mark.parametrize(
    ("other", "joined"),
    [
        ([(100.0, 80.0), (100.0, 120.0)], 1),  # straight on
        ([(100.0, 120.0), (100.0, 80.0)], 1),  # drawn the other way round
        ([(105.0, 80.0), (115.0, 118.0)], 1),  # bent a little
        ([(100.0, 92.0), (100.0, 120.0)], 0),  # too far
        ([(80.0, 70.0), (120.0, 70.0)], 0),  # across its way
        ([(90.0, 60.0), (90.0, 10.0)], 0),  # beside it
        ([(104.0, 40.0), (104.0, 90.0)], 0),  # overlapping
    ],
)
def test_a_crack_counts_as_a_piece_where_another_goes_on_in_its_direction(
    other: list[tuple[float, float]], joined: int
) -> None:
    assert in_line.surplus(beside(other), reach_px=30) == joined


def test_three_dashes_are_one_crack_and_a_crack_in_line_with_two_joins_both() -> None:
    dashes = [[[(50.0, 40.0 * k), (50.0, 40.0 * k + 20)]] for k in range(3)]
    assert in_line.surplus(dashes, reach_px=24) == 2
    assert in_line.surplus(dashes, reach_px=19) == 0
    fork = beside([(96.0, 80.0), (90.0, 120.0)], [(104.0, 80.0), (110.0, 120.0)])
    assert in_line.surplus(fork, reach_px=30) == 2


def test_no_line_goes_on_where_lines_of_its_own_crack_meet() -> None:
    with_a_branch = [*ACROSS, [(100.0, 60.0), (70.0, 75.0)], [(100.0, 60.0), (130.0, 75.0)]]
    assert in_line.surplus([with_a_branch, [[(100.0, 80.0), (100.0, 120.0)]]], reach_px=30) == 0


def test_none_and_one_and_a_ring_have_no_surplus() -> None:
    turn = np.linspace(0, 2 * np.pi, 50)
    ring = [np.stack([100 + 20 * np.sin(turn), 100 + 20 * np.cos(turn)], axis=1)]
    assert [in_line.surplus(cracks, reach_px=50) for cracks in ([], [ACROSS], [ring, ring])] == [0, 0, 0]


@given(st.floats(0, 360), st.floats(5, 29), st.randoms())
def test_a_gap_counts_in_any_direction_and_in_any_order(degrees: float, gap_px: float, random: object) -> None:
    forward = np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    pieces = [[np.stack([start * forward, (start + 40) * forward])] for start in (0.0, 40 + gap_px)]
    random.shuffle(pieces)  # type: ignore[attr-defined]
    assert in_line.surplus(pieces, reach_px=30) == 1


def test_drawn_dashes_that_no_bridge_has_joined_are_told() -> None:
    dashes = [bar((200.0, 40.0 + 90 * k), (200.0, 100.0 + 90 * k), 4.0) for k in range(3)]
    mask = soft(np.minimum.reduce(dashes))
    found = find(mask, GeometrySettings(gap_px=12))
    assert len(found) == 3
    assert in_line.surplus([crack.lines for crack in found], reach_px=in_line.WIDER * 12) == 2
    assert len(find(mask, GeometrySettings(gap_px=36))) == 1
