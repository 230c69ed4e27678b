"""Data of few-shot trials: embedded patches of the pool, of the test set and of another kind, and class directions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int64

from crackpipe.clip import embedding_file
from crackpipe.data import class_counts
from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas


@dataclass(frozen=True, slots=True)
class Patches:
    """Embedded patches of one split.

    Attributes:
        item_ids: name of each patch.
        vectors: of length 1.
        labels: 1 crack, 0 none.
        sources: source of each patch's photograph.
        group_ids: structure on each patch's photograph.
    """

    item_ids: list[str]
    vectors: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, "n"]
    sources: list[str]
    group_ids: list[str]

    def __len__(self) -> int:
        return len(self.item_ids)


@dataclass(frozen=True, slots=True)
class FewShotData:
    """All patches of a few-shot trial.

    Attributes:
        pool: patches that subsets are drawn from.
        test: patches that heads are scored on.
        ood: patches of photographs of another kind (out of distribution); may be empty.
        classes: directions of the texts of no crack and of crack, of length 1.
    """

    pool: Patches
    test: Patches
    ood: Patches
    classes: Float32[np.ndarray, "2 d"]


def load(folder: Path) -> FewShotData:
    """Read and check the tables that the stage ``embed_patches`` has written.

    Raises:
        TableError: a table is missing or of another run, or see :func:`check`.
    """
    listed = parquet.read(folder / embedding_file.ITEMS, schemas.FEW_SHOT_ITEMS).to_pandas()
    pool, test, ood = (_patches(folder, listed, split) for split in ("pool", "test", "ood"))
    embedded = embedding_file.load(folder, kind="class", split="class")
    by_name = dict(zip(embedded.item_ids, embedded.vectors.astype(np.float32), strict=True))
    if set(by_name) != set(embedding_file.CLASSES):
        raise TableError(f"{folder}: holds classes {sorted(by_name)}; run `dvc repro embed_patches` again")
    data = FewShotData(pool, test, ood, np.stack([by_name[name] for name in embedding_file.CLASSES]))
    check(data)
    return data


def check(data: FewShotData) -> None:
    """Check the data for faults that training would stumble over, or silently profit from.

    Raises:
        TableError: an embedding is not finite, a class is missing from pool or test, or an item, a structure or an
            embedding is in both pool and test.
    """
    parts = {"pool": data.pool, "test": data.test, "ood": data.ood}
    for name, part in parts.items():
        wrong = np.flatnonzero(~np.isfinite(part.vectors).all(axis=1))
        if len(wrong):
            raise TableError(
                f"{name}: the embedding of {part.item_ids[wrong[0]]} is not finite ({len(wrong)} such); the encoder "
                "has diverged, or runs in a precision too low for it: set runtime.precision to fp32"
            )
    if not np.isfinite(data.classes).all():
        raise TableError("the classes' texts have embeddings that are not finite; the encoder has diverged")
    for name in ("pool", "test"):
        check_classes(parts[name].labels, where=name)
    _check_apart(data.pool, data.test)


def check_classes(labels: Int64[np.ndarray, "n"], *, where: str) -> None:
    """Check that there are patches of both classes.

    Args:
        labels: 1 crack, 0 none.
        where: names the part of the data, for the error.

    Raises:
        TableError: there are not.
    """
    counts = class_counts.count(labels)
    if min(counts.values()) == 0:
        listed = " and ".join(f"{count} {name}" for name, count in counts.items())
        raise TableError(f"{where}: has {listed} patches, but at least one of each class is needed; add some")


def _check_apart(pool: Patches, test: Patches) -> None:
    in_pool = {vector.tobytes(): item_id for vector, item_id in zip(pool.vectors, pool.item_ids, strict=True)}
    shared = [
        (item_id, in_pool[vector.tobytes()])
        for vector, item_id in zip(test.vectors, test.item_ids, strict=True)
        if vector.tobytes() in in_pool
    ]
    groups = sorted(set(pool.group_ids) & set(test.group_ids))
    if groups:
        raise TableError(
            f"pool and test share {len(groups)} structures, first {groups[0]!r}, so the test would say nothing "
            "about new structures; run `dvc repro ingest` again, or mend group_id"
        )
    if shared:
        raise TableError(
            f"pool and test share {len(shared)} patches with the same embedding, first {shared[0][0]} of test and "
            f"{shared[0][1]} of pool; take the copies away from the photographs, and run `dvc repro` again"
        )


def _patches(folder: Path, listed: pd.DataFrame, split: str) -> Patches:
    part = listed[listed["split"] == split]
    embedded = embedding_file.load(folder, kind="image", split=split)
    if embedded.item_ids != part["item_id"].tolist():
        raise TableError(f"{folder}: embeddings and items of {split} differ; run `dvc repro embed_patches` again")
    vectors, labels = embedded.vectors.astype(np.float32), part["label"].to_numpy(np.int64)
    return Patches(embedded.item_ids, vectors, labels, part["source"].tolist(), part["group_id"].tolist())
