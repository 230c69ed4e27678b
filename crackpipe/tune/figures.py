"""Figures of a segmenter on the test photographs of its project, with its own settings: what its card tells."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures import geometry, segmentation
from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.segmentation import PhotoCounts
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference, Segmenter

PHOTOS = "data/photos"
TOLERANCE_PX = 2
DIGITS = 4


def score(
    *, project: Project, network: Segmenter, settings: Inference, cracks: GeometrySettings
) -> dict[str, dict[str, Any]]:
    """Score a segmenter on the test photographs that have masks, each source alone.

    Args:
        project: whose table of photographs is read.
        network, settings: of the segmenter.
        cracks: what counts as a crack.

    Returns:
        By source: ``photographs``, ``ods``, ``ois``, ``ap``, ``f1`` (the mean over photographs, of the pixels of what
        counts as a crack), and the same within ``TOLERANCE_PX`` pixels, ``ods_2px`` and so on.

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
    found: dict[str, list[_Counts]] = defaultdict(list)
    workers = project.params.runtime.workers
    for name, image in decoded.photographs(photos, workers=workers, what="test photographs", wanted=known):
        source, encoded = known[name]
        levels = segmenter.segment(image, network, settings, what=None)
        found[source].append(_counts(levels, images.decode_mask(encoded), cracks))
    return {source: _figures(counts) for source, counts in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of one photograph: of its map, and of the pixels that count as crack; exact, and within some pixels."""

    levels: tuple[PhotoCounts, PhotoCounts]
    cracks: tuple[PhotoCounts, PhotoCounts]


def _counts(levels: UInt8[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"], cracks: GeometrySettings) -> _Counts:
    counted = np.zeros(levels.shape, np.uint8)
    for crack in geometry.find(levels, cracks):
        counted[tuple(crack.pixels.T)] = 255
    both = [
        (segmentation.count(one, truth), segmentation.count_tolerant(one, truth, tolerance_px=TOLERANCE_PX))
        for one in (levels, counted)
    ]
    return _Counts(*both)


def _figures(counts: list[_Counts]) -> dict[str, Any]:
    figures: dict[str, Any] = {"photographs": len(counts)}
    for place, suffix in enumerate(("", f"_{TOLERANCE_PX}px")):
        found = segmentation.score([one.levels[place] for one in counts])
        f1 = float(np.mean(segmentation.f1_at([one.cracks[place] for one in counts], threshold=0.5)))
        values = {"ods": found.ods, "ois": found.ois, "ap": found.ap, "f1": f1, "threshold": found.threshold}
        figures |= {f"{name}{suffix}": round(float(value), DIGITS) for name, value in values.items()}
    return figures
