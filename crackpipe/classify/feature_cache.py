"""Features that a frozen trunk computes of patches, once for all losses and seeds, which train the rest on them."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from jaxtyping import Float16, Int

from crackpipe import console
from crackpipe.classify import scoring, trunk
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.training_inputs import Inputs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data import patch_draw, patch_pixels
from crackpipe.data.patch_pixels import PatchBatch
from crackpipe.errors import TableError
from crackpipe.files import arrow, schemas, table_checks

FILE = "patches.arrow"


@dataclass(frozen=True, slots=True)
class FeatureCache:
    """Patches with their features; training sees each as it was augmented before, the same in every epoch.

    Attributes:
        patches: rows of the ``patches`` table, with a column ``feature_row``: their rows of ``features``.
        features: (n, channels, rows, columns); memory-mapped by :func:`load`, in memory by :func:`compute`.
    """

    patches: pd.DataFrame
    features: Float16[np.ndarray, "n c h w"]

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[PatchBatch]:
        """Yield the features of patches in order, ``batch`` at a time."""
        return self._batches(patches, np.arange(len(patches)), batch=batch)

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[PatchBatch]:
        """Yield the features of the patches at ``order``; nothing more is drawn by ``seed`` and ``epoch``."""
        return self._batches(patches, order, batch=batch)

    def _batches(self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int) -> Iterator[PatchBatch]:
        feature_rows, labels = patches["feature_row"].to_numpy(), patches["label"].to_numpy(np.int64)
        for part in patch_pixels.chunks(order, batch):
            yield torch.from_numpy(self.features[feature_rows[part]]), torch.from_numpy(labels[part])


def draw(
    patches: pd.DataFrame, *, train: int, val: int, crack_share: float | None, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the patches to compute features of, so many of each source.

    Args:
        patches: rows of the ``patches`` table.
        train, val: at most so many patches of each split and source.
        crack_share: share of a source's training patches that are cracks, where it has both classes; ``None``: as many
            as there are.
        seed: of the draw.

    Returns:
        Patches to train on, and patches of validation.

    Raises:
        DatasetError: the training patches of all sources are of one class only.
    """
    parts, trained_on = [], patches[patches["split"] == "train"]
    patch_draw.check_classes(trained_on["label"].to_numpy())
    for _, part in trained_on.groupby(scoring.sources_of(trained_on)):
        count, labels = min(train, len(part)), part["label"].to_numpy()
        if len(np.unique(labels)) < 2:
            order = seeds.generator(seed).permutation(len(part))[:count]
        else:
            order = patch_draw.draw(labels, count=count, crack_share=crack_share, seed=seed, epoch=0)
        parts.append(part.iloc[np.unique(order)])  # a class with too few was drawn from again
    drawn = pd.concat([patches.iloc[:0], *parts], ignore_index=True)
    return drawn, scoring.choose(patches, val=val, test=0, seed=seed)


def write(
    folder: Path,
    model: Classifier,
    parts: tuple[pd.DataFrame, pd.DataFrame],
    inputs: Inputs,
    runtime: Runtime,
    *,
    train_from: str,
    seed: int,
) -> int:
    """Compute the features that the trunk of ``model`` before ``train_from`` gives of patches, and write them.

    Args:
        folder: takes the file.
        model: whole, on the device of ``runtime``.
        parts: patches to train on, which are augmented by ``seed``, and others, which are not; see :func:`draw`.
        inputs: gives the pixels of patches.
        runtime: device and precision.
        train_from: part of the network after the trunk; see :func:`trunk.split`.
        seed: of the augmentation.

    Returns:
        Size of the features, bytes.

    Raises:
        ModelError: there is no part ``train_from``.
    """
    train, scored = parts
    augmented = inputs.training(train, np.arange(len(train)), batch=scoring.BATCH, seed=seed, epoch=0)
    batches = itertools.chain(augmented, inputs.plain(scored, batch=scoring.BATCH))
    total = sum(-(-len(part) // scoring.BATCH) for part in parts)
    features = _features(model, batches, runtime, train_from=train_from, total=total)
    patches = pd.concat(parts, ignore_index=True)
    order = patches.sort_values(list(schemas.PATCHES.key)).index.to_numpy()
    _write(folder, patches.iloc[order], features[order])
    return int(features.nbytes)


def compute(
    model: Classifier, patches: pd.DataFrame, inputs: Inputs, runtime: Runtime, *, train_from: str
) -> FeatureCache:
    """Compute the features that the trunk gives of patches as they are, and keep them in memory.

    Args:
        model, inputs, runtime, train_from: as for :func:`write`.
        patches: rows of the ``patches`` table.

    Raises:
        ModelError: there is no part ``train_from``.
    """
    batches = inputs.plain(patches, batch=scoring.BATCH)
    total = -(-len(patches) // scoring.BATCH)
    features = _features(model, batches, runtime, train_from=train_from, total=total)
    return FeatureCache(patches.assign(feature_row=np.arange(len(patches))), features)


def write_empty(folder: Path) -> None:
    """Write a table without patches, for a comparison that trains whole networks."""
    _write(folder, pd.DataFrame(columns=schemas.PATCHES.columns.names), np.zeros((0, 1, 1, 1), np.float16))


def load(folder: Path) -> FeatureCache:
    """Map the patches and features that :func:`write` has written into memory.

    Raises:
        TableError: the table is missing, empty, or of another version.
    """
    path = folder / FILE
    table = arrow.read(path, name="trunk_features")
    schema = schemas.trunk_features(shape=tuple(table.schema.field("features").type.shape))
    table_checks.expect(path, schema, table.schema)
    if not table.num_rows:
        raise TableError(f"{path}: holds no patch; run `dvc repro` after calibrate.train_from is set")
    patches = table.drop_columns(["features"]).to_pandas()
    features = table["features"].chunk(0).to_numpy_ndarray()
    return FeatureCache(patches.assign(feature_row=np.arange(len(patches))), features)


def _features(
    model: Classifier, batches: Iterable[PatchBatch], runtime: Runtime, *, train_from: str, total: int
) -> Float16[np.ndarray, "n c h w"]:
    frozen, _ = trunk.split(model.network, train_from=train_from)
    frozen.eval()
    parts = []
    for pixels, _ in console.bar(batches, what="trunk features", total=total, unit="batches"):
        with torch.inference_mode(), runtime.autocast():
            parts.append(frozen(model.prepare(pixels, runtime)).half().cpu().contiguous())
    return torch.cat(parts).numpy()


def _write(folder: Path, patches: pd.DataFrame, features: Float16[np.ndarray, "n c h w"]) -> None:
    schema = schemas.trunk_features(shape=features.shape[1:])
    kind = schema.columns.field("features").type
    flat = pa.FixedSizeListArray.from_arrays(pa.array(features.reshape(-1)), prod(features.shape[1:]))
    table = pa.Table.from_pandas(patches, schema=schemas.PATCHES.columns, preserve_index=False)
    columns = table.replace_schema_metadata(None).append_column("features", pa.ExtensionArray.from_storage(kind, flat))
    arrow.write(folder / FILE, schema, columns)
