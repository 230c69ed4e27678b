"""Settings of what counts as a crack for one segmenter, chosen on the validation photographs of its project."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe import console
from crackpipe.data import decoded
from crackpipe.data.demo import survey
from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference, Segmenter
from crackpipe.tune import operating_point

PHOTOS = "data/photos"
SPLIT = "val"  # nothing may be chosen on test
DRAWN, SIDE_PX = 90, 480  # photographs of the demo, of which some third has no crack; their side
PATCH_PX = 160  # squares of the photographs that hold no crack
Map = UInt8[np.ndarray, "_h _w"]


@dataclass(frozen=True, slots=True)
class Tuned:
    """Chosen settings.

    Attributes:
        level, certain, min_length_px: see :class:`crackpipe.measures.geometry.GeometrySettings`.
        f1: see :func:`operating_point.search`.
        quiet: share of crack-free squares, and of drawn surfaces without a crack, that are left alone.
    """

    level: float
    certain: float
    min_length_px: float
    f1: float
    quiet: dict[str, float]


def tune_level(*, project: Project, network: Segmenter, settings: Inference, seed: int) -> Tuned:
    """Choose the settings on the validation photographs with masks, their crack-free squares, and drawn surfaces.

    Args:
        project: whose table of photographs is read.
        network, settings: of the segmenter.
        seed: of the drawn surfaces.

    Raises:
        TableError: the table is missing, or no validation photograph has a crack in its mask.
    """
    cracked = list(_maps(project, network, settings))
    if not any(truth.any() for _, truth in cracked):
        raise TableError(f"{project.path(PHOTOS)}: no mask of {SPLIT} shows a crack; the settings are chosen on some")
    drawn = list(_drawn(network, settings, seed))
    silent = {"squares": _crack_free_squares(cracked), "drawn": [levels for levels, truth in drawn if not truth.any()]}
    best = operating_point.best(operating_point.search({SPLIT: cracked, "drawn": drawn}, silent))
    chosen = {name: float(best[name]) for name in ("level", "certain", "min_length_px", "f1")}
    return Tuned(**chosen, quiet={kind: float(best[f"quiet_{kind}"]) for kind in silent})


def _maps(project: Project, network: Segmenter, settings: Inference) -> Iterator[tuple[Map, Bool[np.ndarray, "_h _w"]]]:
    photos = project.path(PHOTOS)
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split", "mask"])
    masks = {row["photo_id"]: row["mask"] for row in rows if row["split"] == SPLIT and row["mask"] is not None}
    workers = project.params.runtime.workers
    for name, image in decoded.photographs(photos, workers=workers, what=f"photographs of {SPLIT}", wanted=masks):
        yield segmenter.segment(image, network, settings, what=None), images.decode_mask(masks[name])


def _crack_free_squares(cracked: list[tuple[Map, Bool[np.ndarray, "_h _w"]]]) -> Iterator[Map]:
    for levels, truth in cracked:
        height, width = truth.shape
        for row in range(0, height - PATCH_PX + 1, PATCH_PX):
            for col in range(0, width - PATCH_PX + 1, PATCH_PX):
                window = slice(row, row + PATCH_PX), slice(col, col + PATCH_PX)
                if not truth[window].any():
                    yield levels[window]


def _drawn(network: Segmenter, settings: Inference, seed: int) -> Iterator[tuple[Map, Bool[np.ndarray, "_h _w"]]]:
    """Maps of drawn surfaces, with cracks and without."""
    surfaces = survey.photographs(photos=DRAWN, side_px=SIDE_PX, seed=seed)
    for surface in console.bar(surfaces, what="drawn surfaces", total=DRAWN, unit="photos"):
        image = images.decode_rgb(surface.read_image())
        truth = np.zeros(image.shape[:2], bool) if surface.read_mask is None else surface.read_mask()
        yield segmenter.segment(image, network, settings, what=None), truth
