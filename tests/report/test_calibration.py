"""Cells of the comparison of losses, side by side."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.measures import bootstrap
from crackpipe.report import calibration


def sums(*, wrong: float) -> np.ndarray:
    """Of two structures with 100 sure decisions each, of which the second has this share wrong."""
    labels, groups = np.tile([0, 1], 100), np.repeat([0, 1], 100)
    right = np.arange(200) < 200 - round(100 * wrong)
    return bootstrap.sums(labels, np.where(right, labels, 1 - labels).astype(float), groups, count=2)


def cell(loss: str, seed: int, *, ece: float, f1: float = 0.9) -> dict[str, Any]:
    rows = [{"bin": 0.9, "confidence": 0.9, "accuracy": 0.8, "count": 3 + seed}]
    steps = [{"steps": 2, "confidence": 0.7, "accuracy": 0.5, "count": 4}]
    figures = {"ece": ece, "f1": f1, "auc": None, "n": 50}
    return {
        "loss": loss,
        "backbone": "lite",
        "train_on": "all",
        "in_domain": ["crack500"],
        "seed": seed,
        "scores": {"crack500": {"none": figures, "temperature": {**figures, "ece": ece / 2}}},
        "sums": {"crack500": dict.fromkeys(("none", "temperature"), sums(wrong=ece))},
        "reliability": {"crack500": rows},
        "attack_steps": {"crack500": steps},
    }


CELLS: Any = [
    *(cell("cross_entropy", seed, ece=ece) for seed, ece in enumerate((0.10, 0.12, 0.14))),
    *(cell("aicl", seed, ece=ece, f1=0.91) for seed, ece in enumerate((0.08, 0.11, 0.11))),
]


def test_figures_are_means_over_seeds_and_gaps_are_paired() -> None:
    found = calibration.summary(CELLS, resamples=50)["lite"]["all"]["crack500"]
    ours = found["aicl"]["none"]
    assert (ours["ece"], ours["f1"], ours["n"], ours["seeds"]) == (pytest.approx(0.1), pytest.approx(0.91), 50, 3)
    assert ours["auc"] is ours["auc_std"] is None
    assert ours["ece_std"] == pytest.approx(0.03**0.5 / 10)
    gaps = [-0.02, -0.01, -0.03]  # their spread is 0.01, Student's t for two degrees of freedom 4.3027
    assert ours["ece_gap"]["mean"] == pytest.approx(sum(gaps) / 3)
    assert ours["ece_gap"]["high"] == pytest.approx(-0.02 + 4.302653 * 0.01 / 3**0.5, abs=1e-6)
    assert found["aicl"]["temperature"]["ece"] == pytest.approx(0.05)
    assert found["cross_entropy"]["none"]["ece_gap"] == {"mean": 0, "low": 0, "high": 0}


def test_gaps_have_intervals_over_structures_too() -> None:
    """ECE is half the share of wrong decisions of the second structure: resamples have it 0, 1 or 2 times in 2."""
    found = calibration.summary(CELLS, resamples=200)["lite"]["all"]["crack500"]["aicl"]["none"]
    gap = found["ece_gap_of_structures"]
    assert gap["mean"] == pytest.approx(-0.02 / 2)
    assert gap["low"] < gap["mean"] < gap["high"] == pytest.approx(0, abs=1e-9)
    assert found["f1_gap_of_structures"]["mean"] > 0


def test_a_source_without_training_patches_is_not_at_home_although_all_were_trained_on() -> None:
    away = cell("cross_entropy", 0, ece=0.1) | {"in_domain": []}
    assert (
        calibration.summary([away], resamples=50)["lite"]["all"]["crack500"]["cross_entropy"]["none"]["at_home"]
        is False
    )
    assert calibration.summary(CELLS, resamples=50)["lite"]["all"]["crack500"]["aicl"]["temperature"]["at_home"] is True


def test_two_backbones_stay_apart() -> None:
    other = cell("aicl", 0, ece=0.1) | {"backbone": "vgg16"}
    found = [(row["backbone"], row["count"]) for row in calibration.attack_steps([CELLS[3], other])]
    assert found == [("lite", 4), ("vgg16", 4)]


def test_without_cross_entropy_there_is_no_gap() -> None:
    found = calibration.summary(CELLS[3:], resamples=50)
    assert found["lite"]["all"]["crack500"]["aicl"]["none"]["ece_gap"] is None
    assert found["lite"]["all"]["crack500"]["aicl"]["none"]["ece_gap_of_structures"] is None


def test_one_seed_has_a_mean_and_no_interval() -> None:
    found = calibration.summary([CELLS[0], CELLS[3]], resamples=50)["lite"]["all"]["crack500"]["aicl"]["none"]
    assert found["ece_gap"] == {"mean": pytest.approx(-0.02), "low": None, "high": None}
    assert found["ece_std"] is None


def test_plot_rows_pool_the_seeds_by_count() -> None:
    rows = calibration.reliability(CELLS)
    assert [(row["loss"], row["count"], row["share"]) for row in rows] == [("cross_entropy", 12, 1), ("aicl", 12, 1)]
    (first, _) = calibration.attack_steps(CELLS)
    assert (first["steps"], first["accuracy"], first["count"]) == (2, 0.5, 12)


def test_cells_that_are_missing_are_named_and_others_are_not_read(tmp_path: Path) -> None:
    rows = [
        {
            "split": split,
            "source": "demo",
            "photo_id": "demo/1",
            "row_px": 0,
            "col_px": 16 * number,
            "label": number % 2,
            "in_domain": True,
            "logit_none": 0.0,
            "logit_crack": 2.0 * (-1) ** (number // 3),
            "steps": 1 if split == "test" else None,
        }
        for split in ("test", "val")
        for number in range(6)
    ]
    parquet.write(tmp_path / "lite/aicl-lite-all-1.parquet", schemas.DECISIONS, rows)
    (tmp_path / "lite/aicl-lite-all-3.parquet").write_bytes(b"of earlier parameters")
    (found,) = calibration.read(tmp_path, expected=[("aicl", "lite", "all", 1)], structures={"demo/1": "a"})
    assert (found["loss"], found["seed"], found["scores"]["demo"]["none"]["n"]) == ("aicl", 1, 6)
    with pytest.raises(CrackpipeError, match="1 of 2 cells are missing, first aicl-lite-all-2; run `dvc repro`"):
        calibration.read(tmp_path, expected=[("aicl", "lite", "all", 1), ("aicl", "lite", "all", 2)], structures={})
    assert calibration.summary([], resamples=50) == {}
