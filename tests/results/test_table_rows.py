"""Rows of captioned photographs under the model card's; those of masks are tested with the papers' tables."""

from typing import Any

import pytest
import results_folder

from crackpipe.errors import CrackpipeError
from crackpipe.results import published_tables, table_rows
from crackpipe.results.cells import Row
from crackpipe.results.record import Run

HEADS, RETRIEVAL, MATCHES = 0, 1, 2


def rows(tree: Any, table: int) -> list[Row]:
    """Those that a table of the card takes of a run with this ``metrics/bridge.json``."""
    card = [entry for entry in published_tables.published()["tables"] if entry["source"] == "BridgeCLIP model card"]
    run = Run("captioned", {}, {} if tree is None else {"bridge": tree})
    return list(table_rows.rows(run, ours=card[table]["ours"], columns=card[table]["columns"]))


def figures(row: Row) -> list[float | None]:
    return [None if cell is None else round(cell.values[0], 6) for cell in row.cells]


def counts(row: Row) -> list[int | None]:
    return [None if cell is None else cell.n for cell in row.cells]


def test_heads_are_rows_by_encoder_and_tasks_are_columns() -> None:
    ours = {row.name: figures(row) for row in rows(results_folder.bridge(), HEADS)}
    assert ours == {
        "base, k-NN": [20, None, 21, 22, 21],
        "base, linear": [30, None, 31, 32, 31],
        "tuned, k-NN": [50, None, 51, 52, 51],
        "tuned, linear": [60, None, 61, 62, 61],
        "majority": [5, None, 6, 7, 6],
    }


def test_retrieval_goes_both_ways_by_the_first_and_by_ten() -> None:
    ours = {row.name: figures(row) for row in rows(results_folder.bridge(), RETRIEVAL)}
    assert ours == {"base": [11, 12, 13, 14], "tuned": [41, 42, 43, 44], "chance": [2.1, 3.1, 2.2, 3.2]}


def test_attribute_matches_are_those_of_texts_that_ask_for_images() -> None:
    ours = {row.name: figures(row) for row in rows(results_folder.bridge(), MATCHES)}
    assert ours == {"base": [40, None, 41, 42], "tuned": [70, None, 71, 72], "chance": [35, None, 36, 37]}


def test_cells_stand_on_photographs_with_the_label_or_with_a_caption() -> None:
    tree = results_folder.bridge()
    assert counts(rows(tree, HEADS)[0]) == [180, None, 180, 170, None]
    assert {tuple(counts(row)) for row in rows(tree, RETRIEVAL)} == {(180, 180, 180, 180)}
    assert counts(rows(tree, MATCHES)[-1]) == [180, None, 180, 170]


def test_a_run_that_tells_no_numbers_has_cells_without() -> None:
    tree = {
        name: {key: scores[key] for key in scores if key != "n"} for name, scores in results_folder.bridge().items()
    }
    assert figures(rows(tree, RETRIEVAL)[0]) == [11, 12, 13, 14]
    assert counts(rows(tree, RETRIEVAL)[0]) == [None] * 4


def test_a_task_that_is_not_in_the_tree_is_no_cell() -> None:
    tree = results_folder.bridge()
    del tree["base"]["knn"]["location"]
    assert figures(rows(tree, HEADS)[0]) == [20, None, 21, None, 21]


def test_one_encoder_alone_has_its_rows_and_the_majority() -> None:
    tree = {"tuned": results_folder.bridge()["tuned"]}
    assert [row.name for row in rows(tree, HEADS)] == ["tuned, k-NN", "tuned, linear", "majority"]
    assert [row.name for row in rows(tree, MATCHES)] == ["tuned", "chance"]


@pytest.mark.parametrize(
    "tree",
    [None, {}, {"base": {"absent": {"retrieval": "no photograph of test has a caption"}, "n": {"captioned": 0}}}],
)
def test_photographs_without_captions_have_no_rows(tree: Any) -> None:
    assert [rows(tree, table) for table in (HEADS, RETRIEVAL, MATCHES)] == [[], [], []]


def test_a_figure_that_is_no_number_is_refused() -> None:
    tree = results_folder.bridge()
    tree["tuned"]["retrieval"]["image_to_text"]["r10"] = [0.4, 180]
    with pytest.raises(
        CrackpipeError, match=r"captioned: tuned: image_to_text\.r10 is \[0\.4, 180\]; expected a number from 0 to 1"
    ):
        rows(tree, RETRIEVAL)


