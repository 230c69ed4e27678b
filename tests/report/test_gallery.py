"""The gallery: the photographs it chooses, and pictures that open."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import evaluation, gallery, label_quality
from crackpipe.report.gallery import Tables

Write = Callable[..., Path]
KEY = ("text_adapters", "truth", "demo", "test")
LOCAL = LocalThresholds(window_px=5, niblack_k=0.2, sauvola_k=0.2)


def ranked(count: int) -> pd.DataFrame:
    return pd.DataFrame({"photo_id": [f"demo/{i}" for i in range(count)], "f1": np.linspace(1, 0, count)})


@pytest.mark.parametrize(
    ("count", "rows", "wanted"),
    [
        (9, 2, {"best": [0, 1], "median": [3, 4], "worst": [7, 8]}),
        (9, 1, {"best": [0], "median": [4], "worst": [8]}),
        (4, 2, {"best": [0, 1], "median": [2], "worst": [3]}),
        (3, 3, {"best": [0, 1, 2]}),
        (2, 5, {"best": [0, 1]}),
        (0, 3, {}),
    ],
)
def test_best_median_and_worst_are_chosen_and_none_twice(count: int, rows: int, wanted: dict[str, list[int]]) -> None:
    chosen = gallery.choose(ranked(count), rows=rows)
    found = {rank: group["photo_id"].tolist() for rank, group in chosen.groupby("rank", sort=False)}
    assert found == {rank: [f"demo/{i}" for i in index] for rank, index in wanted.items()}


def test_choosing_leaves_the_ranking_alone() -> None:
    table = ranked(5)
    gallery.choose(table, rows=1)
    assert table.columns.tolist() == ["photo_id", "f1"]


@dataclass(frozen=True)
class Scored:
    """A board of three photographs, and the tables that it was counted from."""

    board: Scoreboard
    tables: Tables


@pytest.fixture
def scored(write_photos: Write, write_masks: Write, write_labels: Write, crack: np.ndarray, tmp_path: Path) -> Scored:
    masks = {f"demo/{i}": np.roll(crack, max(0, i - 1), axis=0) for i in range(3)}
    photos = write_photos(dict.fromkeys(masks, ("test", crack)))
    levels = {name: mask.astype(np.uint8) * np.uint8(255) for name, mask in masks.items()}
    write_masks("text_adapters-truth", levels)
    write_labels("truth", levels)
    write_labels("shifted", {name: np.roll(level, 2, axis=1) for name, level in levels.items()})
    quality = label_quality.score(
        photos,
        tmp_path / "labels",
        methods=[],
        tolerance_px=1,
        keep_px=1,
        local=LOCAL,
        doubtful=[],
        workers=1,
    )
    baselines = quality.baselines
    board = evaluation.evaluate(photos, tmp_path / "masks", expected=[KEY[:2]], baselines=baselines, doubtful=[])
    return Scored(board, Tables(photos, tmp_path / "labels", tmp_path / "masks"))


@pytest.fixture
def drawn(scored: Scored, tmp_path: Path) -> Callable[[str], Path]:
    """Draw a gallery of the photographs, one row for each of best, median and worst."""

    def draw(name: str) -> Path:
        path = tmp_path / "pictures" / name
        gallery.draw(path, scored.board, KEY, scored.tables, rows=1)
        return path

    return draw


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(pixels.astype(int) - colour).max(axis=2) < 60


def test_the_picture_opens_and_has_four_panels_in_each_row(drawn: Callable[[str], Path]) -> None:
    with Image.open(io.BytesIO(drawn("a.jpg").read_bytes())) as picture:
        assert picture.format == "JPEG"
        pixels = np.asarray(picture)
    assert pixels.shape[1] == 4 * gallery.PANEL_PX
    assert pixels.shape[0] > 3 * gallery.PANEL_PX
    column = [np.flatnonzero(near(pixels, colour).any(axis=0)) for colour in gallery.COLOURS.values()]
    for panel, found in enumerate(column, start=1):
        assert found.size > 0
        assert (found // gallery.PANEL_PX == panel).all()
    for colour in gallery.COLOURS.values():
        rows = np.flatnonzero(near(pixels, colour).any(axis=1))
        assert np.count_nonzero(np.diff(rows) > 50) == 2  # three photographs below each other


def test_the_same_run_draws_the_same_bytes(drawn: Callable[[str], Path]) -> None:
    assert drawn("a.jpg").read_bytes() == drawn("b.jpg").read_bytes()


def test_one_picture_has_each_segmenter_and_one_has_all_labels_and_segmenters(scored: Scored, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    trained = [KEY[:2]]
    gallery.draw_test(folder, scored.board, scored.tables, methods=["shifted"], trained=trained, local=LOCAL, rows=1)
    assert sorted(path.name for path in folder.iterdir()) == ["demo-all.jpg", "demo-text_adapters-truth.jpg"]
    with Image.open(folder / "demo-all.jpg") as picture:
        pixels = np.asarray(picture)
    side = gallery.SMALL_PX
    assert pixels.shape[1] == 6 * side  # photograph, ground truth and four thresholds
    assert abs(pixels.shape[0] - 3 * 3 * side) < 100  # of three photographs: itself, two kinds of labels, the segmenter
    near_red = near(pixels, gallery.COLOURS["prediction"])
    assert set(np.flatnonzero(near_red.any(axis=0)) // side) == {1}  # below its labels
    assert np.count_nonzero(np.diff(np.flatnonzero(near_red.any(axis=1))) > side) == 2  # of each photograph
