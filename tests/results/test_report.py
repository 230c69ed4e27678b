from pathlib import Path

import pytest
import results_folder
from results_folder import scores

from crackpipe.errors import CrackpipeError
from crackpipe.results import report

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    segmentation = {
        "text_adapters": {
            "cam_location": {
                "crack500": {"test": scores(0.5461, 0.591, 0.429, 354)},
                "cfd": {"test": scores(0.4, 0.5, 0.3, 118)},
            },
            "truth": {"deepcrack": {"test": scores(0.66, 0.727, 0.725, 537)}},
        }
    }
    labels = {"cam_location": {"crack500": {"train": scores(0.5, 0.6, 0.4, 1436)}}}
    return results_folder.write(tmp_path / "results/crack500", segmentation=segmentation, pseudo_labels=labels)


def test_text_shows_two_decimals_dashes_and_the_machine(run: Path):
    text = report.report([run], markdown=False)
    line = next(line for line in text.splitlines() if line.startswith("crack500: text_adapters, cam_location labels"))
    assert line.endswith("54.61 / 59.10 / 42.90  40.00 / 50.00 / 30.00  –                      –")
    assert text.endswith("crack500: 2026-11-21, commit 01234567, 2 cores of Abacus 9, 90 min.")


def test_a_cell_of_one_figure_is_that_figure(tmp_path: Path):
    captioned = results_folder.write(tmp_path / "results/captioned", bridge=results_folder.bridge())
    lines = report.report([captioned], markdown=True).splitlines()
    assert "| CLIP-FT + k-NN | 43.39 | 25.33 | 54.67 | 54.61 | 44.50 |" in lines
    assert "| **captioned: tuned, linear** | 60.00 | – | 61.00 | 62.00 | 61.00 |" in lines
    assert "| **captioned: base** | 11.00 | 12.00 | 13.00 | 14.00 |" in lines
    assert "| **captioned: chance** | 35.00 | – | 36.00 | 37.00 |" in lines


def test_our_rows_stand_below_a_rule_under_the_papers(run: Path):
    table = report.report([run], markdown=False).split("\n\nPublished rows: Table 1 ")[0].splitlines()
    rules = [at for at, line in enumerate(table) if set(line) == {"-"}]
    assert table[2].startswith("method ")
    assert rules == [3, 9]
    assert all(line.startswith("crack500: ") for line in table[10:])


def test_markdown_has_as_many_cells_in_every_row(run: Path):
    rows = [line for line in report.report([run], markdown=True).splitlines() if line.startswith("| ")]
    first = rows[: next(at for at, row in enumerate(rows) if row.startswith("| CrackCLIP, ground truth")) - 2]
    assert {row.count("|") for row in first} == {6}
    assert "| **crack500: text_adapters, ground truth** | – | – | – | 66.00 / 72.70 / 72.50 |" in first


def test_each_source_is_told_once_below_the_tables(run: Path):
    text = report.report([run], markdown=True)
    assert text.count("Entropy 2025, 27, 127. doi:10.3390/e27020127.") == 1
    assert text.count("\n- König et al. 2022: J. König, ") == 1
    assert "- Published rows: Table 3 of Liang et al. 2025." in text


def test_the_readme_takes_a_choice_of_the_tables(run: Path):
    every = report.report([run], markdown=True)
    chosen = report.report([run], markdown=True, readme=True)
    for table in ("Table 1", "Table 2", "Table 3", "Table II"):
        assert f"Published rows: {table} of" in chosen
    assert "Published rows: Tables III, IV, V and VI of" in every
    assert "Published rows: Tables III, IV, V and VI of" not in chosen


def test_the_readme_leaves_out_tables_and_sources_without_a_row_of_ours(run: Path, tmp_path: Path):
    card = "- BridgeCLIP model card: t-seino-ml: BridgeCLIP (English) "
    assert card in report.report([run], markdown=True)
    without = report.report([run], markdown=True, readme=True)
    assert card not in without
    assert "Table VII of" not in without
    captioned = results_folder.write(tmp_path / "results/captioned", bridge=results_folder.bridge())
    chosen = report.report([captioned], markdown=True, readme=True)
    assert chosen.count("Published rows: ") == chosen.count(" of BridgeCLIP model card.\n") == 3
    assert card in chosen
    assert "Liang et al. 2025: " not in chosen


def test_readme_keeps_what_is_around_the_marks(run: Path, tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- results -->\nold \\1\n<!-- /results -->\nend\n", encoding="utf-8")
    with pytest.raises(CrackpipeError, match="its results are not those of the committed runs; run `make readme`"):
        report.check_readme(readme, [run])
    report.write_readme(readme, [run])
    report.check_readme(readme, [run])
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# Title\n<!-- results -->\nCrack segmentation from patch labels")
    assert text.endswith("\n<!-- /results -->\nend\n")
    assert "old \\1" not in text


def test_a_readme_without_marks_is_refused(tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n", encoding="utf-8")
    with pytest.raises(CrackpipeError, match="expected one part between <!-- results --> and <!-- /results -->"):
        report.write_readme(readme, [])


def test_folders_are_found_by_their_record(run: Path):
    (run.parent / "notes").mkdir()
    assert report.folders(run.parent) == [run]


@pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="there is no README.md yet")
def test_the_readme_shows_the_committed_results():
    report.check_readme(ROOT / "README.md", report.folders(ROOT / "results"))
