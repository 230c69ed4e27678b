"""Gain from more captions: rows of a plot, with intervals."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from crackpipe.measures import resampling
from crackpipe.measures.retrieval import SCALING_K

RESAMPLES = 1000


def points(tables: Sequence[pd.DataFrame]) -> list[dict[str, Any]]:
    """Make one point of each split, direction and share: R@10 with its 95 % interval.

    Captions are drawn anew, with all their photographs: photographs of one caption are found or missed together.

    Args:
        tables: rows of ``caption_scaling``, a table for each share; splits without captions are absent.

    Returns:
        Rows of share, n, best_epoch, val_loss, series, r10, r10_low and r10_high.
    """
    recall, found = f"r{SCALING_K}", []
    for split in ("val", "test"):
        for direction in ("image_to_text", "text_to_image"):
            for table in tables:
                part = table[(table["split"] == split) & (table["direction"] == direction)]
                if part.empty:
                    continue
                first = part.iloc[0]
                drawn = resampling.weights(part["caption"].tolist(), resamples=RESAMPLES, seed=0)
                hits = drawn @ part["hit"].to_numpy(float) / drawn.sum(axis=1)
                told = {"n": int(first["n"]), "best_epoch": int(first["best_epoch"]), "val_loss": first["val_loss"]}
                series = f"{split}: {direction.replace('_', ' ')}"
                figures = {recall: float(hits[0]), **resampling.ends({recall: hits})}
                found.append({"share": float(first["share"]), **told, "series": series, **figures})
    return found
