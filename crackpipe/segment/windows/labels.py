"""Labels that segmenters are trained on: pseudo-labels or ground truth of training photographs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.windows.draw import draw_in_order

Labels = dict[str, bytes]  # encoded, by photo_id


@dataclass(frozen=True, slots=True)
class TrainingLabels:
    """Encoded labels (8-bit PNG) of the photographs that are trained on, by photo_id, ascending.

    Attributes:
        training: of the split train.
        unlabelled: of photographs whose ground truth nobody has looked at (semi-supervised training).
    """

    training: Labels
    unlabelled: Labels

    def every(self) -> Labels:
        """Both, ascending in photo_id."""
        return dict(sorted({**self.training, **self.unlabelled}.items()))


def load(labels: Path, photos: Path, *, kind: str, unlabelled: Sequence[str], keep_px: int) -> TrainingLabels:
    """Read the labels of the photographs that are trained on.

    Args:
        labels: a ``pseudo_labels`` table, of any method or of ground truth.
        photos: the ``photos`` table.
        kind: of the labels: the pseudo-label method, or ``truth``, which is read of the split train alone.
        unlabelled: sources and splits, such as ``crack500.test``, whose photographs are trained on with their
            pseudo-labels, too.
        keep_px: labels with fewer crack pixels are left out.

    Raises:
        CrackpipeError: a name of ``unlabelled`` has no photograph.
    """
    photo_rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split"])
    origin = {row["photo_id"]: (row["source"], row["split"]) for row in photo_rows}
    if missing := sorted(set(unlabelled) - {".".join(place) for place in origin.values()}):
        raise CrackpipeError(f"train_segmenter.unlabelled: no photograph is of {', '.join(missing)}; take it out there")
    found = TrainingLabels({}, {})
    for row in parquet.scan(labels, schemas.PSEUDO_LABELS):
        source, split = origin.get(row["photo_id"], ("", ""))
        if row["crack_px"] < keep_px:
            continue
        if split == "train":
            found.training[row["photo_id"]] = row["mask"]
        elif kind != "truth" and f"{source}.{split}" in unlabelled:
            found.unlabelled[row["photo_id"]] = row["mask"]
    return found


def draw(labels: TrainingLabels, *, count: int | None, seed: int, kind: str) -> Labels:
    """At most ``count`` of the training photographs' labels, drawn at random, and all of the unlabelled ones'.

    Args:
        labels: from :func:`load`.
        count: at least 1; ``None`` takes all.
        seed: of the draw.
        kind: of the labels, for the error.

    Returns:
        The labels, ascending in photo_id.

    Raises:
        CrackpipeError: no training photograph has a usable label.
    """
    if not labels.training:
        raise CrackpipeError(
            f"train_segmenter.labels={kind}: no training photograph has a usable label; lower pseudo_label.keep_px or "
            f"pseudo_label.{kind}.binarise, or look at the pseudo-labels in metrics/plots/images"
        )
    drawn = draw_in_order(sorted(labels.training), count=count, seed=seed)
    return TrainingLabels({name: labels.training[name] for name in drawn}, labels.unlabelled).every()


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
