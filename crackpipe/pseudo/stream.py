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
from crackpipe.pseudo.labelling import Item, ahead
from crackpipe.pseudo.patch_labels import Place


def items(
    photos: Path,
    localisation_maps: Path,
    *,
    none: Mapping[str, list[Place]],
    workers: int,
    what: str,
    wanted: Collection[str] | None = None,
) -> Iterator[Item]:
    """Decode each photograph and join its localisation maps; memory of a few dozen photographs.

    Args:
        photos, localisation_maps: the tables.
        none: patches without a crack by photograph, from :func:`patch_labels.without_crack`.
        what: name of the progress bar.
        wanted: the photographs to take; ``None`` takes all.

    Raises:
        TableError: a photograph has no localisation maps.
    """
    images_of = decoded.photographs(photos, wanted=wanted, workers=workers, what=what, ahead=ahead(workers))
    grids: Iterator[tuple[Any, list[parquet.Row]]] = parquet.grouped(localisation_maps, schemas.LOCALISATION_MAPS)
    if wanted is not None:
        grids = (group for group in grids if group[0] in wanted)
    joined = parquet.joined(
        ({"photo_id": photo_id, "image": image} for photo_id, image in images_of),
        {localisation_maps: grids},
        where=str,
        stage=lambda _: "localisation_maps",
    )
    for row, found in joined:
        height, width = row["image"].shape[:2]
        labelled = none.get(row["photo_id"])
        possible = None if labelled is None else patch_labels.possible(labelled, height=height, width=width)
        yield Item(row["photo_id"], row["image"], tuple(found[localisation_maps]), possible)


def row(photo_id: str, levels: UInt8[np.ndarray, "h w"], *, method: str, binarise: float) -> parquet.Row:
    """Row of the ``pseudo_labels`` table."""
    crack_px = int(images.at_least(levels, binarise).sum())
    return {"photo_id": photo_id, "method": method, "mask": images.encode_grey(levels), "crack_px": crack_px}


def truth(photos: Path, *, binarise: float) -> Iterator[parquet.Row]:
    """Ground truth as labels, of the photographs that have one: what fully supervised rows are trained on."""
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "mask"])
    for found in console.bar(rows, what="labels (truth)", total=parquet.count(photos, schemas.PHOTOS), unit="photos"):
        if found["mask"] is not None:
            levels = images.decode_mask(found["mask"]).astype(np.uint8) * np.uint8(255)
            yield row(found["photo_id"], levels, method="truth", binarise=binarise)


def labels(
    made: Iterator[tuple[Any, np.ndarray, UInt8[np.ndarray, "_h _w"]]], *, method: str, binarise: float
) -> Iterator[parquet.Row]:
    """Rows of what :func:`labelling.label` yields."""
    for photo_id, _, levels in made:
        yield row(photo_id, levels, method=method, binarise=binarise)
