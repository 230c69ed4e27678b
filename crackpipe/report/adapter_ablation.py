"""Scores of text adapters that were trained with one thing changed (CrackCLIP, Figure 5: the prompts' wording)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures.scoreboard import Scoreboard, nested

Segment = Callable[..., UInt8[np.ndarray, "_h _w"]]  # (photograph, what=its name) → confidence 0–255
SHOWN = ("ods", "ois", "ap", "n")
AHEAD = 8  # photographs that are decoded before they are needed


def score(
    photos: Path, segments: Mapping[str, Segment], *, split: str, tolerance_px: int, workers: int
) -> dict[str, Any]:
    """Score ``{variant: {source: {ods, ois, ap, n}}}`` of a split's photographs with ground truth; memory of a few.

    Args:
        photos: the ``photos`` table; each photograph is decoded once.
        segments: by variant, what gives the soft mask of a photograph.
        split: photographs of this split are scored.
        tolerance_px: see :class:`Scoreboard`; the figures that are returned allow none.
        workers: threads that decode.
    """
    board = Scoreboard(tolerance_px=tolerance_px)
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split", "image", "mask"])
    wanted = (row for row in rows if row["split"] == split and row["mask"] is not None)
    decoded = parallel.prefetch(_decoded, wanted, workers=workers, ahead=AHEAD)
    for photo_id, source, image, truth in console.bar(decoded, what="segment by variants", total=None, unit="photos"):
        for variant, segment in segments.items():
            board.add((variant, source), photo_id, levels=segment(image, what=photo_id), truth=truth)
    return nested({key: {name: board.scores(key)[name] for name in SHOWN} for key in board.sorted_keys()})


def _decoded(row: parquet.Row) -> tuple[str, str, np.ndarray, np.ndarray]:
    return row["photo_id"], row["source"], images.decode_rgb(row["image"]), images.decode_mask(row["mask"])
