"""Each published table takes those of our rows that its caption speaks of, and no others."""

import json
from pathlib import Path

import pytest
import results_folder
from results_folder import PARAMS, scores

from crackpipe import compare_tables
from crackpipe.compare_tables import Cell, Row, Table
from crackpipe.errors import CrackpipeError

ONE, TWO, THREE, QUALITY, NETWORKS, ABLATION, SEMI = range(7)
EARLIER = "pseudo_label:\n  method: cam_location\ntrain_segmenter:\n  labels: [pseudo, truth]\n"
A = {"test": scores(0.5461, 0.591, 0.429, 354)}
B = {"test": scores(0.61, 0.62, 0.63, 354)}


def ours(table: Table) -> list[str]:
    return [f"{row.run}: {row.name}" for row in table.rows if row.run]


def published(table: Table) -> dict[str, tuple[Cell | None, ...]]:
    return {row.name: row.cells for row in table.rows if not row.run}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two segmenters on four kinds of labels, and the labels themselves."""
    segmentation = {
        "darkness": {"none": {"crack500": A}},
        "oed": {"cam_location": {"crack500": B}},
        "text_adapters": {
            "cam_crf": {"crack500": A},
            "cam_location": {
                "crack500": A,
                "cfd": {"test": scores(0.4, 0.5, 0.3, 118)},
                "cfd_without_042": {"test": scores(0.41, 0.51, 0.31, 117)},
            },
            "soft_location": {"crack500": A},
            "truth": {"deepcrack": {"test": scores(0.66, 0.727, 0.725, 537)}},
        },
    }
    labels = {
        "cam_location": {"crack500": {"train": scores(0.5, 0.6, 0.4, 1436), **A}},
        "soft_location": {"crack500": {"train": scores(0.6, 0.7, 0.5, 1436)}},
        "darkness": {"crack500": A},
    }
    return results_folder.write(tmp_path / "results/crack500", segmentation=segmentation, pseudo_labels=labels)


def test_published_figures_are_those_of_the_papers() -> None:
    found = compare_tables.tables([])
    assert [len(table.rows) for table in found] == [5, 3, 5, 6, 12, 4, 2]
    assert published(found[ONE])["GPLL"][3] == Cell(65.97, 73.19, 72.28)
    assert published(found[ONE])["PWSC (CRF)"][0] == Cell(56.64, 63.73, 65.13)
    assert published(found[TWO])["CrackCLIP, ground truth (FSV)"][1] == Cell(43.38, 45.19, 35.36)
    assert published(found[THREE])["U-Net, CAM-CRF labels"][1] == Cell(9.09, 16.74, 9.58)
    assert published(found[QUALITY])["GPLL (ResNet-50)"] == (Cell(53.59, 58.39, 43.71),)
    assert published(found[NETWORKS])["OED, ground truth (FSV)"][2] == Cell(29.42, 35.19, 24.32)
    assert published(found[ABLATION])["GPLL, two-class Otsu"] == (Cell(53.75, 61.28, 50.41),)
    assert published(found[SEMI])["OED, GPLL labels, train + test"][3] == Cell(67.81, 75.82, 74.42)


def test_the_two_papers_agree_where_they_print_the_same_figures() -> None:
    """A slip of the pen in one of them would show: CrackCLIP took König et al.'s figures over."""
    found = compare_tables.tables([])
    for ours_name, theirs in [
        ("U-Net", "U-Net"),
        ("DeepCrack1 (Liu)", "DeepCrack (Liu)"),
        ("DeepCrack2 (Zou)", "DeepCrack (Zou)"),
    ]:
        crack500, cfd, deepcrack = published(found[THREE])[f"{ours_name}, CAM-CRF labels"]
        assert published(found[NETWORKS])[f"{theirs}, CRF labels"][:2] == (crack500, cfd)
        assert published(found[NETWORKS])[f"{theirs}, CRF labels"][3] == deepcrack
    for name, labels in [("GPLL", "GPLL"), ("PWSC (CRF)", "CRF")]:
        crack500, cfd, _, deepcrack = published(found[ONE])[name]
        liu = published(found[NETWORKS])[f"DeepCrack (Liu), {labels} labels"]
        assert (liu[0], liu[1], liu[3]) == (crack500, cfd, deepcrack)
    train = published(found[SEMI])["OED, GPLL labels, train"]
    assert train == published(found[NETWORKS])["OED, GPLL labels"]
    assert published(found[ABLATION])["GPLL"] == published(found[QUALITY])["GPLL (ResNet-50)"]


