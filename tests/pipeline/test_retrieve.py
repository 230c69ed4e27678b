"""Captioned photographs go through `embed` and `retrieve`, with both encoders, and end in metrics/bridge.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stages
import torch
from ruamel.yaml import YAML

from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}
SPLITS = ("train", "train", "val", "test")
COLOURS = {"crack": 40, "rust": 120, "stain": 220}


def photograph(number: int, damage: str) -> parquet.Row:
    random = np.random.default_rng(number)
    pixels = (COLOURS[damage] + random.integers(0, 30, (40, 60, 3))).astype(np.uint8)
    name = f"s/{damage}{number:02d}"
    known = {"photo_id": name, "source": "s", "split": SPLITS[number % 4], "group_id": name}
    told = {"damage": [damage], "location": [("wall", "beam")[number % 2]], "soundness": "Ⅱ", "measure": None}
    said = {"caption": f"{damage} is observed.", "attributes": told}
    empty = dict.fromkeys(("mask", "label", "mm_per_px"))
    return {**known, "height_px": 40, "width_px": 60, **empty, **said, "image": images.encode_rgb(pixels)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "precision": "fp32", "threads": 1, "workers": 2}
    tree["embed"] |= {"side_px": 32, "batch": 4}
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    rows = [photograph(number, damage) for damage in COLOURS for number in range(8)]
    parquet.write_shards(tmp_path / "data/photos", schemas.PHOTOS, rows)
    for seed, name in enumerate(("clip_base", "clip")):
        torch.manual_seed(seed)
        encoder_files.save(tmp_path / "models" / name, DualEncoder(**SPEC), {"architecture": "dual", **SPEC})
    return tmp_path


def test_both_encoders_are_scored_on_the_test_split(project: Path) -> None:
    for name in ("base", "tuned"):
        done = stages.finished(project, "embed", name)
        assert done.stdout == f"embed ({name}): 24 photographs, 9 captions\n"
    done = stages.finished(project, "retrieve")
    assert (
        "retrieve (tuned): no soundness, because every photograph of train that has one has the same: Ⅱ" in done.stdout
    )
    text = (project / "metrics/bridge.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert sorted(found) == ["base", "tuned"]
    for scores in found.values():
        assert sorted(scores) == ["absent", "attribute_match", "knn", "linear", "majority", "n", "retrieval"]
        assert sorted(scores["absent"]) == ["measure", "soundness"]
        assert scores["linear"]["damage"] == 1  # of three greys that any network tells apart
        assert scores["majority"]["damage"] < 0.5
    vectors = [(project / f"data/embeddings/{name}/embeddings.arrow").read_bytes() for name in ("base", "tuned")]
    assert vectors[0] != vectors[1]
    stages.finished(project, "retrieve")
    assert (project / "metrics/bridge.json").read_text(encoding="utf-8") == text


def test_another_name_than_base_or_tuned_is_refused(project: Path) -> None:
    done = stages.run(project, "embed", "best")
    assert (done.status, done.stderr) == (1, "error: MODEL: got 'best', expected one of base, tuned\n")
