"""Pairs for the alignment: which patches and captions, with which texts and keys."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from crackpipe import images, models, tables
from crackpipe.classify import classifier
from crackpipe.clip import pairing
from crackpipe.clip.encoder import DualEncoder
from crackpipe.errors import ModelError
from crackpipe.runtime import Runtime


def patch_table(*, train: list[int], test: list[int]) -> pd.DataFrame:
    labels = [*train, *test]
    return pd.DataFrame(
        {
            "photo_id": [f"demo/{i % 2}" for i in range(len(labels))],
            "row_px": 0,
            "col_px": [4 * (i // 2) for i in range(len(labels))],
            "side_px": 32,
            "symmetry": [i % 8 for i in range(len(labels))],
            "label": np.array(labels, np.int8),
            "split": ["train"] * len(train) + ["test"] * len(test),
        }
    )


def two_photos() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {f"demo/{i}": random.integers(0, 256, (40 + 8 * i, 72, 3), dtype=np.uint8) for i in range(2)}


def test_half_of_the_drawn_patches_are_cracks_and_none_is_a_test_patch() -> None:
    table = patch_table(train=[1] * 4 + [0] * 20, test=[1] * 9)
    drawn = pairing.draw_patches(table, count=8, seed=0)
    assert drawn["label"].sum() == 4
    assert set(drawn["split"]) == {"train"}
    assert drawn.index.tolist() == list(range(8))
    pd.testing.assert_frame_equal(drawn, pairing.draw_patches(table, count=8, seed=0))
    assert not drawn.equals(pairing.draw_patches(table, count=8, seed=1))


def test_only_captioned_training_photographs_are_read(tmp_path: Path) -> None:
    picture = images.encode_rgb(np.zeros((4, 4, 3), np.uint8))

    def row(name: str, split: str, caption: str | None) -> dict:
        plain = {"source": "s", "height_px": 4, "width_px": 4, "image": picture, "mask": None, "label": None}
        empty = {"attributes": None, "mm_per_px": None}
        return {"photo_id": name, "split": split, "group_id": name, "caption": caption, **plain, **empty}

    rows = [
        row("s/a", "train", "Leak."),
        row("s/b", "train", None),
        row("s/c", "test", "Leak."),
        row("s/d", "train", ""),
    ]
    tables.write_shards(tmp_path, tables.PHOTOS, rows)
    assert pairing.captioned(tmp_path)["photo_id"].tolist() == ["s/a", "s/d"]


def test_a_patch_goes_with_the_prompts_of_its_label(encoder: DualEncoder, machine: Runtime) -> None:
    patches = patch_table(train=[1, 0, 1], test=[])
    pairs = pairing.from_patches(
        encoder, patches, two_photos(), machine, side_px=32, workers=1, prompts=(["whole"], ["crack", "split"])
    )
    assert pairs.texts == [["crack", "split"], ["whole"], ["crack", "split"]]
    assert pairs.keys.tolist() == [1, 0, 1]
    first = torch.from_numpy(two_photos()["demo/0"][:32, :32].copy()).permute(2, 0, 1)[None]
    with torch.no_grad():
        wanted = encoder.features(encoder.prepare(first, machine))
    torch.testing.assert_close(pairs.features[:1], wanted, atol=1e-4, rtol=1e-4)


def test_photographs_of_one_caption_share_a_key(encoder: DualEncoder, machine: Runtime) -> None:
    photos = two_photos() | {"demo/2": np.full((64, 32, 3), 9, np.uint8)}
    captions = pd.DataFrame({"photo_id": sorted(photos), "caption": ["Leak.", "Crack.", "Leak."]})
    pairs = pairing.from_captions(encoder, captions, photos, machine)
    assert pairs.texts == [["Leak."], ["Crack."], ["Leak."]]
    assert pairs.keys[0] == pairs.keys[2] != pairs.keys[1]
    assert pairs.features.shape == (3, encoder.projection.in_features)


def test_the_trunk_is_the_trained_classifiers_own(machine: Runtime, tmp_path: Path) -> None:
    torch.manual_seed(5)
    trained = classifier.create(backbone="test_efficientnet", weights="none", side_px=32)
    classifier.save(tmp_path, trained)
    eyes, spec = pairing.dual_encoder(tmp_path, joint_width=8, text_width=32, text_layers=1)
    assert spec == {
        "architecture": "dual",
        "backbone": "test_efficientnet",
        "joint_width": 8,
        "text_width": 32,
        "text_layers": 1,
    }
    assert not any(parameter.requires_grad for parameter in eyes.trunk.parameters())
    inputs = torch.randn(1, 3, 64, 64)
    network = trained.network.eval()
    with torch.no_grad():
        pooled = network.forward_head(network.forward_features(inputs), pre_logits=True)
        torch.testing.assert_close(eyes.eval().features(inputs), pooled)


def test_a_folder_of_another_kind_is_refused(encoder: DualEncoder, tmp_path: Path) -> None:
    models.save(tmp_path, encoder, {"kind": "clip"})
    with pytest.raises(ModelError, match="holds a 'clip', but a 'classifier' is needed here"):
        pairing.dual_encoder(tmp_path, joint_width=8, text_width=32, text_layers=1)
