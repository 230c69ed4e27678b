"""What more captions are worth: rows of a plot."""

from collections.abc import Mapping, Sequence
from typing import Any


def points(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One point for each share, split and direction: share, n, series and r10.

    Args:
        rows: as :func:`crackpipe.clip.training.caption_scaling.row` makes them, one for each share.
    """
    return [
        {"share": one["share"], "n": one["n"], "series": f"{split}: {way.replace('_', ' ')}", "r10": one[split][key]}
        for split in ("val", "test")
        for way in ("image_to_text", "text_to_image")
        for one in rows
        if split in one and (key := f"{way}_r10")
    ]
