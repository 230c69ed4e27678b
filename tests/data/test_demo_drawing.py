"""Cracks and surfaces of the demo: shapes, widths and lengths as they were asked for."""

import numpy as np
import pytest
from scipy import ndimage

from crackpipe.compute.seeds import generator
from crackpipe.data.demo import crack, surface
from crackpipe.imaging.strokes import Stroke, depth


@pytest.mark.parametrize("topology", crack.TOPOLOGIES)
def test_every_topology_crosses_the_photograph_within_its_width(topology: str) -> None:
    for seed in range(5):
        strokes = crack.TOPOLOGIES[topology](generator(seed), side_px=128, width_px=2.0)
        mask = depth(strokes, side_px=128) >= 0
        assert mask.sum() > 60
        assert all((stroke.widths_px >= 1).all() and (stroke.widths_px <= 8).all() for stroke in strokes)


def test_loop_encloses_an_area() -> None:
    for seed in range(5):
        mask = depth(crack.loop(generator(seed), side_px=128, width_px=2.0), side_px=128) >= 0
        assert (ndimage.binary_fill_holes(mask) & ~mask).sum() > 300


def test_map_cracking_encloses_several_cells() -> None:
    mask = depth(crack.mapped(generator(0), side_px=256, width_px=2.0), side_px=256) >= 0
    assert ndimage.label(~mask)[1] >= 5


def test_branching_crack_is_one_piece() -> None:
    for seed in range(5):
        mask = depth(crack.branching(generator(seed), side_px=256, width_px=3.0), side_px=256) >= 0
        pieces, count = ndimage.label(mask, np.ones((3, 3)))
        # a branch that leaves the frame and comes back is cut off by the border only
        assert np.bincount(pieces.ravel())[1:].max() >= 0.8 * mask.sum(), count


def test_stepped_crack_follows_the_mortar() -> None:
    def bond() -> surface.Bond:
        return surface.brick_bond(generator(3, 0), generator(3, 1))

    strokes = crack.stepped(generator(5), side_px=256, width_px=1.5, bond=bond())
    points = strokes[0].points
    off_bed = (points[:, 0] - bond().row0_px) % bond().course_px
    off_head = (points[:, 1] - bond().col0_px) % (bond().unit_px / 2)
    near_bed = np.minimum(off_bed, bond().course_px - off_bed) < 4
    near_head = np.minimum(off_head, bond().unit_px / 2 - off_head) < 4
    assert (near_bed | near_head).mean() > 0.9  # the rest runs aslant through bricks


def test_measured_length_and_width_count_the_frame_only() -> None:
    strokes = [Stroke(np.array([[5.0, col] for col in range(-20, 41)], float), np.linspace(1, 7, 61))]
    assert crack.length_px(strokes, side_px=21) == pytest.approx(21.0, abs=1.0)
    assert crack.width_px(strokes, side_px=21) == pytest.approx(5.0)
    assert crack.width_px([], side_px=21) == crack.length_px([], side_px=21) == 0


@pytest.mark.parametrize("name", surface.PAINTERS)
def test_surface_is_repeatable_and_within_reflectance(name: str) -> None:
    first, again = (surface.PAINTERS[name](generator(7, 0), generator(7, 1), 96) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.float32
    assert 0.1 < first.mean() < 0.9
    assert first.min() >= 0
    assert first.max() < 1.6
