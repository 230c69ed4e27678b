from pathlib import Path

import pytest
import results_folder
from results_folder import scores

from crackpipe.results import report


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
    figures = "54.61 / 59.10 / 42.90  40.00 / 50.00 / 30.00  –                      –"
    assert figures in line
    number = line.rsplit("(", 1)[1].rstrip(")")
    assert f"({number}) Crack500 test: 354 photographs, the paper's 1124" in text.splitlines()
    assert text.endswith("crack500: 2026-11-21, commit 01234567, 2 cores of Abacus 9, 90 min.")


def test_a_cell_of_one_figure_is_that_figure(tmp_path: Path):
    captioned = results_folder.write(tmp_path / "results/captioned", bridge=results_folder.bridge())
    lines = report.report([captioned], markdown=True).splitlines()
    assert "| CLIP-FT + k-NN | 43.39 | 25.33 | 54.67 | 54.61 | 44.50 | CLIP ViT-B/32; seeds not told |  |" in lines
    begins = ["tuned, linear** | 60.00 | – | 61.00 | 62.00 | 61.00 |", "base** | 11.00 | 12.00 | 13.00 | 14.00 |"]
    for begin in (*begins, "chance** | 35.00 | – | 36.00 | 37.00 |"):
        assert any(line.startswith(f"| **captioned: {begin}") for line in lines)


def test_our_rows_stand_below_a_rule_under_the_papers(run: Path):
    table = report.report([run], markdown=False).split("\nPublished rows: Table 1 ")[0].splitlines()
    rules = [at for at, line in enumerate(table) if set(line) == {"-"}]
    assert table[2].startswith("method ")
    assert rules == [3, 9]
    body = table[10 : table.index("", 10)]
    assert body
    assert all(line.startswith("crack500: ") for line in body)
    numbers = [f"({number})" for number in range(1, len(table) - table.index("", 10))]
    assert [line.partition(" ")[0] for line in table[table.index("", 10) + 1 :]] == numbers


def test_markdown_has_as_many_cells_in_every_row(run: Path):
    rows = [line for line in report.report([run], markdown=True).splitlines() if line.startswith("| ")]
    first = rows[: next(at for at, row in enumerate(rows) if row.startswith("| CrackCLIP, ground truth")) - 2]
    assert {row.count("|") for row in first} == {8}
    assert "| **crack500: text_adapters, ground truth** | – | – | – | 66.00 / 72.70 / 72.50 |  |  |" in first


def test_each_source_is_told_once_below_the_tables(run: Path):
    text = report.report([run], markdown=True)
    assert text.count("Entropy 2025, 27, 127. doi:10.3390/e27020127.") == 1
    assert text.count("\n- König et al. 2022: J. König, ") == 1
    assert "- Published rows: Table 3 of Liang et al. 2025." in text


def test_the_page_leaves_out_tables_and_sources_without_a_row_of_ours(run: Path, tmp_path: Path):
    card = "- BridgeCLIP model card: t-seino-ml: BridgeCLIP (English) "
    assert card in report.report([run], markdown=True)
    page = report.page([run])
    for table in ("Table 1", "Table 2", "Table 3", "Table II", "Tables III, IV, V and VI"):
        assert f"Published rows: {table} of" in page
    assert card not in page
    assert "Table VII of" not in page
    captioned = results_folder.write(tmp_path / "results/captioned", bridge=results_folder.bridge())
    page = report.page([captioned])
    assert page.count("Published rows: ") == page.count(" of BridgeCLIP model card.\n") == 3
    assert card in page
    assert "Liang et al. 2025: " not in page


def test_the_page_has_a_chapter_for_each_table_and_says_its_unit(run: Path):
    lines = report.page([run]).splitlines()
    at = lines.index("## Crack segmentation from patch labels, trained on Crack500's training crops")
    assert lines[at + 1 : at + 4] == ["", "ODS / OIS / AP in %.", ""]
    assert lines[at + 4].startswith("| method | Crack500 test (1124) |")
    chapters = [line for line in lines if line.startswith("## ")]
    assert chapters[-3:] == ["## Losses", "## Sources", "## Runs"]
    assert len(set(chapters)) == len(chapters)
    assert lines[-1].startswith("- crack500: 2026-11-21, commit 01234567")


def test_folders_are_found_by_their_record(run: Path):
    (run.parent / "notes").mkdir()
    assert report.folders(run.parent) == [run]


def test_a_table_without_a_row_is_left_out_and_one_with_ours_alone_has_one_rule(tmp_path: Path):
    title = "Text-guided adapters with one thing changed"
    assert title not in report.report([], markdown=False)
    changed = results_folder.write(
        tmp_path / "a", adapters={"crack": {"cfd": results_folder.scores(0.3, 0.4, 0.2, 118)}}
    )
    lines = report.report([changed], markdown=False).split(title)[1].splitlines()
    table = lines[: lines.index("", 2)]
    assert [set(line) == {"-"} for line in table[2:]] == [False, True, False]
