"""The README's six rows."""

from pathlib import Path
from typing import Any

import results_folder
from results_folder import scores

from crackpipe.results import published_tables, summary

SETS = ("crack500", "cfd", "deepcrack")


def on_sets(*ods: float) -> dict[str, Any]:
    return {name: {"test": scores(one, 0.9, one + 0.1, 100)} for name, one in zip(SETS, ods, strict=False)}


def rows(*folders: Path) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in summary.table(folders).splitlines()[2:]]


def plain(cell: str) -> str:
    return cell.replace("**", "")


def test_without_a_run_of_ours_the_papers_best_figures_stand_alone() -> None:
    lines = rows()
    assert len(lines) == 6
    assert [row[1] for row in lines] == [
        "61.31 · 40.80 · 71.01",  # CrackCLIP, CrackCLIP, CAC
        "65.13 · 31.81 · 75.51",  # PWSC, CrackCLIP, CAC
        "67.49 · 43.38 · 66.20",
        "98.98 · 99.88",
        "2.10 · 1.90",
        "1.23 · 28.11",
    ]
    assert lines[0][2] == "– · – · –"


def test_our_row_is_the_segmenter_of_the_highest_mean_and_never_one_trained_on_truth(tmp_path: Path) -> None:
    segmentation = {
        "darkness": {"none": on_sets(0.9, 0.9, 0.9)},
        "oed": {"cam": on_sets(0.99)},  # not on every set
        "unet": {
            "cam": on_sets(0.5, 0.6, 0.7),
            "soft_location": on_sets(0.6, 0.6, 0.7),
            "truth": on_sets(0.8, 0.8, 0.8),
        },
    }
    lines = rows(results_folder.write(tmp_path / "crack500", segmentation=segmentation))
    assert "(unet, soft_location labels)" in lines[0][0]
    assert plain(lines[0][2]) == "60.00 · 60.00 · 70.00"
    assert plain(lines[1][2]) == "70.00 · 70.00 · 80.00"
    assert plain(lines[2][2]) == "80.00 · 80.00 · 80.00"


def test_the_better_figure_of_each_pair_is_bold(tmp_path: Path) -> None:
    segmentation = {"unet": {"cam": on_sets(0.6, 0.408, 0.7102)}}
    lines = rows(results_folder.write(tmp_path / "crack500", segmentation=segmentation))
    assert lines[0][1:] == ["**61.31** · **40.80** · 71.01", "60.00 · **40.80** · **71.02**"]  # worse, equal, better


def test_without_a_figure_on_one_side_none_is_bold() -> None:
    assert not any("**" in cell for row in rows() for cell in row)


def test_captions_stand_before_and_after_tuning_beside_chance(tmp_path: Path) -> None:
    lines = rows(results_folder.write(tmp_path / "captioned", bridge=results_folder.bridge()))
    assert lines[5][0].endswith("(chance 3.20)")  # 0.022 + 0.01
    assert lines[5][1:] == ["1.23 · 28.11", "**14.00** · **44.00**"]


def test_calibration_is_plain_cross_entropys_and_few_labels_are_the_linear_heads(tmp_path: Path) -> None:
    def kinds(ece: float) -> dict[str, dict[str, Any]]:
        return {"none": {"at_home": True, "ece": ece, "f1": 0.5}, "temperature": {"ece": ece / 2}}

    losses = {"aicl": kinds(0.3), "cross_entropy": kinds(0.2)}
    tree = {"tf_efficientnet_lite0": {"crack500": {"crack500": losses}}}
    figures = {"precision": 0.1, "recall": 0.2, "pr_auc": 0.3, "n_test": 9}
    heads = {
        "T1": {"bayesian": {**figures, "f1": 0.9, "n_train": 100}, "linear": {**figures, "f1": 0.7, "n_train": 100}},
        "T5": {"linear": {**figures, "f1": 0.8, "n_train": 10000}},
    }
    lines = rows(results_folder.write(tmp_path / "both", calibration=tree, few_shot=heads))
    assert plain(lines[3][2]) == "70.00 · 80.00"
    assert lines[4][1:] == ["**2.10** · **1.90**", "20.00 · 10.00"]  # of an error the smaller is the better


def test_each_table_is_found_by_the_beginning_of_one_title_alone():
    titles = [(table.source, table.title) for table in published_tables.tables([])]
    for paper, beginning in summary._TABLES.values():
        assert sum(source == paper and title.startswith(beginning) for source, title in titles) == 1
