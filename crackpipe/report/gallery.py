"""Pictures to look at: photograph, ground truth, pseudo-label and prediction side by side."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool

from crackpipe.files import parquet, schemas
from crackpipe.imaging import contact_sheet, images
from crackpipe.measures.scoreboard import Key, Scoreboard
from crackpipe.report import evaluation

COLOURS = {"ground truth": (0, 200, 80), "pseudo-label": (255, 160, 0), "prediction": (255, 40, 40)}
PANEL_PX = 280


def choose(ranked: pd.DataFrame, *, rows: int) -> pd.DataFrame:
    """Choose the ``rows`` best, median and worst photographs; fewer where there are fewer.

    Args:
        ranked: photographs from best to worst.
        rows: photographs of each kind, 1 or more.

    Returns:
        The chosen rows with a column ``rank``: best, median or worst.
    """
    middle = max(0, (len(ranked) - rows) // 2)
    index_of = {
        "best": range(min(rows, len(ranked))),
        "median": range(middle, min(middle + rows, len(ranked))),
        "worst": range(max(0, len(ranked) - rows), len(ranked)),
    }
    rank_of: dict[int, str] = {}
    for rank, index in index_of.items():
        for i in index:
            rank_of.setdefault(i, rank)
    return ranked.iloc[list(rank_of)].assign(rank=list(rank_of.values()))


def draw(
    path: Path,
    board: Scoreboard,
    key: Key,
    *,
    photos: Path,
    labels: Path,
    masks: Path,
    rows: int,
) -> None:
    """Write the gallery of one (segmenter, labels, source, split) as JPEG; predictions at its ODS threshold.

    Args:
        path: file to write.
        board: as :func:`crackpipe.report.evaluation.evaluate` returns it.
        key: one of its keys.
        photos, labels, masks: the ``photos`` table, the ``pseudo_labels`` table of the key's labels, and the folder
            with one ``masks`` table for each segmenter and labels; of each only the rows that are drawn are read.
        rows: of best, of median and of worst photographs each.
    """
    ranked = evaluation.ranked(board, key)
    chosen = choose(ranked, rows=rows)
    wanted = list(chosen["photo_id"])
    by_photo = _pick(photos, schemas.PHOTOS, wanted, ["photo_id", "image", "mask"])
    by_label = _pick(labels, schemas.PSEUDO_LABELS, wanted, ["photo_id", "mask", "binarise"])
    by_mask = _pick(masks / f"{key[0]}-{key[1]}", schemas.MASKS, wanted, ["photo_id", "mask"])
    titles, panels = [], []
    for photo_id, f1, rank in chosen.itertuples(index=False):
        image = images.decode_rgb(by_photo[photo_id]["image"])
        layers = {
            "ground truth": images.decode_mask(by_photo[photo_id]["mask"]),
            "pseudo-label": _above(by_label[photo_id]["mask"], by_label[photo_id]["binarise"]),
            "prediction": _above(by_mask[photo_id]["mask"], ranked.attrs["threshold"]),
        }
        titles.append(f"{rank}: {photo_id}, F1 {f1:.2f}")
        panels.append([image, *(contact_sheet.overlay(image, layer, COLOURS[name]) for name, layer in layers.items())])
    _save(path, titles, panels, heading=f"{key[0]} trained on {key[1]} labels, {key[2]} {key[3]}")


def _above(levels: bytes, threshold: float) -> Bool[np.ndarray, "h w"]:
    return images.at_least(images.decode_grey(levels), threshold)


def _pick(path: Path, schema: schemas.Schema, wanted: Collection[str], columns: list[str]) -> dict[str, dict[str, Any]]:
    return {row["photo_id"]: row for row in parquet.pick(path, schema, values=wanted, columns=columns)}


def _save(path: Path, titles: list[str], panels: list[list[np.ndarray]], *, heading: str) -> None:
    from matplotlib.figure import Figure

    names = ["photograph", *COLOURS]
    figure = Figure(figsize=(len(names) * PANEL_PX / 100, len(panels) * PANEL_PX / 100 + 0.5), dpi=100)
    figure.set_layout_engine("constrained")
    axes = figure.subplots(len(panels), len(names), squeeze=False)
    for row, (title, pictures) in enumerate(zip(titles, panels, strict=True)):
        for col, picture in enumerate(pictures):
            axes[row, col].imshow(picture, interpolation="antialiased")
            axes[row, col].set_axis_off()
            if row == 0:
                axes[row, col].set_title(names[col], fontsize=9)
        axes[row, 0].text(0, -0.02, title, transform=axes[row, 0].transAxes, fontsize=8, va="top")
    figure.suptitle(heading, fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, pil_kwargs={"quality": 85})
