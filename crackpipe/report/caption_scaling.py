"""Gain from more captions: rows of a plot, with intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.compute.seeds import generator
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
                low, high = _interval(part)
                told = {"n": int(first["n"]), "best_epoch": int(first["best_epoch"]), "val_loss": first["val_loss"]}
                series = f"{split}: {direction.replace('_', ' ')}"
                figures = {recall: float(part["hit"].mean()), f"{recall}_low": low, f"{recall}_high": high}
                found.append({"share": float(first["share"]), **told, "series": series, **figures})
    return found


def _interval(part: pd.DataFrame) -> tuple[float, float]:
    """2.5th and 97.5th percentile of the mean of ``hit``, captions drawn with replacement."""
    by_caption = part.groupby("caption", sort=True)["hit"].agg(["sum", "size"]).to_numpy(float)
    count = len(by_caption)
    drawn = generator(0).multinomial(count, np.full(count, 1 / count), size=RESAMPLES) @ by_caption
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return float(low), float(high)
