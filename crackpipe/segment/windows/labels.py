"""What a segmenter is trained on: pseudo-labels or ground truth of training photographs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from crackpipe.compute import seeds
from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

Labels = dict[str, bytes]


def splits(kind: str, *, unlabelled: Sequence[str]) -> list[str]:
    """Splits whose photographs are trained on: pseudo-labels of the ``unlabelled`` too, ground truth of train alone."""
    return ["train", *(unlabelled if kind != "truth" else [])]


def load(labels: Path, *, photos: Path, splits: Sequence[str], keep_px: int) -> Labels:
    """Encoded labels (8-bit PNG) by photo_id, of the photographs of ``splits`` with at least ``keep_px`` crack pixels.

    Args:
        labels: a ``pseudo_labels`` table, of any method or of ground truth.
        splits: ``train``, and for semi-supervised training those whose photographs count as unlabelled.
    """
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split"])
    wanted = {row["photo_id"] for row in rows if row["split"] in splits}
    found = parquet.scan(labels, schemas.PSEUDO_LABELS)
    return {row["photo_id"]: row["mask"] for row in found if row["photo_id"] in wanted and row["crack_px"] >= keep_px}


def draw(labels: Labels, *, count: int, seed: int, kind: str) -> list[str]:
    """At most ``count`` of the labelled photographs, in a fixed order.

    Raises:
        CrackpipeError: there is no usable label at all.
    """
    if not labels:
        raise CrackpipeError(
            f"train_segmenter.labels={kind}: no training photograph has a usable label; lower pseudo_label.keep_px or "
            f"pseudo_label.{kind}.binarise, or look at the pseudo-labels in metrics/plots/images"
        )
    names = sorted(labels)
    chosen = seeds.generator(seed).permutation(len(names))[:count]
    return [names[i] for i in np.sort(chosen)]


def decode(label: bytes, *, binarise: float, soft: bool) -> UInt8[np.ndarray, "h w"]:
    """A label as a training target, 0–255.

    Args:
        binarise: confidence (0–1) from which a pixel is crack.
        soft: keep the confidence, scaled so that ``binarise`` becomes ½ and twice as much 1: uncertain pixels then
            pull less; else a pixel is 255 or 0.
    """
    levels = images.decode_grey(label)
    if soft:
        return images.to_levels(images.to_unit(levels) * np.float32(0.5 / binarise))
    return images.at_least(levels, binarise).astype(np.uint8) * np.uint8(255)
