"""The table of losses."""

from pathlib import Path

import results_folder

from crackpipe import compare_losses, compare_tables
from crackpipe.classify.losses.catalogue import LOSSES


def test_every_loss_is_told_of_in_the_order_of_the_catalogue() -> None:
    assert [loss["name"] for loss in compare_tables.published()["losses"]] == list(LOSSES)


def test_figures_on_a_source_trained_on_and_on_another_stand_apart(tmp_path: Path) -> None:
    def told(ece: float) -> dict[str, dict[str, dict[str, float]]]:
        return {"mbls": {"none": {"ece": ece, "f1": 0.9}}}

    tree = {
        "lite": {
            "all": {"crack500": told(0.01), "deepcrack": told(0.03)},
            "crack500": {"crack500": told(0.05), "deepcrack": told(0.4)},
        }
    }
    folder = results_folder.write(tmp_path / "calibration", calibration=tree)
    lines = compare_losses.table([folder], markdown=True).splitlines()
    (line,) = (line for line in lines if line.startswith("| `mbls`"))
    assert line.endswith("| 3.00 / 90.00 | 40.00 / 90.00 |")
    (other,) = (line for line in lines if line.startswith("| `aicl`"))
    assert other.endswith("| – | – |")
