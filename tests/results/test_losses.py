"""The table of losses."""

from pathlib import Path

import results_folder

from crackpipe.classify.losses.catalogue import LOSSES
from crackpipe.results import losses, published_tables


def test_every_loss_is_told_of_in_the_order_of_the_catalogue() -> None:
    assert [loss["name"] for loss in published_tables.published()["losses"]] == list(LOSSES)


def cell(ece: float, *, at_home: bool = True) -> dict[str, dict[str, dict[str, float]]]:
    return {"mbls": {"none": {"at_home": at_home, "ece": ece, "f1": 0.9}}}


def test_figures_on_a_source_trained_on_and_on_another_stand_apart(tmp_path: Path) -> None:
    tree = {
        "lite": {
            "all": {"crack500": cell(0.01), "deepcrack": cell(0.03), "cfd": cell(0.5, at_home=False)},
            "crack500": {"crack500": cell(0.05), "deepcrack": cell(0.3, at_home=False)},
        }
    }
    folder = results_folder.write(tmp_path / "calibration", calibration=tree)
    lines = losses.table([folder], markdown=True).splitlines()
    (line,) = (line for line in lines if line.startswith("| `mbls`"))
    assert line.endswith("| 3.00 / 90.00 | 40.00 / 90.00 |")
    (other,) = (line for line in lines if line.startswith("| `aicl`"))
    assert other.endswith("| – | – |")


def test_each_run_has_columns_of_its_own_under_its_name(tmp_path: Path) -> None:
    folders = [
        results_folder.write(tmp_path / name, calibration={"lite": {"all": {name: cell(ece)}}})
        for name, ece in (("bridge2024", 0.02), ("calibration", 0.01))
    ]
    lines = losses.table([*folders, results_folder.write(tmp_path / "other")], markdown=True).splitlines()
    heading = "| bridge2024: ECE / F1 on a source trained on | calibration: ECE / F1 on a source trained on |"
    assert lines[2].endswith(heading)
    (line,) = (line for line in lines if line.startswith("| `mbls`"))
    assert line.endswith("| 2.00 / 90.00 | 1.00 / 90.00 |")
