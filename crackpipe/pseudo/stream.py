"""The tables that a pseudo-label is made of, joined photograph by photograph, and the rows that come out."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe import console
from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import patch_labels
from crackpipe.pseudo.labelling import Item, photographs_ahead
from crackpipe.pseudo.patch_labels import PatchBox


def items(
    photos: Path,
    localisation_maps: Path,
    *,
    crack_free_patches: Mapping[str, list[PatchBox]],
    workers: int,
    what: str,
    wanted: Collection[str] | None = None,
) -> Iterator[Item]:
    """Decode each photograph and join its localisation maps; memory of a few dozen photographs.

    Args:
        photos, localisation_maps: the tables.
        crack_free_patches: by photograph, from :func:`patch_labels.crack_free_patches`.
        workers: threads that decode.
        what: name of the progress bar.
        wanted: photo_ids to take; ``None`` takes all.

    Raises:
        TableError: a photograph has no localisation maps.
    """
    photographs = decoded.photographs(
        photos, wanted=wanted, workers=workers, what=what, ahead=photographs_ahead(workers)
    )
    groups: Iterator[tuple[Any, list[parquet.Row]]] = parquet.grouped(localisation_maps, schemas.LOCALISATION_MAPS)
    if wanted is not None:
        groups = (group for group in groups if group[0] in wanted)
    joined = parquet.joined(
        ({"photo_id": photo_id, "image": image} for photo_id, image in photographs),
        {localisation_maps: groups},
        where=str,
        stage=lambda _: "localisation_maps",
    )
    for photo, others in joined:
        height, width = photo["image"].shape[:2]
        crack_free = crack_free_patches.get(photo["photo_id"])
        possible = None if crack_free is None else patch_labels.crack_possible(crack_free, height=height, width=width)
        yield Item(photo["photo_id"], photo["image"], tuple(others[localisation_maps]), possible)


def label_row(photo_id: str, levels: UInt8[np.ndarray, "h w"], *, method: str, binarise: float) -> parquet.Row:
    """Row of the ``pseudo_labels`` table.

    Args:
        photo_id: of the photograph.
        levels: confidence, 0–255.
        method: name of what made the label.
        binarise: confidence (0–1) from which a pixel counts as crack.
    """
    crack_px = int(images.at_least(levels, binarise).sum())
    row = {"photo_id": photo_id, "method": method, "mask": images.encode_grey(levels)}
    return row | {"binarise": binarise, "crack_px": crack_px}


def truth_rows(photos: Path, *, binarise: float) -> Iterator[parquet.Row]:
    """Ground truth as labels, of the photographs that have one: fully supervised segmenters are trained on these.

    Args:
        photos: the table.
        binarise: as in :func:`label_row`.
    """
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "mask"])
    for photo in console.bar(rows, what="labels (truth)", total=parquet.count(photos, schemas.PHOTOS), unit="photos"):
        if photo["mask"] is not None:
            levels = images.decode_mask(photo["mask"]).astype(np.uint8) * np.uint8(255)
            yield label_row(photo["photo_id"], levels, method="truth", binarise=binarise)


def label_rows(
    labelled: Iterator[tuple[Any, np.ndarray, UInt8[np.ndarray, "_h _w"]]], *, method: str, binarise: float
) -> Iterator[parquet.Row]:
    """Rows of the photographs that :func:`labelling.label` yields, whose key is their photo_id.

    Args:
        labelled: (photo_id, photograph, confidence 0–255).
        method, binarise: as in :func:`label_row`.
    """
    for photo_id, _, levels in labelled:
        yield label_row(photo_id, levels, method=method, binarise=binarise)
