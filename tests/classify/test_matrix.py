"""A cell of the comparison of losses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from dark_network import Darkness

from crackpipe import runtime
from crackpipe.classify import classifier, kept_features, matrix
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.losses.smoothing import cross_entropy
from crackpipe.classify.sampling import Photographed
from crackpipe.errors import DatasetError


def patches() -> pd.DataFrame:
    """Per source and split two patches; column 0 is black (crack), column 16 white."""
    rows = [
        {"photo_id": f"{source}/p", "col_px": col, "label": int(col == 0), "split": split}
        for source in ("crack500", "deepcrack")
        for split in ("train", "val", "test")
        for col in (0, 16)
    ]
    return pd.DataFrame(rows).astype({"label": np.int8}).assign(row_px=0, side_px=16, symmetry=0)


def test_a_cell_trains_and_validates_on_one_source_and_tests_on_all() -> None:
    found = matrix.for_training_on(patches(), "crack500")
    sources = found["photo_id"].str.partition("/")[0]
    assert set(sources[found["split"] != "test"]) == {"crack500"}
    assert set(sources[found["split"] == "test"]) == {"crack500", "deepcrack"}
    assert len(matrix.for_training_on(patches(), "all")) == len(patches())


def test_a_source_without_training_patches_is_refused_by_name() -> None:
    with pytest.raises(DatasetError, match="cfd has no training patch; expected all or one of crack500, deepcrack"):
        matrix.for_training_on(patches(), "cfd")


def test_each_source_is_scored_with_each_calibration_and_its_decisions_by_attack_steps() -> None:
    photo = np.zeros((16, 32, 3), np.uint8)
    photo[:, 16:] = 255
    model = Classifier(Darkness(), "darkness", 16, (0.0,) * 3, (1.0,) * 3)
    machine = runtime.start(device="cpu", precision="fp32", threads=1)
    found = matrix.cell(
        model,
        patches(),
        Photographed({"crack500/p": photo, "deepcrack/p": photo}, 16, 1, {}),
        machine=machine,
        attack={"steps": 5, "epsilon": 1.0, "step_size": 0.2},
        seed=0,
    )
    assert set(found["scores"]) == {"crack500", "deepcrack"}
    assert set(found["scores"]["crack500"]) == {"none", "temperature", "platt", "isotonic"}
    assert found["scores"]["deepcrack"]["none"]["f1"] == 1
    sure = 1 / (1 + np.exp(-4))
    assert found["scores"]["crack500"]["none"]["ece"] == pytest.approx(1 - sure, abs=1e-6)
    assert found["scores"]["crack500"]["temperature"]["ece"] < 1 - sure
    (row,) = found["attack_steps"]["crack500"]
    assert row == {"steps": 3, "accuracy": 1.0, "confidence": pytest.approx(sure), "count": 2}  # 4 / (8 · 0.2) steps


def cell_on_kept_features(folder: Path, *, seed: int) -> dict[str, Any]:
    """One epoch of the last layers of a network with random weights; nothing is read but what was kept."""
    for name in ("photos", "patches", "features"):
        (folder / name).mkdir(parents=True)
    torch.manual_seed(0)
    model = classifier.create(backbone="tf_efficientnet_lite0", weights="none", side_px=32)
    table = pd.concat([patches().assign(row_px=row) for row in range(0, 96, 16)], ignore_index=True)
    table["photo_id"] = table["photo_id"] + "-" + table["split"]
    parts = table[table["split"] == "train"], table[table["split"] != "train"]
    photo = np.zeros((96, 32, 3), np.uint8)
    photo[:, 16:] = 255
    augment = {"sides_px": [32], "colour_jitter": 0.0, "colour_jitter_p": 0.0, "noise_p": 0.0}
    inputs = Photographed(dict.fromkeys(table["photo_id"], photo), 32, 1, augment)
    machine = runtime.start(device="cpu", precision="fp32", threads=1)
    kept_features.write(folder / "features", model, parts, inputs, machine, train_from="conv_head", seed=0)
    torch.manual_seed(seed)
    matrix.run(
        folder / "cell.json",
        name="cross_entropy",
        loss=cross_entropy,
        backbone="tf_efficientnet_lite0",
        train_on="crack500",
        seed=seed,
        weights="none",
        side_px=32,
        train_from="conv_head",
        val_patches=24,
        test_patches=24,
        attack={"steps": 2, "epsilon": 1.0, "step_size": 0.2},
        drawn={"epochs": 1, "patches_per_epoch": 8, "crack_share": None},
        augment=augment,
        schedule={"batch": 4, "optimiser": "sgd", "lr": 0.01, "lr_gamma": 0.5, "lr_step_epochs": 1, "momentum": 0.9,
                  "weight_decay": 0.0},
        photos=folder / "photos",
        patches=folder / "patches",
        features=folder / "features",
        machine=machine,
        workers=1,
        key=[],
    )  # fmt: skip
    found: dict[str, Any] = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    return found


def test_a_cell_trains_on_kept_features_alone_and_equal_seeds_give_equal_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # checkpoints
    found = cell_on_kept_features(tmp_path / "a", seed=1)
    assert {key: found[key] for key in ("loss", "train_on", "seed")} == {
        "loss": "cross_entropy",
        "train_on": "crack500",
        "seed": 1,
    }
    assert {source: kinds["none"]["n"] for source, kinds in found["scores"].items()} == {
        "crack500": 12,
        "deepcrack": 12,
    }
    assert found == cell_on_kept_features(tmp_path / "b", seed=1)
    assert found["scores"] != cell_on_kept_features(tmp_path / "c", seed=2)["scores"]
