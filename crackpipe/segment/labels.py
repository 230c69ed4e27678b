"""What a segmenter is trained on: pseudo-labels or ground truth of training photographs."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool

from crackpipe import images, runtime, tables
from crackpipe.errors import CrackpipeError

Labels = dict[str, bytes]


def load(kind: str, *, photos: Path, pseudo_labels: Path, keep_px: int) -> Labels:
    """Encoded labels of the training photographs by photo_id: :func:`pseudo` or :func:`truth`."""
    if kind == "pseudo":
        return pseudo(photos, pseudo_labels, keep_px=keep_px)
    return truth(photos, keep_px=keep_px)


def pseudo(photos: Path, labels: Path, *, keep_px: int) -> Labels:
    """Pseudo-labels (8-bit PNG) of the training photographs with at least ``keep_px`` crack pixels."""
    train = _training(photos)
    rows = tables.scan(labels, tables.PSEUDO_LABELS)
    return {row["photo_id"]: row["mask"] for row in rows if row["photo_id"] in train and row["crack_px"] >= keep_px}


def truth(photos: Path, *, keep_px: int) -> Labels:
    """Ground truth (PNG, crack = 255) of the training photographs that show at least ``keep_px`` crack pixels."""
    rows = tables.scan(photos, tables.PHOTOS, columns=["photo_id", "split", "mask"])
    known = {row["photo_id"]: row["mask"] for row in rows if row["split"] == "train" and row["mask"] is not None}
    return {photo_id: mask for photo_id, mask in known.items() if images.decode_mask(mask).sum() >= keep_px}


def draw(labels: Labels, *, count: int, seed: int, kind: str) -> list[str]:
    """At most ``count`` of the labelled photographs, in a fixed order.

    Raises:
        CrackpipeError: there is no usable label at all.
    """
    if not labels:
        raise CrackpipeError(
            f"train_segmenter.labels={kind}: no training photograph has a usable label; lower pseudo_label.keep_px or "
            "pseudo_label.binarise, or look at the pseudo-labels in metrics/plots/images"
        )
    names = sorted(labels)
    chosen = runtime.generator(seed).permutation(len(names))[:count]
    return [names[i] for i in np.sort(chosen)]


def decode(label: bytes, *, binarise: float) -> Bool[np.ndarray, "h w"]:
    """A label as a mask: crack where its confidence (0–1) is at least ``binarise``."""
    return images.at_least(images.decode_grey(label), binarise)


def _training(photos: Path) -> set[str]:
    rows = tables.scan(photos, tables.PHOTOS, columns=["photo_id", "split"])
    return {row["photo_id"] for row in rows if row["split"] == "train"}
