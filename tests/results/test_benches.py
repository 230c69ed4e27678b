"""The table of benches, from metrics as the stage writes them."""

from pathlib import Path
from typing import Any

import results_folder

from crackpipe.results import benches, report


def bench() -> dict[str, Any]:
    figures = {"photographs": 118, "ods": 0.557, "f1": 0.369, "ods_2px": 0.792, "f1_2px": 0.508, "threshold": 0.16}
    return {
        "cracks": {"level": 0.35, "certain": 0.4},
        "val": {"f1": 0.637, "quiet": {"squares": 0.98, "drawn": 0.19}},
        "test": {"cfd": figures},
        "crack_free": {"cfd": {"squares": 9, "claimed": 0.02}, "drawn": {"photographs": 30, "claimed": 0.8}},
        "pixels": {
            "val/crack500": {"ece": 0.05, "ece_calibrated": 0.01},
            "test/cfd": {"ece": 0.04, "ece_calibrated": 0.03},
        },
        "risk": {"0.1": {"level": 0.12, "missed": {"val": 0.07, "test/cfd": 0.31}}, "0.05": {"level": None}},
    }


def test_each_set_is_a_row_behind_what_the_settings_were_chosen_on(tmp_path: Path) -> None:
    run = results_folder.write(tmp_path / "walls", **{"bench-unet-truth": bench()})
    lines = benches.table([run], markdown=False).splitlines()
    assert lines[3:6] == [
        "walls; unet-truth; 0.35; val; –; (63.7); 81 of drawn, 2 of squares; 1.0 (5.0); 7",
        "walls; unet-truth; 0.35; cfd; 55.7 (79.2); 36.9 (50.8); 2; 3.0 (4.0); 31",
        "walls; unet-truth; 0.35; drawn; –; –; 80; –; –",
    ]


def test_runs_without_a_bench_have_no_table_and_the_report_no_chapter(tmp_path: Path) -> None:
    without = results_folder.write(tmp_path / "without")
    assert benches.table([without], markdown=True) == ""
    assert "As they are used" not in report.page([without])
    run = results_folder.write(tmp_path / "walls", **{"bench-unet-truth": bench()})
    assert "## As they are used" in report.page([without, run])
    assert "| walls | unet-truth | 0.35 | cfd | 55.7 (79.2) |" in report.page([without, run])
