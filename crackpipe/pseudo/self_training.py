"""Labels by self-training: masks of a segmenter that learned from weaker labels, within the patch labels.

A network averages over the faults of the labels that it learns from, so that its masks of the very same photographs
are better labels than those; and where a training patch is labelled none there is no crack, whatever the network says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import patch_labels, stream
from crackpipe.pseudo.patch_labels import PatchBox

Segment = Callable[..., UInt8[np.ndarray, "_h _w"]]  # (photograph, what=its name) → confidence 0–255


def rows(
    photos: Path,
    masks: Path | None,
    *,
    segment: Segment,
    crack_free_patches: Mapping[str, Sequence[PatchBox]],
    method: str,
    binarise: float,
    workers: int,
) -> Iterator[parquet.Row]:
    """Rows of the ``pseudo_labels`` table for every photograph; memory of a few photographs.

    Args:
        photos, masks: the tables; a photograph that ``masks`` holds already, made by the same segmenter with the same
            settings, is not segmented again. ``None``: all are.
        segment: the teacher.
        crack_free_patches: by training photograph, from :func:`patch_labels.crack_free_patches`.
        method, binarise: as in :func:`stream.label_row`.
        workers: threads that decode.
    """
    mask_rows = iter(()) if masks is None else parquet.scan(masks, schemas.MASKS)
    mask_row = next(mask_rows, None)
    for photo_id, image in decoded.photographs(photos, workers=workers, what=f"labels ({method})"):
        if mask_row is not None and mask_row["photo_id"] == photo_id:
            levels = images.decode_grey(mask_row["mask"])
            mask_row = next(mask_rows, None)
        else:
            levels = segment(image, what=photo_id)
        if photo_id in crack_free_patches:
            height, width = levels.shape
            possible = patch_labels.crack_possible(crack_free_patches[photo_id], height=height, width=width)
            levels = np.where(possible, levels, np.uint8(0))
        yield stream.label_row(photo_id, levels, method=method, binarise=binarise)
