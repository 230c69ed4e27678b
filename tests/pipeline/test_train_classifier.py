"""The stage is killed in the middle of an epoch, its code edited or not, and ends with an undisturbed run's bytes."""

import json
import shutil
import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
import stages
import torch
from ruamel.yaml import YAML
from safetensors.torch import save_file

from crackpipe.models import backbones, cards, model_files

ROOT = Path(__file__).parents[2]
EPOCHS, STEPS = 2, 8


def prepare(folder: Path, **changed: Any) -> None:
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "threads": 1, "workers": 2}
    tree["ingest"]["sources"] = [{"name": "demo", "split": "own", "limit": None}]
    tree["ingest"]["demo"] = {"photos": 24, "side_px": 128, "seed": 7}
    tree["slice"] |= {"side_px": 64, "stride_px": 32}
    training = {"epochs": EPOCHS, "patches_per_epoch": 8 * STEPS, "batch": 8, "val_patches": 20}
    tree["train_classifier"] |= {**training, "weights": "none", **changed}
    tree["score_classifier"]["patches"] = 20
    tree["train_classifier"]["augment"] |= {"sides_px": [64, 32]}
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patches")
    prepare(folder)
    for stage in ("code", "ingest", "slice"):
        stages.finished(folder, stage)
    return folder


@pytest.fixture
def sliced(patches: Path, tmp_path: Path) -> Path:
    return shutil.copytree(patches, tmp_path / "run")


def outputs(folder: Path) -> dict[str, bytes]:
    names = ("models/classifier/model.safetensors", "models/classifier/model.json", "models/classifier/history.csv")
    return {name: (folder / name).read_bytes() for name in names}


def kill_in_the_second_epoch(folder: Path) -> None:
    process = stages.start(folder, "train_classifier")
    deadline = time.monotonic() + 300
    while not list(folder.glob(".checkpoints/train_classifier/*/state.pt")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)  # some steps into the epoch that follows
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "models").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_stage_goes_on_where_it_was_but_afresh_after_an_edit_and_ends_with_an_undisturbed_runs_bytes(
    sliced: Path, tmp_path: Path
) -> None:
    whole, edited = tmp_path / "whole", tmp_path / "edited"
    shutil.copytree(sliced, whole)
    stages.finished(whole, "train_classifier")
    kill_in_the_second_epoch(sliced)
    shutil.copytree(sliced, edited)
    manifest = edited / "data/code/train_classifier"  # tests/pipeline/test_code.py: an edit changes it, a comment not
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    ended = {folder: stages.finished(folder, "train_classifier") for folder in (sliced, edited)}
    assert ended[sliced].stdout.startswith("train_classifier: goes on where it was interrupted\n")
    assert "train_classifier: 1 unfinished training(s) of other code, parameters or data are" in ended[edited].stdout
    said = {folder: one.stderr for folder, one in ended.items()}
    assert f"epoch 1/{EPOCHS}" not in said[sliced]
    assert f"epoch 2/{EPOCHS}" in said[sliced]
    assert f"epoch 1/{EPOCHS}" in said[edited]
    assert outputs(sliced) == outputs(edited) == outputs(whole)
    assert not list(sliced.glob(".checkpoints/train_classifier/*/"))
    assert not list(sliced.glob(".checkpoints/photos-*"))
    stages.finished(sliced, "score_classifier")
    scores = json.loads((sliced / "metrics/classifier.json").read_text())
    assert sorted(scores) == ["test", "val"]
    assert scores["test"]["n"] == 20
    assert cards.read(sliced / "models/classifier", kind="classifier")["side_px"] == 64


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_killed_at_ten_random_moments_between_edits_of_its_code_it_ends_with_an_undisturbed_runs_bytes(
    sliced: Path, tmp_path: Path
) -> None:
    whole, random = tmp_path / "whole", Random(0)
    shutil.copytree(sliced, whole)
    began = time.monotonic()
    assert stages.start(whole, "train_classifier").communicate() is not None
    took = time.monotonic() - began
    manifest = sliced / "data/code/train_classifier"
    codes = [manifest.read_text(encoding="utf-8"), "another code\n"]
    killed = 0
    while killed < 10:
        manifest.write_text(random.choice(codes), encoding="utf-8")
        process = stages.start(sliced, "train_classifier")
        time.sleep(random.uniform(0.3, 1.0) * took)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        shutil.rmtree(sliced / "models", ignore_errors=True)  # as DVC does before it runs a stage
    manifest.write_text(codes[0], encoding="utf-8")
    stages.finished(sliced, "train_classifier")
    assert outputs(sliced) == outputs(whole)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_patches_of_one_class_only_end_in_a_text_without_traceback(sliced: Path) -> None:
    tree = YAML(typ="safe").load((sliced / "params.yaml").read_text(encoding="utf-8"))
    tree["slice"]["min_crack_px"] = 64 * 64
    tree["pseudo_label"]["soft_location"]["patch_labels"] = False
    tree["train_segmenter"]["labels"] = tree["pseudo_label"]["methods"]
    tree["self_label"]["labels"] = []
    with (sliced / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    stages.finished(sliced, "slice")
    ended = stages.run(sliced, "train_classifier")
    assert ended.status == 1
    assert ended.stderr.startswith("error: none of the")
    assert "training patches is crack, but a classifier needs both classes; lower slice.min_crack_px" in ended.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backbone", ["resnet50", "alexnet"])
def test_the_papers_own_classifiers_train_from_weights_in_a_file_and_are_scored(sliced: Path, backbone: str) -> None:
    torch.manual_seed(0)
    ready = backbones.create(backbone, classes=5, weights="none")  # of another task: the last layer is dropped
    save_file({name: value.contiguous() for name, value in ready.state_dict().items()}, sliced / "ready.safetensors")
    few = {"patches_per_epoch": 8, "lr": 1e-6}
    prepare(sliced, backbone=backbone, weights="ready.safetensors", **few)
    stages.finished(sliced, "train_classifier")
    assert cards.read(sliced / "models/classifier", kind="classifier")["architecture"] == backbone
    trained = model_files.weights(sliced / "models/classifier/model.safetensors")
    first = next(name for name, value in ready.state_dict().items() if value.ndim == 4)
    torch.testing.assert_close(trained[first], ready.state_dict()[first], atol=1e-4, rtol=0)
    stages.finished(sliced, "score_classifier")
    scores = json.loads((sliced / "metrics/classifier.json").read_text())
    assert 0 <= scores["test"]["auc"] <= 1
