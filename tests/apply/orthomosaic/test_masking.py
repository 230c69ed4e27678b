"""Maps of confidence window by window: against the whole at once, with borders, stopped and gone on with."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rasterio")

from drawn_maps import wall, write

from crackpipe.apply.orthomosaic import masking, raster, windows
from crackpipe.apply.orthomosaic.masking import Segment, Work

Small = Callable[[np.ndarray], np.ndarray]


def darkness(rgb: np.ndarray) -> np.ndarray:
    """A segmenter that looks at single pixels."""
    return 255 - rgb[..., 0]


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WINDOW_PX", 64)
    monkeypatch.setattr(windows, "OVERLAP_PX", 16)


def masked(path: Path, segment: Segment, work: Work) -> np.ndarray:
    with raster.opened(path) as mosaic:
        masking.mask(mosaic, segment, work, what="map")
        grid = mosaic.grid
    with raster.levels_file(work.confidence) as levels:
        return levels.read(slice(0, grid.height), slice(0, grid.width))


def test_windows_of_a_segmenter_that_sees_single_pixels_leave_no_trace(tmp_path: Path) -> None:
    picture = wall(150, 203)
    found = masked(write(tmp_path / "map.tif", picture), darkness, Work(tmp_path / "work", "key"))
    assert np.array_equal(found, darkness(picture))


def test_windows_that_disagree_fade_into_each_other(tmp_path: Path) -> None:
    levels = iter(range(0, 256, 20))
    found = masked(
        write(tmp_path / "map.tif", wall(150, 203)),
        lambda rgb: np.full(rgb.shape[:2], next(levels), np.uint8),
        Work(tmp_path / "work", "key"),
    ).astype(int)
    assert np.abs(np.diff(found, axis=0)).max() <= 9  # the windows of a row differ by 20, of a column by 100
    assert np.abs(np.diff(found, axis=1)).max() <= 2


def test_outside_has_no_confidence_and_its_windows_cost_no_network(tmp_path: Path) -> None:
    inside = np.zeros((150, 203), bool)
    inside[20:40, 15:45] = True
    picture = np.where(inside[..., None], wall(150, 203), np.uint8(0))
    seen = []

    def segment(rgb: np.ndarray) -> np.ndarray:
        seen.append(rgb)
        return darkness(rgb)

    path = write(tmp_path / "map.tif", np.dstack([picture, inside * np.uint8(255)]), alpha=True)
    found = masked(path, segment, Work(tmp_path / "work", "key"))
    assert np.array_equal(found, np.where(inside, darkness(picture), 0))
    assert len(seen) == 1
    assert seen[0].min() > 100  # no dark border


def test_what_is_outside_takes_the_colour_around_it() -> None:
    image = np.zeros((64, 200, 3), np.uint8)
    inside = np.zeros((64, 200), bool)
    image[:, :50], image[:, 150:] = (200, 100, 50), (10, 20, 30)
    inside[:, :50] = inside[:, 150:] = True
    found = masking.surrounded(image, inside)
    assert np.array_equal(found[inside], image[inside])
    assert np.abs(found[32, 60].astype(int) - (200, 100, 50)).max() <= 1
    assert np.abs(found[32, 140].astype(int) - (10, 20, 30)).max() <= 1


@pytest.mark.parametrize("stop_at", [1, 3, 4, 5, 8, 12])
def test_a_run_that_was_stopped_goes_on_at_its_row_and_gives_the_same(tmp_path: Path, stop_at: int) -> None:
    path = write(tmp_path / "map.tif", wall(150, 203))
    calls = 0

    def segment(rgb: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls == stop_at:
            raise KeyboardInterrupt
        return darkness(rgb) // 2 + np.uint8(rgb[0, 0, 0] % 40)  # windows differ

    work = Work(tmp_path / "work", "key")
    with pytest.raises(KeyboardInterrupt):
        masked(path, segment, work)
    again = masked(path, segment, work)
    assert calls == 12 + (stop_at - 1) % 4 + 1  # three rows of four, and what was lost of one
    assert np.array_equal(again, masked(path, segment, Work(tmp_path / "other", "key")))


def test_a_run_of_another_key_begins_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", wall(150, 203))
    masked(path, darkness, Work(tmp_path / "work", "key"))
    found = masked(path, lambda rgb: np.zeros(rgb.shape[:2], np.uint8), Work(tmp_path / "work", "other"))
    assert not found.any()
