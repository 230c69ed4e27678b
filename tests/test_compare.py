import json
from pathlib import Path

import pytest

from crackpipe import compare
from crackpipe.errors import CrackpipeError

ROOT = Path(__file__).parents[1]
MACHINE = {"processor": "Abacus 9", "cores": 2, "memory_gib": 8, "gpu": None, "python": "3.11.7", "torch": "2.15.0"}


def scores(ods: float, ois: float, ap: float, n: int) -> dict:
    return {"ods": ods, "ois": ois, "ap": ap, "ods_pooled": 0.0, "threshold": 0.5, "n": n}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "crack500"
    (folder / "metrics").mkdir(parents=True)
    record = {"date": "2026-11-21T10:00:00Z", "commit": "0123456789abcdef", "dirty": False, "machine": MACHINE}
    (folder / "run.json").write_text(json.dumps({**record, "seconds": {}, "total_seconds": 5400.0}))
    segmentation = {
        "text_adapters": {
            "pseudo": {
                "crack500": {"test": scores(0.5461, 0.591, 0.429, 354)},
                "cfd": {"test": scores(0.4, 0.5, 0.3, 118)},
            },
            "truth": {"deepcrack": {"test": scores(0.66, 0.727, 0.725, 537)}},
        }
    }
    labels = {
        "cam_location": {"crack500": {"train": scores(0.5, 0.6, 0.4, 1436), "test": scores(0.51, 0.61, 0.41, 354)}},
        "otsu": {"cfd": {"val": scores(0.1, 0.2, 0.3, 4)}},
    }
    (folder / "metrics/segmentation.json").write_text(json.dumps(segmentation))
    (folder / "metrics/pseudo_labels.json").write_text(json.dumps(labels))
    return folder


def test_published_rows_are_those_of_the_papers():
    segmentation, labels = compare.tables([])
    rows = {row.name: row.cells for row in segmentation.rows}
    assert rows["GPLL"][2] == compare.Cell(65.97, 73.19, 72.28)
    assert rows["CrackCLIP, ground truth (FSV)"][1] == compare.Cell(43.38, 45.19, 35.36)
    assert len(rows) == 7
    assert {row.name: row.cells for row in labels.rows}["GPLL (ResNet-50)"][0] == compare.Cell(53.59, 58.39, 43.71)
    assert all(len(row.cells) == len(table.columns) for table in (segmentation, labels) for row in table.rows)


def test_our_rows_stand_under_the_published_ones_in_percent(run: Path):
    segmentation, labels = compare.tables([run])
    ours = {row.name: row.cells for row in segmentation.rows if row.run == "crack500"}
    assert list(ours) == [
        "text_adapters, pseudo labels",
        "text_adapters, ground truth",
        "cam_location, without a segmenter",
    ]
    pseudo = ours["text_adapters, pseudo labels"]
    assert (pseudo[0].ods, pseudo[0].ois, pseudo[0].ap) == pytest.approx((54.61, 59.1, 42.9))
    assert pseudo[0].n == 354
    assert pseudo[2] is None
    assert [row.name for row in labels.rows if row.run] == ["cam_location"]


def test_a_baseline_that_both_files_hold_has_one_row(run: Path):
    segmentation = json.loads((run / "metrics/segmentation.json").read_text())
    segmentation["otsu"] = {"none": {"cfd": {"test": scores(0.1, 0.2, 0.3, 118)}}}
    labels = {"otsu": {"cfd": {"test": scores(0.1, 0.2, 0.3, 118)}}}
    (run / "metrics/segmentation.json").write_text(json.dumps(segmentation))
    (run / "metrics/pseudo_labels.json").write_text(json.dumps(labels))
    names = [row.name for row in compare.tables([run])[0].rows if row.run]
    assert [name for name in names if "otsu" in name] == ["otsu, no training"]


def test_text_shows_two_decimals_dashes_and_the_machine(run: Path):
    text = compare.report([run], markdown=False)
    line = next(line for line in text.splitlines() if line.startswith("crack500: text_adapters, pseudo labels"))
    assert line.endswith("54.61 / 59.10 / 42.90  40.00 / 50.00 / 30.00  –")
    assert text.endswith("crack500: 2026-11-21, commit 01234567, 2 cores of Abacus 9, 90 min.")


def test_a_column_on_other_photographs_than_the_papers_is_marked(run: Path):
    segmentation, labels = compare.tables([run])
    expected = "Crack500 test: our rows are on 354 photographs, the paper's on 1124: not the same set."
    assert expected in segmentation.notes
    assert not any(note.startswith("CFD:") for note in segmentation.notes)
    assert any("1436 photographs, the paper's on 1896" in note for note in labels.notes)


def test_markdown_has_as_many_cells_in_every_row(run: Path):
    rows = [line for line in compare.report([run], markdown=True).splitlines() if line.startswith("| ")]
    first = rows[: rows.index("| method | Crack500 train (1896) |")]
    assert {row.count("|") for row in first} == {5}
    assert "| **crack500: text_adapters, ground truth** | – | – | 66.00 / 72.70 / 72.50 |" in first


def test_readme_keeps_what_is_around_the_marks(run: Path, tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- results -->\nold \\1\n<!-- /results -->\nend\n", encoding="utf-8")
    with pytest.raises(CrackpipeError, match="its results are not those of the committed runs; run `make readme`"):
        compare.check_readme(readme, [run])
    compare.write_readme(readme, [run])
    compare.check_readme(readme, [run])
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# Title\n<!-- results -->\nCrack segmentation from patch labels")
    assert text.endswith("\n<!-- /results -->\nend\n")
    assert "old \\1" not in text


def test_a_readme_without_marks_is_refused(tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n", encoding="utf-8")
    with pytest.raises(CrackpipeError, match="expected one part between <!-- results --> and <!-- /results -->"):
        compare.write_readme(readme, [])


def test_metrics_without_the_count_are_refused(run: Path):
    tree = {"text_adapters": {"pseudo": {"cfd": {"test": {"ods": 0.1, "ois": 0.1, "ap": 0.1}}}}}
    (run / "metrics/segmentation.json").write_text(json.dumps(tree))
    with pytest.raises(CrackpipeError, match=r"crack500: text_adapters, pseudo labels: cfd\.test has no 'n'"):
        compare.tables([run])


def test_folders_are_found_by_their_record(run: Path):
    (run.parent / "notes").mkdir()
    assert compare.folders(run.parent) == [run]


@pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="there is no README.md yet")
def test_the_readme_shows_the_committed_results():
    compare.check_readme(ROOT / "README.md", compare.folders(ROOT / "results"))
