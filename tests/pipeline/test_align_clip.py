"""The stages that learn from captions, on photographs that have nothing else: no patch label, no classifier."""

import csv
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stages
from ruamel.yaml import YAML

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.models import model_files

ROOT = Path(__file__).parents[2]
EPOCHS = 3
CAPTIONS = ["Crack is observed in the wall. The soundness rating is Ⅲ.", "Leak is observed in the beam."]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def write_captions(folder: Path, *, counts: dict[str, int]) -> None:
    """Dark and bright noise with a caption each."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    rows = []
    for split, count in counts.items():
        for i in range(count):
            pixels = random.integers(0, 60, (48, 64, 3)) + 180 * (i % 2)
            (folder / f"{split}{i}.png").write_bytes(images.encode_rgb(pixels.astype(np.uint8)))
            rows.append({"image": f"{split}{i}.png", "split": split, "caption": CAPTIONS[i % 2]})
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["image", "split", "caption"])
        table.writeheader()
        table.writerows(rows)


def prepare(folder: Path, **changed: Any) -> None:
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "precision": "fp32", "threads": 1, "workers": 2}
    tree["ingest"] |= {"raw": "raw", "sources": [{"name": "captioned", "split": "own", "limit": None}]}
    tree["embed"]["side_px"] = 64
    tree["scale_captions"]["shares"] = [0.5, 1.0]
    tree["align_clip"] |= {
        **{"encoder": "dual", "trunk": "package", "joint_width": 16, "text_width": 32, "text_layers": 1},
        **{"freeze": "image", "views": 2, "epochs": EPOCHS, "patience": 9, "batch": 8, "chunk": 4, "lr": 0.01},
        **{"warmup_steps": 1, "share": 1.0, **changed},
    }
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)


@pytest.fixture
def sliced(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    write_captions(folder / "raw/captioned", counts={"train": 16, "val": 6, "test": 6})
    prepare(folder)
    for stage in ("code", "ingest", "slice"):
        stages.finished(folder, stage)
    return folder


def outputs(folder: Path) -> dict[str, bytes]:
    files = ("model.safetensors", "model.json", "history.csv")
    return {
        f"{name}/{file}": (folder / "models" / name / file).read_bytes()
        for name in ("clip_base", "clip")
        for file in files
    }


def kill_after_an_epoch(folder: Path) -> None:
    process = stages.start(folder, "align_clip")
    deadline = time.monotonic() + 900
    while not list(folder.glob(".checkpoints/align_clip-captions/*/state.pt")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_captions_alone_tune_an_encoder_and_a_killed_run_ends_with_the_same_bytes(sliced: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(sliced, whole)
    stages.finished(whole, "align_clip")
    kill_after_an_epoch(sliced)
    said = stages.finished(sliced, "align_clip").stderr
    assert f"epoch 1/{EPOCHS}" not in said
    assert outputs(sliced) == outputs(whole)
    assert not list(sliced.glob(".checkpoints/align_clip-*/*/"))
    assert not list(sliced.glob(".checkpoints/*-*.tmp"))
    base, tuned = (model_files.weights(whole / f"models/{name}/model.safetensors") for name in ("clip_base", "clip"))
    assert all(value.equal(tuned[name]) for name, value in base.items() if name.startswith("trunk."))
    assert not base["projection.weight"].equal(tuned["projection.weight"])
    assert (whole / "models/clip_base/history.csv").read_text() == "epoch,train_loss,val_loss,scale,best\n"
    history = list(csv.DictReader((whole / "models/clip/history.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["epoch"] for row in history] == ["1", "2", "3"]
    losses = [float(row["val_loss"]) for row in history]
    assert [int(row["best"]) for row in history] == [int(loss == min(losses)) for loss in losses]


def test_without_epochs_the_tuned_encoder_is_the_base(sliced: Path) -> None:
    prepare(sliced, epochs=0)
    stages.finished(sliced, "align_clip")
    found = outputs(sliced)
    assert found["clip/model.safetensors"] == found["clip_base/model.safetensors"]
    assert found["clip/history.csv"] == found["clip_base/history.csv"]


def test_each_share_starts_from_the_base_and_leaves_it_as_it_was(sliced: Path) -> None:
    stages.finished(sliced, "align_clip")
    before = outputs(sliced)
    for share in ("0.5", "1.0"):
        stages.finished(sliced, "scale_captions", share)
    assert outputs(sliced) == before
    tables = [
        parquet.read(sliced / f"data/caption_scaling/{share}.parquet", schemas.CAPTION_SCALING).to_pandas()
        for share in ("0.5", "1.0")
    ]
    rows = [table.iloc[0] for table in tables]
    assert [row["n"] for row in rows] == [8, 16]
    assert [row["share"] for row in rows] == [0.5, 1.0]
    history = list(csv.DictReader((sliced / "models/clip/history.csv").read_text(encoding="utf-8").splitlines()))
    (best,) = (row for row in history if row["best"] == "1")
    # all captions, without patches to mix them with: the same training as align_clip's own
    assert rows[1]["best_epoch"] == int(best["epoch"])
    assert rows[1]["val_loss"] == pytest.approx(float(best["val_loss"]), abs=1e-3)
    assert tables[1]["hit"][tables[1]["split"] == "test"].all()  # two captions only
