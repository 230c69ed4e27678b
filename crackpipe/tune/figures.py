"""Figures of a segmenter on the test photographs of its project, at its own level: what its card tells."""

from collections import defaultdict
from typing import Any

import numpy as np

from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures import segmentation
from crackpipe.measures.segmentation import PhotoCounts
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference, Segmenter

PHOTOS = "data/photos"
TOLERANCE_PX = 2
DIGITS = 4


def score(*, project: Project, network: Segmenter, settings: Inference, level: float) -> dict[str, dict[str, Any]]:
    """Score a segmenter on the test photographs that have masks, each source alone.

    Args:
        project: whose table of photographs is read.
        network, settings: of the segmenter.
        level: confidence from which a pixel is crack.

    Returns:
        By source: ``photographs``, ``ods``, ``ois``, ``ap``, ``f1`` (the mean over photographs at ``level``), and the
        same within ``TOLERANCE_PX`` pixels, ``ods_2px`` and so on.

    Raises:
        TableError: the table is missing or of another version.
    """
    photos = project.path(PHOTOS)
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split", "mask"])
    known = {
        row["photo_id"]: (row["source"], row["mask"])
        for row in rows
        if row["split"] == "test" and row["mask"] is not None
    }
    strict: dict[str, list[PhotoCounts]] = defaultdict(list)
    near: dict[str, list[PhotoCounts]] = defaultdict(list)
    workers = project.params.runtime.workers
    for name, image in decoded.photographs(photos, workers=workers, what="test photographs", wanted=known):
        source, encoded = known[name]
        truth = images.decode_mask(encoded)
        levels = segmenter.segment(image, network, settings, what=None)
        strict[source].append(segmentation.count(levels, truth))
        near[source].append(segmentation.count_tolerant(levels, truth, tolerance_px=TOLERANCE_PX))
    return {
        source: {
            "photographs": len(counts),
            **_scores(counts, level, ""),
            **_scores(near[source], level, f"_{TOLERANCE_PX}px"),
        }
        for source, counts in sorted(strict.items())
    }


def _scores(counts: list[PhotoCounts], level: float, suffix: str) -> dict[str, float]:
    found = segmentation.score(counts)
    f1 = float(np.mean(segmentation.f1_at(counts, threshold=level)))
    values = {"ods": found.ods, "ois": found.ois, "ap": found.ap, "f1": f1, "threshold": found.threshold}
    return {f"{name}{suffix}": round(float(value), DIGITS) for name, value in values.items()}