def few_labels(table: str) -> list[Row]:
    """Rows that a table of Crack-CLIP takes of a run with two subsets."""
    entry = next(one for one in published_tables.published()["tables"] if one["source"] == "Zhang and Liu 2025"
                 and one["table"] == table)  # fmt: skip
    figures = {"precision": 0.7, "recall": 0.8, "f1": 0.75, "pr_auc": None, "n_test": 60}
    tree = {
        "T0": {"zero_shot": figures | {"n_train": 0}},
        "T1": {
            "bayesian": figures | {"n_train": 4},
            "knn": figures | {"n_train": 4},
            "linear": figures | {"n_train": 4},
        },
    }
    run = Run("few_shot", {}, {"few_shot": tree})
    return list(table_rows.rows(run, ours=entry["ours"], columns=entry["columns"]))


def test_heads_on_few_labels_are_rows_by_subset() -> None:
    assert [row.name for row in few_labels("Table 2")] == ["zero_shot, T0 (0)", "linear, T1 (4)"]
    rows = few_labels("Table 3")
    assert [row.name for row in rows] == ["linear, T1 (4)", "bayesian, T1 (4)"]
    assert figures(rows[0]) == [70, 80, 75, None]
    assert counts(rows[0]) == [60, 60, 60, None]


def test_the_classifier_is_a_row_whose_cells_are_sources_of_the_test() -> None:
    """König et al., Table I: F1, precision and recall of Crack500's test patches, not of all sources' together."""
    (entry,) = [one for one in published_tables.published()["tables"] if one["ours"]["metrics"] == "classifier"]
    scores = {"f1": 0.9, "precision": 0.8, "recall": None, "n": 70}
    tree = {"test": {"f1": 0.1, "sources": {"crack500": scores | {"recall": 0.95}, "cfd": scores}}}
    params = {"train_classifier": {"backbone": "resnet50"}}
    (row,) = table_rows.rows(
        Run("crack500", params, {"classifier": tree}), ours=entry["ours"], columns=entry["columns"]
    )
    assert (row.name, counts(row)) == ("resnet50", [70, None, None])
    assert row.cells[0] is not None
    assert row.cells[0].values == pytest.approx((90, 80, 95))
    assert not list(table_rows.rows(Run("few_shot", {}, {}), ours=entry["ours"], columns=entry["columns"]))


def calibrated(kinds: dict[str, float]) -> dict[str, Any]:
    names = ("auc", "accuracy", "sensitivity", "specificity", "f1")
    return {kind: {**dict.fromkeys(names, 0.9), "ece": ece, "n": 40} for kind, ece in kinds.items()}


def test_losses_are_rows_by_backbone_and_sources_and_the_sources_tested_on_are_columns() -> None:
    tested = {"crack500": {"aicl": calibrated({"none": 0.02, "temperature": 0.01})}}
    run = Run("calibration", {}, {"calibration": {"lite": {"deepcrack": tested}}})
    tables = [entry for entry in published_tables.published()["tables"] if entry["source"] == "Chen et al. 2025"]
    ours = [list(table_rows.rows(run, ours=entry["ours"], columns=entry["columns"])) for entry in tables]
    assert [row.name for row in ours[1]] == ["lite, aicl, trained on deepcrack"]
    assert [cell and cell.values for cell in ours[1][0].cells] == [None, None, (90, 90, 90, 90, 90, 2), None]
    assert [row.name for row in ours[2]] == [
        "lite, aicl, trained on deepcrack",
        "lite, aicl, trained on deepcrack, temperature",
    ]
    assert [cell.values for cell in ours[2][1].cells if cell] == [(1,)]


def test_each_share_of_the_captions_is_a_row_by_its_number_of_pairs() -> None:
    common = {"n": 84, "share": 0.1, "best_epoch": 4, "val_loss": 2.5}
    points = [
        {**common, "series": "test: image to text", "r10": 0.2},
        {**common, "series": "val: image to text", "r10": 0.9},
        {"n": 840, "share": 1.0, "series": "test: text to image", "r10": 0.4},  # as earlier runs wrote it
    ]
    (entry,) = [one for one in published_tables.published()["tables"] if one["ours"]["metrics"] == "caption_scaling"]
    found = table_rows.rows(Run("r", {}, {"caption_scaling": points}), ours=entry["ours"], columns=entry["columns"])
    assert {row.name: figures(row) for row in found} == {
        "84 pairs": [4, 2.5, 20, None],
        "840 pairs": [None, None, None, 40],
    }
