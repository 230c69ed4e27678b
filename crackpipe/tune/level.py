"""Settings of what counts as a crack for one segmenter, chosen on the validation photographs of its project."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
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
DRAWN, SIDE_PX = 90, 480  # photographs of the demo, of which some third has no crack; their side
PATCH_PX = 160  # squares of the photographs that hold no crack
Map = UInt8[np.ndarray, "_h _w"]


@dataclass(frozen=True, slots=True)
class Tuned:
    """Chosen settings, and the table of all combinations."""

    level: float
    certain: float
    min_length_px: float
    f1: float
    quiet: float
    table: pd.DataFrame


def tune_level(*, project: Project, network: Segmenter, settings: Inference, split: str = "val", seed: int) -> Tuned:
    """Choose the settings on a split's photographs with masks, their crack-free squares, and drawn surfaces.

    Args:
        project: whose table of photographs is read.
        network, settings: of the segmenter.
        split: val or train; nothing may be chosen on test.
        seed: of the drawn surfaces.

    Raises:
        TableError: the table is missing, or the split has no photograph with a crack in its mask.
        ValueError: the split is test.
    """
    if split == "test":
        raise ValueError("split is test; nothing may be chosen on test: val or train")
    cracked = list(_maps(project, network, settings, split))
    if not any(truth.any() for _, truth in cracked):
        raise TableError(f"{project.path(PHOTOS)}: no mask of {split} shows a crack; name another split")
    drawn = list(_drawn(network, settings, seed))
    silent = {"squares": _crack_free_squares(cracked), "drawn": [levels for levels, truth in drawn if not truth.any()]}
    table = operating_point.search({split: cracked, "drawn": drawn}, silent)
    best = operating_point.best(table)
    chosen = {name: float(best[name]) for name in operating_point.COLUMNS}
    return Tuned(**chosen, table=table)


def _maps(
    project: Project, network: Segmenter, settings: Inference, split: str
) -> Iterator[tuple[Map, Bool[np.ndarray, "_h _w"]]]:
    photos = project.path(PHOTOS)
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split", "mask"])
    masks = {row["photo_id"]: row["mask"] for row in rows if row["split"] == split and row["mask"] is not None}
    workers = project.params.runtime.workers
    for name, image in decoded.photographs(photos, workers=workers, what=f"photographs of {split}", wanted=masks):
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
