"""Scores of decisions that were written down."""

import numpy as np
import pandas as pd
import pytest

from crackpipe.classify import decisions
from crackpipe.errors import ModelError

STRUCTURES = {f"{source}/{label}": f"wall {label}" for source in ("crack500", "deepcrack") for label in (0, 1)}


def table(*, val_right: bool = True) -> pd.DataFrame:
    """Of each of two sources and splits a crack and a patch without one, both decided rightly with a margin of 4."""
    rows = [
        {
            "split": split,
            "source": source,
            "photo_id": f"{source}/{label}",
            "label": label if split == "test" or val_right else 1 - label,
            "in_domain": source == "crack500",
            "logit_none": np.float32(0),
            "logit_crack": np.float32(4 if label else -4),
            "steps": {"test": 2 + label, "val": None}[split],
        }
        for split in ("test", "val")
        for source in ("crack500", "deepcrack")
        for label in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_each_source_is_scored_with_each_calibration_and_its_decisions_by_attack_steps() -> None:
    found = decisions.score(table(), STRUCTURES)
    assert found["in_domain"] == ["crack500"]
    assert set(found["scores"]) == {"crack500", "deepcrack"}
    assert set(found["scores"]["crack500"]) == {"none", "temperature", "platt", "isotonic"}
    assert found["scores"]["deepcrack"]["none"]["f1"] == 1
    sure = 1 / (1 + np.exp(-4))
    assert found["scores"]["crack500"]["none"]["ece"] == pytest.approx(1 - sure, abs=1e-6)
    assert found["scores"]["crack500"]["temperature"]["ece"] < 1 - sure
    row = {"accuracy": 1.0, "confidence": pytest.approx(sure), "count": 1}
    assert found["attack_steps"]["crack500"] == [{"steps": 2, **row}, {"steps": 3, **row}]


def test_sums_are_taken_for_each_structure() -> None:
    """Columns of hits, false alarms, misses and decisions: wall 0 has no crack, wall 1 a crack that is found."""
    found = decisions.score(table(), STRUCTURES)["sums"]["crack500"]["none"]
    assert found[:, :4].tolist() == [[0, 0, 0, 1], [1, 0, 0, 1]]


def test_calibrators_see_validation_patches_alone() -> None:
    """Validation patches are labelled the other way round: a calibrator of theirs spoils the test patches."""
    found = decisions.score(table(val_right=False), STRUCTURES)
    assert found["scores"]["crack500"]["none"]["accuracy"] == 1
    assert found["scores"]["crack500"]["platt"]["accuracy"] == 0


def test_validation_patches_of_one_class_fit_no_calibrator() -> None:
    one = table()
    with pytest.raises(ModelError, match=r"calibrate\.train_on"):
        decisions.score(one[(one["split"] == "test") | (one["label"] == 1)], STRUCTURES)
