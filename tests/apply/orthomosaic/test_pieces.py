"""Pieces that hang together across cells, against labels of the whole map at once."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import ndimage

from crackpipe.apply.orthomosaic import pieces, windows
from crackpipe.apply.orthomosaic.raster import Levels
from crackpipe.imaging import images
from crackpipe.measures.geometry import GeometrySettings


@dataclass
class InMemory(Levels):
    """A map that is an array."""

    whole: np.ndarray

    def read(self, rows: slice, cols: slice) -> np.ndarray:
        return self.whole[rows, cols]


def groups(levels: np.ndarray, settings: GeometrySettings) -> list[pieces.Group]:
    return pieces.find(InMemory(levels), height=len(levels), width=levels.shape[1], settings=settings)


def pixels(levels: np.ndarray, found: list[pieces.Group], settings: GeometrySettings) -> set[tuple[int, ...]]:
    """Boxes, numbers of pixels and largest levels of groups."""
    return {
        (*pieces.box_of(group), sum(piece.size for piece in group), max(piece.largest for piece in group))
        for group in found
    }


@pytest.mark.parametrize("gap_px", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_groups_are_those_of_the_whole_map(monkeypatch: pytest.MonkeyPatch, gap_px: float, share: float) -> None:
    monkeypatch.setattr(windows, "CELL_PX", 16)
    rng = np.random.default_rng(int(100 * share))
    for seed in range(5):
        levels = np.where(rng.random((53, 70)) < share, rng.integers(128, 256, (53, 70)), 60).astype(np.uint8)
        settings = GeometrySettings(gap_px=gap_px, certain=0.7, min_length_px=4.0)
        mask = levels >= 128
        wide = images.dilate_disk(mask.astype(np.uint8), radius_px=pieces.reach_px(settings)) > 0 if gap_px else mask
        numbers, count = ndimage.label(wide, np.ones((3, 3)))
        expected = set()
        for number in range(1, count + 1):
            own = mask & (numbers == number)
            rows, cols = np.nonzero(own)
            if levels[own].max() >= 0.7 * 255 and own.sum() >= 4 / np.sqrt(2):
                box = rows.min(), cols.min(), rows.max() + 1, cols.max() + 1
                expected.add((*map(int, box), int(own.sum()), int(levels[own].max())))
        assert pixels(levels, groups(levels, settings), settings) == expected, seed


def test_a_map_without_a_crack_has_no_groups() -> None:
    assert groups(np.zeros((40, 40), np.uint8), GeometrySettings()) == []


def test_cells_that_meet_at_a_corner_are_joined_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "CELL_PX", 16)
    levels = np.zeros((32, 32), np.uint8)
    np.fill_diagonal(levels, 255)
    assert pixels(levels, groups(levels, GeometrySettings()), GeometrySettings()) == {(0, 0, 32, 32, 32, 255)}
    levels = levels[:, ::-1].copy()
    assert len(groups(levels, GeometrySettings())) == 1
