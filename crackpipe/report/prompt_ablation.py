"""Scores of text adapters that were trained with one wording of the prompts (CrackCLIP, Figure 5)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures.scoreboard import Scoreboard

Segment = Callable[..., UInt8[np.ndarray, "_h _w"]]  # (photograph, what=its name) → confidence 0–255
SHOWN = ("ods", "ois", "ap", "n")
AHEAD = 8  # photographs that are decoded before they are needed


def score(
    photos: Path, segment: Segment, *, split: str, tolerance_px: int, workers: int, what: str
) -> dict[str, dict[str, float | int]]:
    """Score ``{source: {ods, ois, ap, n}}`` of a split's photographs with ground truth; memory of a few of them.

    Args:
        photos: the ``photos`` table.
        segment: gives the soft mask of a photograph.
        split: photographs of this split are scored.
        tolerance_px: see :class:`Scoreboard`; the figures that are returned allow none.
        workers: threads that decode.
        what: name of the progress bar.
    """
    board = Scoreboard(tolerance_px=tolerance_px)
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split", "image", "mask"])
    wanted = (row for row in rows if row["split"] == split and row["mask"] is not None)
    decoded = parallel.prefetch(_decoded, wanted, workers=workers, ahead=AHEAD)
    for photo_id, source, image, truth in console.bar(decoded, what=what, total=None, unit="photos"):
        board.add((source,), photo_id, levels=segment(image, what=photo_id), truth=truth)
    return {key[0]: {name: board.scores(key)[name] for name in SHOWN} for key in board.sorted_keys()}


def _decoded(row: parquet.Row) -> tuple[str, str, np.ndarray, np.ndarray]:
    return row["photo_id"], row["source"], images.decode_rgb(row["image"]), images.decode_mask(row["mask"])
