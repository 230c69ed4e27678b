"""Labels that segmenters are trained on: pseudo-labels or ground truth of training photographs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.windows.draw import draw_in_order

Labels = dict[str, bytes]  # encoded, by photo_id


def load(labels: Path, photos: Path, *, kind: str, unlabelled: Sequence[str], keep_px: int) -> Labels:
    """Encoded labels (8-bit PNG) of the photographs that are trained on: those of train, and of ``unlabelled`` splits.

    Args:
        labels: a ``pseudo_labels`` table, of any method or of ground truth.
        photos: the ``photos`` table.
        kind: of the labels: the pseudo-label method, or ``truth``, which is read of the split train alone.
        unlabelled: splits whose photographs count as unlabelled (semi-supervised training): val, test.
        keep_px: labels with fewer crack pixels are left out.

    Returns:
        The labels by photo_id, ascending.
    """
    splits = ["train", *(unlabelled if kind != "truth" else [])]
    photo_rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split"])
    wanted = {row["photo_id"] for row in photo_rows if row["split"] in splits}
    rows = parquet.scan(labels, schemas.PSEUDO_LABELS)
    return {row["photo_id"]: row["mask"] for row in rows if row["photo_id"] in wanted and row["crack_px"] >= keep_px}


def draw(labels: Labels, *, count: int, seed: int, kind: str) -> Labels:
    """At most ``count`` of the labels, drawn at random, ascending in photo_id.

    Args:
        labels: from :func:`load`.
        count: at least 1.
        seed: of the draw.
        kind: of the labels, for the error.

    Raises:
        CrackpipeError: there is no usable label at all.
    """
    if not labels:
        raise CrackpipeError(
            f"train_segmenter.labels={kind}: no training photograph has a usable label; lower pseudo_label.keep_px or "
            f"pseudo_label.{kind}.binarise, or look at the pseudo-labels in metrics/plots/images"
        )
    return {photo_id: labels[photo_id] for photo_id in draw_in_order(sorted(labels), count=count, seed=seed)}


def decode_target(label: bytes, *, binarise: float, soft: bool) -> UInt8[np.ndarray, "h w"]:
    """A label as a training target, 0–255.

    Args:
        label: encoded confidence.
        binarise: confidence (0–1) from which a pixel is crack.
        soft: keep the confidence, scaled so that ``binarise`` becomes ½ and twice as much 1: uncertain pixels then
            pull less; else a pixel is 255 or 0.
    """
    levels = images.decode_grey(label)
    if soft:
        return images.to_levels(images.to_unit(levels) * np.float32(0.5 / binarise))
    return images.at_least(levels, binarise).astype(np.uint8) * np.uint8(255)
