"""Gain from more captions: rows of a plot."""

from collections.abc import Mapping, Sequence
from typing import Any

from crackpipe.measures.retrieval import SCALING_K


def points(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make one point of each share, split and direction: share, n, series and r10.

    Args:
        rows: as :func:`crackpipe.clip.training.caption_scaling.row` makes them, one for each share; splits without
            captions are absent.
    """
    recall = f"r{SCALING_K}"
    return [
        {
            "share": row["share"],
            "n": row["n"],
            "series": f"{split}: {direction.replace('_', ' ')}",
            recall: row[split][f"{direction}_{recall}"],
        }
        for split in ("val", "test")
        for direction in ("image_to_text", "text_to_image")
        for row in rows
        if split in row
    ]