def test_every_row_has_a_cell_for_every_column(run: Path) -> None:
    for table in compare_tables.tables([run]):
        assert {len(row.cells) for row in table.rows} == {len(table.columns)}
        assert table.source in compare_tables.published()["sources"]


def test_tables_one_and_three_to_six_take_every_segmenter_and_the_labels_themselves(run: Path) -> None:
    found = compare_tables.tables([run])
    expected = [
        "crack500: darkness, no training",
        "crack500: oed, cam_location labels",
        "crack500: text_adapters, cam_crf labels",
        "crack500: text_adapters, cam_location labels",
        "crack500: text_adapters, soft_location labels",
        "crack500: text_adapters, ground truth",
        "crack500: cam_location, without a segmenter",
    ]
    assert ours(found[ONE]) == expected
    assert ours(found[NETWORKS]) == expected


def test_figures_are_in_percent_and_a_missing_one_is_none(run: Path) -> None:
    rows = {row.name: row.cells for row in compare_tables.tables([run])[ONE].rows if row.run}
    crack500, cfd, without_042, deepcrack = rows["text_adapters, cam_location labels"]
    assert crack500 is not None
    assert (crack500.ods, crack500.ois, crack500.ap) == pytest.approx((54.61, 59.1, 42.9))
    assert crack500.n == 354
    assert cfd is not None
    assert without_042 is not None
    assert (cfd.n, without_042.n) == (118, 117)
    assert (cfd.ods, without_042.ods) == pytest.approx((40.0, 41.0))
    assert deepcrack is None


def test_table_two_takes_the_text_adapters_and_table_three_the_papers_labels(run: Path) -> None:
    found = compare_tables.tables([run])
    kinds = ["cam_crf labels", "cam_location labels", "soft_location labels", "ground truth"]
    assert ours(found[TWO]) == [f"crack500: text_adapters, {kind}" for kind in kinds]
    assert ours(found[THREE]) == [
        "crack500: oed, cam_location labels",
        "crack500: text_adapters, cam_crf labels",
        "crack500: text_adapters, cam_location labels",
    ]


def test_table_two_of_koenig_takes_labels_on_training_photographs(run: Path) -> None:
    assert ours(compare_tables.tables([run])[QUALITY]) == ["crack500: cam_location", "crack500: soft_location"]


def test_ablations_are_named_by_method_and_variant(tmp_path: Path) -> None:
    train = {"crack500": {"train": scores(0.5, 0.6, 0.4, 1436)}}
    tree = {"cam_location": {"full": train, "two_class_otsu": train}, "soft_location": {"no_darkness": train}}
    run = results_folder.write(tmp_path / "crack500", ablation=tree)
    assert ours(compare_tables.tables([run])[ABLATION]) == [
        "crack500: cam_location, full",
        "crack500: cam_location, two class otsu",
        "crack500: soft_location, no darkness",
    ]


def test_training_on_unlabelled_photographs_stands_beside_train_alone_and_nowhere_else(
    run: Path, tmp_path: Path
) -> None:
    semi = results_folder.write(
        tmp_path / "results/crack500_semi",
        params=PARAMS.format(unlabelled="[val, test]"),
        segmentation={"oed": {"cam_location": {"crack500": A}, "truth": {"crack500": B}}},
    )
    found = compare_tables.tables([run, semi])
    assert ours(found[SEMI]) == [
        "crack500: oed, cam_location labels, train",
        "crack500_semi: oed, cam_location labels, train + val + test",
    ]
    for table in (ONE, TWO, THREE, NETWORKS):
        rows = [name for name in ours(found[table]) if name.startswith("crack500_semi")]
        assert rows == ([] if table in (TWO, THREE) else ["crack500_semi: oed, ground truth"])


@pytest.mark.parametrize("line", ["  unlabelled: null\n", ""])
def test_params_without_unlabelled_mean_train_alone(tmp_path: Path, line: str) -> None:
    run = results_folder.write(
        tmp_path / "r",
        params=f"train_segmenter:\n  epochs: 3\n{line}",
        segmentation={"oed": {"cam_location": {"crack500": A}}},
    )
    assert ours(compare_tables.tables([run])[SEMI]) == ["r: oed, cam_location labels, train"]


