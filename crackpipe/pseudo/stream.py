"""The tables that a pseudo-label is made of, joined photograph by photograph, and the rows that come out."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe import images, progress, schemas, tables
from crackpipe.errors import CrackpipeError
from crackpipe.pseudo import patch_labels
from crackpipe.pseudo.labelling import Item, ahead
from crackpipe.pseudo.patch_labels import Place


def items(
    photos: Path,
    evidence: Path,
    *,
    none: Mapping[str, list[Place]],
    workers: int,
    what: str,
    wanted: Collection[str] | None = None,
) -> Iterator[Item]:
    """Decode each photograph and join its evidence; memory of a few dozen photographs.

    Args:
        photos, evidence: the tables.
        none: patches without a crack by photograph, from :func:`patch_labels.without_crack`.
        what: name of the progress bar.
        wanted: the photographs to take; ``None`` takes all.

    Raises:
        CrackpipeError: a photograph has no evidence.
    """
    rows = tables.scan(photos, schemas.PHOTOS, columns=["photo_id", "image"])
    total = tables.count(photos, schemas.PHOTOS)
    if wanted is not None:
        rows, total = (row for row in rows if row["photo_id"] in wanted), len(wanted)
    bar = progress.bar(rows, what=what, total=total, unit="photos")
    decoded = progress.prefetch(
        lambda row: (row["photo_id"], images.decode_rgb(row["image"])), bar, workers=workers, ahead=ahead(workers)
    )
    found: Iterator[tuple[Any, list[tables.Row]]] = tables.grouped(evidence, schemas.EVIDENCE)
    if wanted is not None:
        found = (group for group in found if group[0] in wanted)
    for photo_id, image in decoded:
        owner, grids = next(found, (None, []))
        if owner != photo_id:
            raise CrackpipeError(
                f"{evidence}: next photograph is {owner!r}, but the photos table has {photo_id!r}; "
                "run `dvc repro evidence` again"
            )
        height, width = image.shape[:2]
        labelled = none.get(photo_id)
        possible = None if labelled is None else patch_labels.possible(labelled, height=height, width=width)
        yield Item(photo_id, image, tuple(grids), possible)


def row(photo_id: str, levels: UInt8[np.ndarray, "h w"], *, method: str, binarise: float) -> tables.Row:
    """Row of the ``pseudo_labels`` table."""
    crack_px = int(images.at_least(levels, binarise).sum())
    return {"photo_id": photo_id, "method": method, "mask": images.encode_grey(levels), "crack_px": crack_px}


def truth(photos: Path, *, binarise: float) -> Iterator[tables.Row]:
    """Ground truth as labels, of the photographs that have one: what fully supervised rows are trained on."""
    rows = tables.scan(photos, schemas.PHOTOS, columns=["photo_id", "mask"])
    for found in progress.bar(rows, what="labels (truth)", total=tables.count(photos, schemas.PHOTOS), unit="photos"):
        if found["mask"] is not None:
            levels = images.decode_mask(found["mask"]).astype(np.uint8) * np.uint8(255)
            yield row(found["photo_id"], levels, method="truth", binarise=binarise)


def labels(
    made: Iterator[tuple[Any, np.ndarray, UInt8[np.ndarray, "_h _w"]]], *, method: str, binarise: float
) -> Iterator[tables.Row]:
    """Rows of what :func:`labelling.label` yields."""
    for photo_id, _, levels in made:
        yield row(photo_id, levels, method=method, binarise=binarise)
