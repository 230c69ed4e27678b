"""What a frozen trunk sees of patches, computed once: losses and seeds then train the rest of the network on it."""

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
from torch import Tensor, nn

from crackpipe import console
from crackpipe.classify import scoring, trunk
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.training_inputs import Inputs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data import patch_draw, patch_pixels
from crackpipe.data.patch_pixels import PatchBatch
from crackpipe.errors import TableError
from crackpipe.files import arrow, parquet, schemas

FILE = "patches.arrow"


@dataclass(frozen=True, slots=True)
class Kept:
    """Kept patches; the column ``place`` says where in ``features`` a patch is.

    Training sees each as it was augmented when it was kept, the same in every epoch.
    """

    patches: pd.DataFrame
    features: Float16[np.ndarray, "n c h w"]

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[PatchBatch]:
        """The patches as they were kept, in order."""
        return self._batches(patches, np.arange(len(patches)), batch=batch)

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[PatchBatch]:
        """The patches at ``order``; nothing more is drawn by ``seed`` and ``epoch``."""
        return self._batches(patches, order, batch=batch)

    def _batches(self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int) -> Iterator[PatchBatch]:
        places, labels = patches["place"].to_numpy(), patches["label"].to_numpy(np.int64)
        for part in patch_pixels.chunks(order, batch):
            yield torch.from_numpy(self.features[places[part]]), torch.from_numpy(labels[part])


def draw(
    patches: pd.DataFrame, *, train: int, val: int, test: int, crack_share: float | None, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """At most ``train`` patches to train on, ``val`` of validation and ``test`` of test; so many of each source.

    ``crack_share`` of a source's training patches are cracks, where it has both classes.

    Raises:
        DatasetError: the training patches of all sources are of one class only.
    """
    parts, every = [], patches[patches["split"] == "train"]
    patch_draw.check_classes(every["label"].to_numpy())
    for _, own in every.groupby(scoring.sources_of(every)):
        count, labels = min(train, len(own)), own["label"].to_numpy()
        if len(np.unique(labels)) < 2:
            order = seeds.generator(seed).permutation(len(own))[:count]
        else:
            order = patch_draw.draw(labels, count=count, crack_share=crack_share, seed=seed, epoch=0)
        parts.append(own.iloc[np.unique(order)])  # a class with too few was drawn from again
    chosen = pd.concat([patches.iloc[:0], *parts], ignore_index=True)
    return chosen, scoring.choose_of_each_source(patches, val=val, test=test, seed=seed)


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
    """Keep what the trunk of ``model`` before ``train_from`` sees of patches; return the size in bytes.

    Args:
        parts: patches to train on, which are augmented by ``seed``, and others, which are not; see :func:`draw`.

    Raises:
        ModelError: there is no part ``train_from``.
    """
    frozen, _ = trunk.split(model.network, train_from=train_from)
    train, scored = parts
    augmented = inputs.training(train, np.arange(len(train)), batch=scoring.BATCH, seed=seed, epoch=0)
    both = itertools.chain(augmented, inputs.plain(scored, batch=scoring.BATCH))
    total = sum(-(-len(part) // scoring.BATCH) for part in parts)
    bar = console.bar(both, what="trunk sees patches", total=total, unit="batches")
    seen = torch.cat(list(_see(frozen, model, bar, runtime))).numpy()
    listed = pd.concat(parts, ignore_index=True)
    order = listed.sort_values(list(schemas.PATCHES.key)).index.to_numpy()
    _write(folder, listed.iloc[order], seen[order])
    return int(seen.nbytes)


def write_nothing(folder: Path) -> None:
    """What :func:`write` writes for a comparison that trains whole networks."""
    _write(folder, pd.DataFrame(columns=schemas.PATCHES.columns.names), np.zeros((0, 1, 1, 1), np.float16))


def load(folder: Path) -> Kept:
    """Map what :func:`write` has written.

    Raises:
        TableError: it is missing, empty, or of another version.
    """
    path = folder / FILE
    found = arrow.read(path, name="trunk_features")
    parquet.expect(path, schemas.trunk_features(shape=tuple(found.schema.field("features").type.shape)), found.schema)
    if not found.num_rows:
        raise TableError(f"{path}: holds no patch; run `dvc repro` after calibrate.train_from is set")
    patches = found.drop_columns(["features"]).to_pandas()
    return Kept(patches.assign(place=np.arange(len(patches))), found["features"].chunk(0).to_numpy_ndarray())


def _see(frozen: nn.Module, model: Classifier, batches: Iterable[PatchBatch], runtime: Runtime) -> Iterator[Tensor]:
    frozen.eval()
    for pixels, _ in batches:
        with torch.inference_mode(), runtime.autocast():
            yield frozen(model.prepare(pixels, runtime)).half().cpu().contiguous()


def _write(folder: Path, patches: pd.DataFrame, features: Float16[np.ndarray, "n c h w"]) -> None:
    schema = schemas.trunk_features(shape=features.shape[1:])
    kind = schema.columns.field("features").type
    flat = pa.FixedSizeListArray.from_arrays(pa.array(features.reshape(-1)), prod(features.shape[1:]))
    listed = pa.Table.from_pandas(patches, schema=schemas.PATCHES.columns, preserve_index=False)
    columns = listed.replace_schema_metadata(None).append_column("features", pa.ExtensionArray.from_storage(kind, flat))
    arrow.write(folder / FILE, schema, columns)