def test_a_row_that_runs_share_is_shown_once_and_one_that_differs_twice(run: Path, tmp_path: Path) -> None:
    second = results_folder.write(
        tmp_path / "results/crack500_labels",
        segmentation={
            "oed": {"cam_location": {"crack500": A}},
            "text_adapters": {"cam_crf": {"crack500": A}},
        },
    )
    rows = ours(compare_tables.tables([run, second])[THREE])
    assert rows.count("crack500: text_adapters, cam_crf labels") == 1
    assert "crack500_labels: text_adapters, cam_crf labels" not in rows
    assert rows[-1] == "crack500_labels: oed, cam_location labels"


def test_labels_that_an_earlier_run_calls_pseudo_are_those_of_its_method(tmp_path: Path) -> None:
    segmentation = {"text_adapters": {"pseudo": {"crack500": A}, "truth": {"crack500": B}}}
    run = results_folder.write(tmp_path / "old", params=EARLIER, segmentation=segmentation)
    found = compare_tables.tables([run])
    assert ours(found[TWO]) == ["old: text_adapters, cam_location labels", "old: text_adapters, ground truth"]
    assert ours(found[THREE]) == ["old: text_adapters, cam_location labels"]


def test_a_baseline_that_both_files_hold_has_one_row(run: Path) -> None:
    names = ours(compare_tables.tables([run])[ONE])
    assert [name for name in names if "darkness" in name] == ["crack500: darkness, no training"]


def test_a_column_on_other_photographs_than_the_papers_is_marked(run: Path) -> None:
    found = compare_tables.tables([run])
    expected = "Crack500 test: our rows are on 354 photographs, the paper's on 1124: not the same set."
    assert expected in found[ONE].notes
    assert not any(note.startswith("CFD") for note in found[ONE].notes)
    assert any("1436 photographs, the paper's on 1896" in note for note in found[QUALITY].notes)


def test_a_metric_that_is_not_defined_is_no_cell(tmp_path: Path) -> None:
    undefined = {"test": {"ods": None, "ois": None, "ap": None, "n": 0}}
    tree = {"text_adapters": {"truth": {"cfd": undefined, "crack500": A}}}
    run = results_folder.write(tmp_path / "r", segmentation=tree)
    row = next(row for row in compare_tables.tables([run])[TWO].rows if row.run)
    assert row.cells[0] is not None
    assert row == Row("r", "text_adapters, ground truth", (row.cells[0], None, None))


def test_metrics_without_the_count_are_refused(tmp_path: Path) -> None:
    tree = {"text_adapters": {"truth": {"cfd": {"test": {"ods": 0.1, "ois": 0.1, "ap": 0.1}}}}}
    run = results_folder.write(tmp_path / "crack500", segmentation=tree)
    with pytest.raises(CrackpipeError, match=r"crack500: text_adapters, ground truth: cfd\.test has no 'n'"):
        compare_tables.tables([run])


def test_a_folder_without_a_record_or_params_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match=r"write one with `crackpipe run DATASET --results notes`"):
        compare_tables.tables([tmp_path / "notes"])
    (run / "params.yaml").unlink()
    with pytest.raises(CrackpipeError, match=r"crack500/params\.yaml: is missing"):
        compare_tables.tables([run])


def test_nothing_is_written_into_the_runs(run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*.*")}
    compare_tables.tables([run])
    assert {path: path.read_bytes() for path in run.rglob("*.*")} == before
    assert json.loads((run / "run.json").read_text())["overrides"] == []


def test_a_run_tells_how_long_its_segmenters_were_trained_and_how_its_maps_were_made(tmp_path: Path) -> None:
    own = {"unet": {"steps": 600, "width": 0.5, "weights": "hub"}, "text_adapters": {"epochs": 3}, "oed": {"steps": 1}}
    how = {"scales": [0.5, 1.0], "dark_share": 0.5}
    figures = {"unet": {}, "text_adapters": {}, "darkness": {}}
    params = json.dumps({"train_segmenter": own, "segment": how})
    folder = results_folder.write(tmp_path / "own", params=params, segmentation=figures)
    assert compare_tables.training(folder) == (
        "Trained: unet 600 steps, width 0.5, encoder's weights hub; text_adapters 3 epochs. "
        "Maps at scales 0.5, 1.0, darkness share 0.5."
    )
    (folder / "metrics/segmentation.json").unlink()
    assert compare_tables.training(folder) == ""
