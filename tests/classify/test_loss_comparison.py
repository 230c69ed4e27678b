"""A cell of the comparison of losses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from crackpipe.classify import cell_decisions, classifier, feature_cache, loss_comparison, recipe
from crackpipe.classify.attack_steps import Attack
from crackpipe.classify.cell_decisions import DecisionSettings
from crackpipe.classify.loss_comparison import Combination, ComparisonSettings, NetworkSettings, Tables
from crackpipe.classify.losses.smoothing import cross_entropy
from crackpipe.classify.recipe import PlanSettings
from crackpipe.classify.training import TrainingSettings
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.compute.runtime import start_runtime
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.errors import DatasetError, ModelError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images


def patches() -> pd.DataFrame:
    """Per source and split two patches; column 0 is black (crack), column 16 white."""
    rows = [
        {"photo_id": f"{source}/p", "col_px": col, "label": int(col == 0), "split": split}
        for source in ("crack500", "deepcrack")
        for split in ("train", "val", "test")
        for col in (0, 16)
    ]
    return pd.DataFrame(rows).astype({"label": np.int8}).assign(row_px=0, side_px=16, symmetry=0)


def unchanged(side_px: int) -> Augmentation:
    return Augmentation(sides_px=[side_px], colour_jitter=0.0, colour_jitter_p=0.0, noise_p=0.0)


def test_a_cell_trains_and_validates_on_one_source_and_tests_on_all() -> None:
    found = loss_comparison.patches_of_cell(patches(), "crack500")
    sources = found["photo_id"].str.partition("/")[0]
    assert set(sources[found["split"] != "test"]) == {"crack500"}
    assert set(sources[found["split"] == "test"]) == {"crack500", "deepcrack"}
    assert len(loss_comparison.patches_of_cell(patches(), "all")) == len(patches())


def test_a_source_without_training_patches_is_refused_by_name() -> None:
    with pytest.raises(DatasetError, match="cfd has no training patch; expected all or one of crack500, deepcrack"):
        loss_comparison.patches_of_cell(patches(), "cfd")


def project(folder: Path, *, val_of: str = "both") -> pd.DataFrame:
    """Photographs and patches of two sources under ``folder``; each left half is black, and a crack."""
    table = pd.concat([patches().assign(row_px=row) for row in range(0, 96, 16)], ignore_index=True)
    table["photo_id"] = table["photo_id"] + "-" + table["split"]
    if val_of == "cracks":
        table = table[(table["split"] != "val") | (table["label"] == 1)]
    table = table.sort_values(["photo_id", "row_px", "col_px"], ignore_index=True)
    photo = np.zeros((96, 32, 3), np.uint8)
    photo[:, 16:] = 255
    row = {"height_px": 96, "width_px": 32, "image": images.encode_rgb(photo), "mask": None, "label": None}
    row |= {"caption": None, "attributes": None, "mm_per_px": None}
    rows = [
        {"photo_id": name, "source": name.split("/")[0], "split": name.split("-")[1], "group_id": name, **row}
        for name in sorted(set(table["photo_id"]))
    ]
    parquet.write_shards(folder / "photos", schemas.PHOTOS, rows)
    parquet.write(folder / "patches.parquet", schemas.PATCHES, table.to_dict("records"))
    return table


BACKBONE = "tf_efficientnet_lite0"
CELLS = {"a": 1, "b": 1, "c": 2}
"""Seeds of cells."""


def network(train_from: str | None) -> NetworkSettings:
    return NetworkSettings(weights="package", head="linear", side_px=32, train_from=train_from)


def train(folder: Path, *, train_from: str | None, seed: int, name: str) -> bytes:
    loss_comparison.train(
        folder / name,
        Combination("cross_entropy", BACKBONE, train_on="crack500", seed=seed),
        loss=cross_entropy,
        settings=ComparisonSettings(
            network=network(train_from),
            val_patches=24,
            scored_seed=0,
            plan=PlanSettings(epochs=1, patches_per_epoch=8, crack_share=None),
            augmentation=unchanged(32),
            training=TrainingSettings(
                batch=4, optimiser="sgd", lr=0.01, lr_gamma=0.5, lr_milestones=(1,), momentum=0.9, weight_decay=0.0
            ),
        ),
        tables=Tables(folder / "photos", folder / "patches.parquet", folder / "features"),
        runtime=start_runtime(device="cpu", precision="fp32", threads=1),
        workers=1,
        key=[],
    )
    return (folder / name / "model.safetensors").read_bytes()


def decisions(
    folder: Path, *, train_from: str | None, names: dict[str, int], test: int = 24
) -> dict[str, pd.DataFrame]:
    """Decisions of trained cells by their names, each with the seed that it was trained by."""
    cells = {
        Combination("cross_entropy", BACKBONE, train_on="crack500", seed=seed): folder / name
        for name, seed in names.items()
    }
    cell_decisions.write(
        folder / "decisions",
        cells,
        settings=DecisionSettings(
            backbone=BACKBONE,
            network=network(train_from),
            val_patches=24,
            test_patches=test,
            seed=0,
            augmentation=unchanged(32),
            attack=Attack(steps=2, epsilon=1.0, step_size=0.2),
        ),
        photos=folder / "photos",
        patches=folder / "patches.parquet",
        runtime=start_runtime(device="cpu", precision="fp32", threads=1),
        workers=1,
    )
    return {name: parquet.read(folder / f"decisions/{name}.parquet", schemas.DECISIONS).to_pandas() for name in names}


@pytest.mark.parametrize("train_from", ["conv_head", None])
def test_a_cell_trains_on_cached_features_or_on_photographs_and_equal_seeds_give_equal_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_from: str | None
) -> None:
    monkeypatch.chdir(tmp_path)  # checkpoints
    table = project(tmp_path)
    runtime = start_runtime(device="cpu", precision="fp32", threads=1)
    torch.manual_seed(0)
    model = classifier.create(backbone=BACKBONE, weights="package", side_px=32)
    parts = table[table["split"] == "train"], table[table["split"] == "val"]
    hidden = tmp_path / "hidden"
    if train_from is None:
        feature_cache.write_empty(tmp_path / "features")
    else:
        with PhotoCache(tmp_path / "photos", wanted=set(table["photo_id"]), workers=1) as photos:
            inputs = PhotoInputs(photos, 32, 1, unchanged(32))
            folder = tmp_path / "features"
            feature_cache.write(folder, model, parts, inputs, runtime, train_from=train_from, seed=0)
        (tmp_path / "photos").rename(hidden)  # training reads nothing but the cache
        (tmp_path / "photos").mkdir()
    weights = {name: train(tmp_path, train_from=train_from, seed=seed, name=name) for name, seed in CELLS.items()}
    assert weights["a"] == weights["b"] != weights["c"]
    if hidden.exists():
        (tmp_path / "photos").rmdir()
        hidden.rename(tmp_path / "photos")
    found = decisions(tmp_path, train_from=train_from, names={"a": 1, "c": 2})
    first = found["a"]
    tested = first[first["split"] == "test"]
    assert dict(tested["source"].value_counts()) == {"crack500": 12, "deepcrack": 12}
    assert set(tested["source"][tested["in_domain"]]) == {"crack500"}
    assert set(first["source"][first["split"] == "val"]) == {"crack500"}
    assert first.equals(decisions(tmp_path, train_from=train_from, names={"b": 1})["b"])
    assert not first.equals(found["c"])


def test_fewer_test_patches_are_decided_on_without_a_training_and_validation_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path)
    train(tmp_path, train_from=None, seed=1, name="a")
    monkeypatch.setattr(recipe, "train", lambda *_, **__: pytest.fail("it was trained"))
    more, fewer = (decisions(tmp_path, train_from=None, names={"a": 1}, test=count)["a"] for count in (24, 4))
    assert dict(fewer[fewer["split"] == "test"]["source"].value_counts()) == {"crack500": 4, "deepcrack": 4}
    validated = [table[table["split"] == "val"].reset_index(drop=True) for table in (more, fewer)]
    assert validated[0].equals(validated[1])


def test_a_random_trunk_is_the_same_for_training_and_for_scoring() -> None:
    """Cells train on features that one stage has computed, and decide on those of another."""
    settings = NetworkSettings(weights="none", head="linear", side_px=32, train_from="conv_head")
    runtime = start_runtime(device="cpu", precision="fp32", threads=1)
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(len(states))
        states.append(loss_comparison.frozen(BACKBONE, settings, seed=seed, runtime=runtime).network.state_dict())
    first, again, other = (state["conv_stem.weight"] for state in states)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_cell_that_was_trained_otherwise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path)
    train(tmp_path, train_from=None, seed=1, name="a")
    with pytest.raises(
        ModelError, match=r"a: was built by .*'train_from': None.* but .*'train_from': 'conv_head'.* is"
    ):
        decisions(tmp_path, train_from="conv_head", names={"a": 1})


def test_validation_patches_of_one_class_are_an_error_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path, val_of="cracks")
    monkeypatch.setattr(recipe, "train", lambda *_, **__: pytest.fail("it was trained"))
    with pytest.raises(ModelError, match=r"calibrate\.train_on crack500: temperature calibration .* the 6 there are"):
        train(tmp_path, train_from=None, seed=1, name="a")
