"""Features of a frozen trunk, cached on disk: the rest of the network gives the logits of the whole one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from crackpipe.classify import feature_cache, scoring
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.compute.runtime import start_runtime
from crackpipe.errors import DatasetError, TableError
from crackpipe.files import schemas

UNCHANGED = Augmentation(sides_px=[16], colour_jitter=0.0, colour_jitter_p=0.0, noise_p=0.0)
RUNTIME = start_runtime(device="cpu", precision="fp32", threads=1)


def classifier() -> Classifier:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                            nn.Linear(4, 2))  # fmt: skip
    return Classifier(Named(network), "small", 16, (0.5,) * 3, (0.5,) * 3)


class Named(nn.Module):
    """The parts of a sequence as named children."""

    def __init__(self, network: nn.Sequential) -> None:
        super().__init__()
        for name, part in zip(("conv", "norm", "pool", "flat", "head"), network, strict=True):
            self.add_module(name, part)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        for part in self.children():
            inputs = part(inputs)
        return inputs


PHOTO = np.random.default_rng(0).integers(0, 256, (16, 16 * 40, 3)).astype(np.uint8)


def patches(split: str, *, first: int, n: int, symmetry: int = 0) -> pd.DataFrame:
    columns = np.arange(first, first + n) * 16
    table = pd.DataFrame({"photo_id": f"demo/{split}", "row_px": 0, "col_px": columns, "side_px": 16})
    table = table.assign(symmetry=symmetry, label=np.arange(n) % 2, split=split)
    return table.astype({"label": np.int8, "symmetry": np.int8})


def photo_inputs() -> PhotoInputs:
    photos = {f"demo/{split}": PHOTO for split in ("train", "val", "test")}
    return PhotoInputs(photos, 16, 1, UNCHANGED)


def test_the_rest_gives_for_cached_features_the_logits_of_the_whole_network_for_photographs(tmp_path: Path) -> None:
    model = classifier()
    parts = (patches("train", first=0, n=6, symmetry=5), pd.concat([patches("val", first=6, n=4),
             patches("test", first=10, n=7)], ignore_index=True))  # fmt: skip
    size = feature_cache.write(tmp_path, model, parts, photo_inputs(), RUNTIME, train_from="norm", seed=0)
    cache = feature_cache.load(tmp_path)
    assert cache.features.shape == (17, 4, 4, 4)
    assert size == cache.features.nbytes
    assert cache.patches["photo_id"].is_monotonic_increasing
    names = ["norm", "pool", "flat", "head"]
    rest = Classifier(nn.Sequential(*(getattr(model.network, name) for name in names)), "small", 16, (), ())
    for split in ("train", "val", "test"):
        part = cache.patches[cache.patches["split"] == split].reset_index(drop=True)
        found = scoring.logits(rest, part, cache, RUNTIME)
        expected = scoring.logits(model, part, photo_inputs(), RUNTIME)
        assert len(part) == {"train": 6, "val": 4, "test": 7}[split]
        assert torch.allclose(found, expected, atol=2e-3)  # float16
        assert found.std() > 0.01


def test_patches_as_they_are_have_the_same_features_in_memory_as_in_the_file(tmp_path: Path) -> None:
    scored = pd.concat([patches("val", first=6, n=4), patches("test", first=10, n=7)], ignore_index=True)
    model = classifier()
    parts = (patches("train", first=0, n=6), scored)
    feature_cache.write(tmp_path, model, parts, photo_inputs(), RUNTIME, train_from="norm", seed=0)
    kept = feature_cache.load(tmp_path)
    found = feature_cache.compute(model, scored, photo_inputs(), RUNTIME, train_from="norm")
    rows = kept.patches["feature_row"][kept.patches["split"] != "train"].to_numpy()
    np.testing.assert_array_equal(
        np.sort(kept.features[rows].reshape(len(rows), -1), axis=0),
        np.sort(found.features.reshape(len(rows), -1), axis=0),
    )


def test_training_sees_the_patches_at_the_rows_drawn_with_their_labels(tmp_path: Path) -> None:
    parts = (patches("train", first=0, n=6), patches("test", first=6, n=2))
    feature_cache.write(tmp_path, classifier(), parts, photo_inputs(), RUNTIME, train_from="norm", seed=0)
    cache = feature_cache.load(tmp_path)
    train = cache.patches[cache.patches["split"] == "train"].reset_index(drop=True)
    batches = list(cache.training(train, np.array([5, 0, 3]), batch=2, seed=1, epoch=4))
    assert [labels.tolist() for _, labels in batches] == [[1, 0], [1]]
    seen = torch.cat([features for features, _ in batches]).numpy()
    assert np.array_equal(seen, cache.features[train["feature_row"].to_numpy()[[5, 0, 3]]])


def test_the_same_patches_are_cached_as_the_same_bytes(tmp_path: Path) -> None:
    parts = (patches("train", first=0, n=6), patches("test", first=6, n=2))
    for name in ("a", "b"):
        feature_cache.write(tmp_path / name, classifier(), parts, photo_inputs(), RUNTIME, train_from="norm", seed=0)
    assert (tmp_path / "a" / feature_cache.FILE).read_bytes() == (tmp_path / "b" / feature_cache.FILE).read_bytes()


def test_each_patch_of_a_class_with_few_is_cached_once() -> None:
    table = pd.concat([patches("train", first=0, n=6), patches("val", first=6, n=6)], ignore_index=True)
    table["label"] = (table["col_px"] == 0).astype(np.int8)
    train, scored = feature_cache.draw(table, train=6, val=4, crack_share=0.5, seed=0)
    assert train["label"].tolist() == [1, 0, 0, 0]  # three of the six would be cracks, but there is one
    assert scored["split"].tolist() == ["val"] * 4
    assert schemas.PATCHES.columns.names == [*train.columns]
    with pytest.raises(DatasetError, match="none of the 5 training patches is crack,"):
        feature_cache.draw(table[table["col_px"] != 0], train=6, val=4, crack_share=0.5, seed=0)


def test_an_empty_or_missing_cache_is_an_error_before_the_training(tmp_path: Path) -> None:
    feature_cache.write_empty(tmp_path)
    with pytest.raises(TableError, match=r"holds no patch; run .* after calibrate\.train_from is set"):
        feature_cache.load(tmp_path)
    with pytest.raises(TableError, match="no trunk_features table here"):
        feature_cache.load(tmp_path / "gone")


def test_a_small_source_gives_its_patches_beside_a_large_one() -> None:
    sizes = (("large/p", 4000, 80), ("small/p", 60, 6), ("whole/p", 30, 0))
    table = pd.concat(
        [
            pd.DataFrame({"photo_id": name, "label": (np.arange(n) < cracks).astype(np.int8), "split": "train"})
            for name, n, cracks in sizes
        ],
        ignore_index=True,
    )
    train, scored = feature_cache.draw(table, train=100, val=10, crack_share=None, seed=0)
    assert train.groupby("photo_id")["label"].agg(["size", "sum"]).to_numpy().tolist() == [[100, 2], [60, 6], [30, 0]]
    assert scored.empty
