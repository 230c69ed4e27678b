"""Labels by self-training: masks of a segmenter that learned from weaker labels, within the patch labels.

A network averages over the faults of the labels that it learns from, so that its masks of the very same photographs
are better labels than those; and where a training patch is labelled none there is no crack, whatever it says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import patch_labels, stream
from crackpipe.pseudo.patch_labels import Place

Segment = Callable[..., UInt8[np.ndarray, "_h _w"]]  # (photograph, what=its name) → confidence 0–255


def rows(
    photos: Path,
    masks: Path,
    *,
    segment: Segment,
    none: Mapping[str, Sequence[Place]],
    method: str,
    binarise: float,
    workers: int,
) -> Iterator[parquet.Row]:
    """Rows of the ``pseudo_labels`` table for every photograph; memory of a few photographs.

    Args:
        photos, masks: the tables; a photograph that ``masks`` holds already, made by the same segmenter with the same
            settings, is not segmented again.
        segment: the teacher.
        none: patches without a crack by training photograph, from :func:`patch_labels.without_crack`.
        method, binarise: as in :func:`stream.row`.
    """
    done = parquet.scan(masks, schemas.MASKS)
    known = next(done, None)
    for photo_id, image in decoded.photographs(photos, workers=workers, what=f"labels ({method})"):
        if known is not None and known["photo_id"] == photo_id:
            levels = images.decode_grey(known["mask"])
            known = next(done, None)
        else:
            levels = segment(image, what=photo_id)
        if photo_id in none:
            height, width = levels.shape
            possible = patch_labels.possible(none[photo_id], height=height, width=width)
            levels = np.where(possible, levels, np.uint8(0))
        yield stream.row(photo_id, levels, method=method, binarise=binarise)
