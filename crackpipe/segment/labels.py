"""What a segmenter is trained on: pseudo-labels or ground truth of training photographs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from crackpipe import images, runtime, tables
from crackpipe.errors import CrackpipeError

Labels = dict[str, bytes]


def load(labels: Path, *, photos: Path, splits: Sequence[str], keep_px: int) -> Labels:
    """Encoded labels (8-bit PNG) by photo_id, of the photographs of ``splits`` with at least ``keep_px`` crack pixels.

    Args:
        labels: a ``pseudo_labels`` table, of any method or of ground truth.
        splits: ``train``, and for semi-supervised training those whose photographs count as unlabelled.
    """
    rows = tables.scan(photos, tables.PHOTOS, columns=["photo_id", "split"])
    wanted = {row["photo_id"] for row in rows if row["split"] in splits}
    found = tables.scan(labels, tables.PSEUDO_LABELS)
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
    chosen = runtime.generator(seed).permutation(len(names))[:count]
    return [names[i] for i in np.sort(chosen)]


def decode(label: bytes, *, binarise: float) -> Bool[np.ndarray, "h w"]:
    """A label as a mask: crack where its confidence (0–1) is at least ``binarise``."""
    return images.at_least(images.decode_grey(label), binarise)
