"""Runs that differ in the segmenters' seed have one row for all."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import results_folder
from results_folder import scores

from crackpipe.errors import CrackpipeError
from crackpipe.results import published_tables, report, trials
from crackpipe.results.cells import Row, TableCell
from crackpipe.results.record import Run

THREE = 2  # "Table 3": networks on the papers' labels
PARAMS = """\
ingest: {{sources: [{{name: crack500, split: own}}]}}
pseudo_label: {{methods: [cam_crf, cam_location]}}
train_segmenter:
  seed: {seed}
  labels: [{labels}]
  unlabelled: []
  unet: {{encoder: lite0, weights: none, width: {width}, steps: 180, batch: 8}}
"""


def of_seed(seed: int | None, *, width: float = 0.25, labels: str = "cam_crf") -> dict[str, object]:
    tree: dict[str, object] = {"seed": seed, "labels": [labels], "unet": {"width": width}}
    return {"train_segmenter": tree}


def write(place: Path, name: str, *, seed: int, ods: float, labels: str = "cam_crf", width: float = 0.25) -> Path:
    figures = {"test": scores(ods, ods, 0.5, 354)}
    params = PARAMS.format(seed=seed, labels=labels, width=width)
    segmentation = {"unet": {label: {"crack500": figures} for label in labels.split(", ")}}
    return results_folder.write(place / name, params=params, segmentation=segmentation)


def test_rows_of_all_seeds_are_one_with_means_and_standard_deviations(tmp_path: Path) -> None:
    folders = [write(tmp_path, "equal", seed=3, ods=0.50), write(tmp_path, "equal_seed4", seed=4, ods=0.54)]
    folders.append(write(tmp_path, "equal_seed5", seed=5, ods=0.55))
    row = next(row for row in published_tables.tables(folders)[THREE].rows if row.run)
    assert (row.run, row.name, row.seeds) == ("equal", "unet, cam_crf labels", 3)
    assert row.cells[0] is not None
    assert row.cells[0].values == pytest.approx((53.0, 53.0, 50.0))
    assert row.cells[0].spreads == pytest.approx((2.6458, 2.6458, 0.0), abs=1e-4)
    assert row.stands_on.endswith("; 3 seeds, ± their standard deviation")
    assert "53.00 ± 2.65 / 53.00 ± 2.65 / 50.00 ± 0.00" in report.report(folders, markdown=False)


def test_a_row_that_only_the_first_run_has_is_of_one_seed(tmp_path: Path) -> None:
    first = write(tmp_path, "equal", seed=3, ods=0.5, labels="cam_crf, cam_location")
    second = write(tmp_path, "equal_seed4", seed=4, ods=0.6)
    rows = {row.name: row for row in published_tables.tables([first, second])[THREE].rows if row.run}
    assert rows["unet, cam_crf labels"].seeds == 2
    assert rows["unet, cam_location labels"].seeds == 1
    assert rows["unet, cam_location labels"].cells[0] == TableCell((50.0, 50.0, 50.0), 354)


def test_figures_that_no_seed_changes_are_of_one_training() -> None:
    rows = [Row(name, "lite0", (TableCell((90.0,), 4),), "a classifier", seeds=1) for name in ("equal", "equal_seed4")]
    assert trials.merged(rows) == rows
    labels = [Row(name, "cam", (TableCell((value,), 4),)) for name, value in (("equal", 1.0), ("equal_seed4", 2.0))]
    assert trials.merged(labels) == labels


def test_a_cell_that_one_seed_lacks_or_that_is_of_other_photographs_is_none() -> None:
    first = Row("a", "unet", (TableCell((1.0,), 4), TableCell((1.0,), 4), TableCell((1.0,), 4)), seeds=1)
    second = Row("a_seed4", "unet", (None, TableCell((1.0,), 5), TableCell((3.0,), 4)), seeds=1)
    [row] = trials.merged([first, second])
    assert row.cells == (None, None, TableCell((2.0,), 4, (math.sqrt(2),)))


def test_a_folders_name_tells_the_group_and_other_names_stand_alone() -> None:
    runs = [Run(name, of_seed(seed), {}) for name, seed in (("b_seed12", 12), ("a", 3), ("b", 3), ("a_seeds", 4))]
    assert [[run.name for run in group] for group in trials.grouped(runs)] == [["b_seed12", "b"], ["a"], ["a_seeds"]]


def test_the_same_seed_twice_is_refused() -> None:
    with pytest.raises(CrackpipeError, match=r"a_seed4: train_segmenter\.seed is 3, as in a; "):
        trials.grouped([Run("a", of_seed(3), {}), Run("a_seed4", of_seed(3), {})])


def test_runs_that_differ_in_more_than_the_seed_are_refused_and_what_is_trained_may_differ() -> None:
    first, other = Run("a", of_seed(3), {}), Run("a_seed4", of_seed(4, width=0.5), {})
    with pytest.raises(CrackpipeError, match=r"a_seed4: differs from a in train_segmenter\.unet\.width; "):
        trials.grouped([first, other])
    fewer = Run("a_seed4", of_seed(4, labels="cam"), {})
    assert trials.grouped([first, fewer]) == [[first, fewer]]
    teacher = Run("a_seed4", {**of_seed(4), "self_label": {"labels": [], "segmenter": "oed"}}, {})
    with pytest.raises(CrackpipeError, match=r"a_seed4: differs from a in self_label\.segmenter; "):
        trials.grouped([first, teacher])
    with pytest.raises(CrackpipeError, match=r"a_seed4: differs from a in processor; "):
        trials.grouped([first, replace(fewer, made_by={"processor": "Abacus 10"})])


def test_a_run_that_repeats_one_of_the_seeds_is_no_row_of_its_own(tmp_path: Path) -> None:
    folders = [write(tmp_path, "equal", seed=3, ods=0.50), write(tmp_path, "equal_seed4", seed=4, ods=0.54)]
    folders.append(write(tmp_path, "other", seed=3, ods=0.50))
    rows = [row for row in published_tables.tables(folders)[THREE].rows if row.run]
    assert [(row.run, row.seeds) for row in rows] == [("equal", 2)]
