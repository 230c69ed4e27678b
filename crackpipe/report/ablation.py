"""Worth of each part of a pseudo-label method: the method with one parameter changed, against ground truth."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.pseudo import labelling, stream
from crackpipe.pseudo.labelling import Item
from crackpipe.pseudo.patch_labels import PatchBox


def score(
    photos: Path,
    localisation_maps: Path,
    *,
    variants: Mapping[str, Mapping[str, dict[str, Any]]],
    splits: Collection[str],
    limit: int,
    crack_free_patches: Mapping[str, list[PatchBox]],
    tolerance_px: int,
    workers: int,
) -> dict[str, Any]:
    """Score ``{method: {variant: {source: {split: scores}}}}`` on photographs with ground truth; memory of a few dozen.

    Args:
        photos, localisation_maps: the tables.
        variants: method → variant → all of the method's settings.
        splits: photographs of these splits are scored.
        limit: at most so many photographs of each source and split, evenly spread.
        crack_free_patches: of training photographs; read where a variant's ``patch_labels`` says so.
    """
    board = Scoreboard(tolerance_px=tolerance_px)
    wanted = _spread(photos, splits=splits, limit=limit)
    truths = _truths(photos, wanted)
    items = stream.items(
        photos,
        localisation_maps,
        crack_free_patches=crack_free_patches,
        workers=workers,
        what="ablate",
        wanted=wanted,
    )
    runs = {
        (method, name): labelling.create_method(method, settings)
        for method, named in variants.items()
        for name, settings in named.items()
    }

    def levels(key: tuple[str, str], item: Item) -> np.ndarray:
        method, name = key
        uses_labels = variants[method][name].get("patch_labels", False)
        return labelling.soft_mask(item if uses_labels else replace(item, crack_possible=None), method=runs[key])

    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            source, split, mask = next(truths)
            truth = images.decode_mask(mask)
            for key, found in zip(runs, pool.map(levels, runs, repeat(item)), strict=True):
                board.add((*key, source, split), item.key, levels=found, truth=truth)
    return board.tree()


def _spread(photos: Path, *, splits: Collection[str], limit: int) -> set[str]:
    """Photographs with ground truth: every n-th of each source and split, so that at most ``limit`` are left."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split", "mask"]):
        if row["split"] in splits and row["mask"] is not None:
            groups.setdefault((row["source"], row["split"]), []).append(row["photo_id"])
    return {name for names in groups.values() for name in names[:: -(-len(names) // limit)]}


def _truths(photos: Path, wanted: Collection[str]) -> Iterator[tuple[str, str, bytes]]:
    for row in parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split", "mask"]):
        if row["photo_id"] in wanted:
            yield row["source"], row["split"], row["mask"]
