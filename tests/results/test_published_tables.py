"""Each published table takes those of our rows that its caption speaks of, and no others."""

import json
from pathlib import Path

import pytest
import results_folder
from results_folder import PARAMS, scores

from crackpipe.errors import CrackpipeError
from crackpipe.results import published_tables
from crackpipe.results.cells import TableCell
from crackpipe.results.published_tables import Table

ONE, TWO, THREE, PATCHES, QUALITY, NETWORKS, ABLATION, SEMI, MIXED, HEADS, RETRIEVAL, MATCHES = range(12)
EARLIER = """\
ingest: {sources: [{name: crack500, split: own}]}
pseudo_label: {method: cam_location}
train_segmenter: {labels: [pseudo, truth]}
"""
A = {"test": scores(0.5461, 0.591, 0.429, 354)}
B = {"test": scores(0.61, 0.62, 0.63, 354)}


def ours(table: Table) -> list[str]:
    return [f"{row.run}: {row.name}" for row in table.rows if row.run]


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


def test_every_row_has_a_cell_for_every_column(run: Path) -> None:
    for table in published_tables.tables([run]):
        assert all(len(row.cells) == len(table.columns) for row in table.rows)
        assert table.source in published_tables.published()["sources"]


def test_tables_one_and_three_to_six_take_every_segmenter_and_the_labels_themselves(run: Path) -> None:
    tables = published_tables.tables([run])
    expected = [
        "crack500: darkness, no training",
        "crack500: oed, cam_location labels",
        "crack500: text_adapters, cam_crf labels",
        "crack500: text_adapters, cam_location labels",
        "crack500: text_adapters, soft_location labels",
        "crack500: text_adapters, ground truth",
        "crack500: cam_location, without a segmenter",
    ]
    assert ours(tables[ONE]) == expected
    assert ours(tables[NETWORKS]) == expected


def test_figures_are_in_percent_and_a_missing_one_is_none(run: Path) -> None:
    rows = {row.name: row.cells for row in published_tables.tables([run])[ONE].rows if row.run}
    crack500, cfd, without_042, deepcrack = rows["text_adapters, cam_location labels"]
    assert crack500 is not None
    assert crack500.values == pytest.approx((54.61, 59.1, 42.9))
    assert crack500.n == 354
    assert cfd is not None
    assert without_042 is not None
    assert (cfd.n, without_042.n) == (118, 117)
    assert (cfd.values[0], without_042.values[0]) == pytest.approx((40.0, 41.0))
    assert deepcrack is None


def test_table_two_takes_the_text_adapters_and_table_three_the_papers_labels(run: Path) -> None:
    tables = published_tables.tables([run])
    kinds = ["cam_crf labels", "cam_location labels", "soft_location labels", "ground truth"]
    assert ours(tables[TWO]) == [f"crack500: text_adapters, {kind}" for kind in kinds]
    assert ours(tables[THREE]) == [
        "crack500: oed, cam_location labels",
        "crack500: text_adapters, cam_crf labels",
        "crack500: text_adapters, cam_location labels",
    ]


def test_table_two_of_koenig_takes_labels_on_training_photographs(run: Path) -> None:
    assert ours(published_tables.tables([run])[QUALITY]) == ["crack500: cam_location", "crack500: soft_location"]


def labels_run(folder: Path, seconds: dict[str, float]) -> Path:
    """A run of 1 500 photographs whose labels by three methods were scored."""
    labels = {name: {"crack500": {"train": scores(0.5, 0.6, 0.4, 1000)}} for name in ("cam_location", "otsu", "cam")}
    counts = {"photos": 1000, "masks": 1000, "rejected": 7}
    ingest = {
        "crack500": {"train": counts, "test": counts | {"photos": 400}},
        "cfd": {"test": counts | {"photos": 100}},
    }
    return results_folder.write(folder, seconds=seconds, pseudo_labels=labels, ingest=ingest)


def speeds(run: Path) -> dict[str, list[float | None]]:
    rows = [row for row in published_tables.tables([run])[QUALITY].rows if row.run]
    return {row.name: [cell and pytest.approx(cell.values[0]) for cell in row.cells[1:]] for row in rows}


@pytest.mark.parametrize("maps", ["localisation_maps", "evidence"])  # as earlier runs call it
def test_labels_are_told_with_images_per_second_of_their_stages(tmp_path: Path, maps: str) -> None:
    run = labels_run(tmp_path / "r", {maps: 290.0, "pseudo_label@cam_location": 10.0, "pseudo_label@cam": 2.5})
    assert speeds(run) == {
        "cam_location": [5.0, 150.0],
        "otsu": [None, None],
        "cam": [pytest.approx(1500 / 292.5), 600.0],
    }


def test_without_the_seconds_of_the_maps_the_labels_stage_is_told_alone(tmp_path: Path) -> None:
    assert speeds(labels_run(tmp_path / "r", {"pseudo_label@cam_location": 10.0}))["cam_location"] == [None, 150.0]


def test_of_runs_with_equal_labels_the_first_is_shown_however_fast(tmp_path: Path) -> None:
    runs = [labels_run(tmp_path / name, {"pseudo_label@cam": second}) for name, second in (("a", 1.0), ("b", 2.0))]
    assert {row.run for row in published_tables.tables(runs)[QUALITY].rows} == {"", "a"}


def test_labels_that_were_scored_on_other_photographs_are_not_told_by_their_speed(tmp_path: Path) -> None:
    run = results_folder.write(
        tmp_path / "r",
        seconds={"pseudo_label@cam": 1.0},
        pseudo_labels={"cam": {"demo": {"train": scores(0.5, 0.6, 0.4, 9)}}},
        ingest={"demo": {"train": {"photos": 9}}},
    )
    assert speeds(run) == {}


def test_ablations_are_named_by_method_and_variant(tmp_path: Path) -> None:
    train = {"crack500": {"train": scores(0.5, 0.6, 0.4, 1436)}}
    tree = {"cam_location": {"full": train, "two_class_otsu": train}, "soft_location": {"no_darkness": train}}
    run = results_folder.write(tmp_path / "crack500", ablation=tree)
    assert ours(published_tables.tables([run])[ABLATION]) == [
        "crack500: cam_location, full",
        "crack500: cam_location, two class otsu",
        "crack500: soft_location, no darkness",
    ]


def test_changed_adapters_are_rows_of_their_own_without_published_ones(tmp_path: Path) -> None:
    params = PARAMS.format(unlabelled="[]") + "ablate_adapters:\n  labels: cam_location\n"
    tree = {"no_edge": {"crack500": scores(0.5, 0.6, 0.4, 354)}, "crack": {"cfd": scores(0.3, 0.4, 0.2, 118)}}
    run = results_folder.write(tmp_path / "adapters", params=params, adapters=tree)
    table = published_tables.tables([run])[-1]
    assert ours(table) == [
        "adapters: text_adapters, cam_location labels, no edge",
        "adapters: text_adapters, cam_location labels, crack",
    ]
    assert table.rows[1].cells == (None, TableCell((30.0, 40.0, 20.0), 118), None)
    assert len(table.rows) == 2
    assert table.notes[0] == "As Figure 5 of Liang et al. 2025."


def test_training_on_unlabelled_photographs_stands_beside_train_alone_and_nowhere_else(
    run: Path, tmp_path: Path
) -> None:
    semi = results_folder.write(
        tmp_path / "results/crack500_semi",
        params=PARAMS.format(unlabelled="[val, test]"),
        segmentation={"oed": {"cam_location": {"crack500": A}, "truth": {"crack500": B}}},
    )
    tables = published_tables.tables([run, semi])
    assert ours(tables[SEMI]) == [
        "crack500: oed, cam_location labels, train",
        "crack500_semi: oed, cam_location labels, train + val + test",
    ]
    for table in (ONE, TWO, THREE, NETWORKS):
        rows = [name for name in ours(tables[table]) if name.startswith("crack500_semi")]
        assert rows == ([] if table in (TWO, THREE) else ["crack500_semi: oed, ground truth"])


def test_table_nine_takes_runs_that_were_trained_on_its_sources_and_the_other_tables_those_on_crack500(
    run: Path, tmp_path: Path
) -> None:
    sources = "{name: deepcrack, split: own}, {name: cfd, split: '71:0:47'}, {name: ael, split: '38:0:20'}"
    mixed = results_folder.write(
        tmp_path / "results/mixed",
        params=f"ingest: {{sources: [{sources}]}}\ntrain_segmenter: {{}}\n",
        segmentation={"oed": {"cam_location": {"deepcrack": A, "ael": B}}},
    )
    tables = published_tables.tables([run, mixed])
    assert ours(tables[MIXED]) == ["mixed: oed, cam_location labels"]
    assert [cell is not None for cell in tables[MIXED].rows[-1].cells] == [False, True, False, True]
    for table in (ONE, TWO, THREE, NETWORKS, SEMI):
        assert not [name for name in ours(tables[table]) if name.startswith("mixed")]


def test_a_run_that_was_only_tested_on_a_source_was_not_trained_on_it(tmp_path: Path) -> None:
    sources = "{name: deepcrack, split: own}, {name: cfd, split: '0:0:1'}, {name: ael, split: train}"
    tested = results_folder.write(
        tmp_path / "tested",
        params=f"ingest: {{sources: [{sources}]}}\ntrain_segmenter: {{}}\n",
        segmentation={"oed": {"cam_location": {"deepcrack": A}}},
    )
    assert ours(published_tables.tables([tested])[MIXED]) == []


@pytest.mark.parametrize("line", ["  unlabelled: null\n", ""])
def test_params_without_unlabelled_mean_train_alone(tmp_path: Path, line: str) -> None:
    run = results_folder.write(
        tmp_path / "r",
        params=f"ingest: {{sources: [{{name: crack500, split: '3:1:1'}}]}}\ntrain_segmenter:\n  epochs: 3\n{line}",
        segmentation={"oed": {"cam_location": {"crack500": A}}},
    )
    assert ours(published_tables.tables([run])[SEMI]) == ["r: oed, cam_location labels, train"]


def test_a_row_that_runs_share_is_shown_once_and_one_that_differs_twice(run: Path, tmp_path: Path) -> None:
    second = results_folder.write(
        tmp_path / "results/crack500_labels",
        segmentation={
            "oed": {"cam_location": {"crack500": A}},
            "text_adapters": {"cam_crf": {"crack500": A}},
        },
    )
    rows = ours(published_tables.tables([run, second])[THREE])
    assert rows.count("crack500: text_adapters, cam_crf labels") == 1
    assert "crack500_labels: text_adapters, cam_crf labels" not in rows
    assert rows[-1] == "crack500_labels: oed, cam_location labels"


def test_labels_that_an_earlier_run_calls_pseudo_are_those_of_its_method(tmp_path: Path) -> None:
    segmentation = {"text_adapters": {"pseudo": {"crack500": A}, "truth": {"crack500": B}}}
    run = results_folder.write(tmp_path / "old", params=EARLIER, segmentation=segmentation)
    tables = published_tables.tables([run])
    assert ours(tables[TWO]) == ["old: text_adapters, cam_location labels", "old: text_adapters, ground truth"]
    assert ours(tables[THREE]) == ["old: text_adapters, cam_location labels"]


def test_a_baseline_that_both_files_hold_has_one_row(run: Path) -> None:
    names = ours(published_tables.tables([run])[ONE])
    assert [name for name in names if "darkness" in name] == ["crack500: darkness, no training"]


def test_a_column_on_other_photographs_than_the_papers_is_marked(run: Path) -> None:
    tables = published_tables.tables([run])
    expected = "Crack500 test: 354 photographs, the paper's 1124"
    assert {row.incomparable for row in tables[ONE].rows if row.cells[0] and row.run} == {expected}
    assert not any("CFD" in row.incomparable for row in tables[ONE].rows)
    assert not any(row.incomparable for row in tables[ONE].rows if not row.run)
    assert any("1436 photographs, the paper's 1896" in row.incomparable for row in tables[QUALITY].rows)


def test_columns_on_equally_many_other_photographs_share_a_phrase_that_names_the_source(tmp_path: Path) -> None:
    folder = results_folder.write(tmp_path / "captioned", bridge=results_folder.bridge())
    tables = published_tables.tables([folder])
    assert tables[HEADS].rows[-1].incomparable == (
        "soundness, damage: 180 photographs, the card's 2679; location: 170 photographs, the card's 2679"
    )
    every = "I→T R@1, I→T R@10, T→I R@1, T→I R@10"
    assert tables[RETRIEVAL].rows[-1].incomparable.startswith(f"{every}: 180 photographs, the card's")


def test_the_majority_and_chance_have_one_row_for_all_encoders(tmp_path: Path) -> None:
    folder = results_folder.write(tmp_path / "captioned", bridge=results_folder.bridge())
    tables = published_tables.tables([folder])
    heads = ["base, k-NN", "base, linear", "tuned, k-NN", "tuned, linear", "majority"]
    assert ours(tables[HEADS]) == [f"captioned: {name}" for name in heads]
    for table in (RETRIEVAL, MATCHES):
        assert ours(tables[table]) == [f"captioned: {name}" for name in ("base", "tuned", "chance")]


def test_a_metric_that_is_not_defined_is_no_cell(tmp_path: Path) -> None:
    undefined = {"test": {"ods": None, "ois": None, "ap": None, "n": 0}}
    tree = {"text_adapters": {"truth": {"cfd": undefined, "crack500": A}}}
    run = results_folder.write(tmp_path / "r", segmentation=tree)
    row = next(row for row in published_tables.tables([run])[TWO].rows if row.run)
    assert row.cells[0] is not None
    assert row.cells[1:] == (None, None)


def test_metrics_without_the_count_are_refused(tmp_path: Path) -> None:
    tree = {"text_adapters": {"truth": {"cfd": {"test": {"ods": 0.1, "ois": 0.1, "ap": 0.1}}}}}
    run = results_folder.write(tmp_path / "crack500", segmentation=tree)
    with pytest.raises(CrackpipeError, match=r"crack500: text_adapters, ground truth: cfd\.test has no 'n'"):
        published_tables.tables([run])


def test_nothing_is_written_into_the_runs(run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*.*")}
    published_tables.tables([run])
    assert {path: path.read_bytes() for path in run.rglob("*.*")} == before
    assert json.loads((run / "run.json").read_text())["overrides"] == []
