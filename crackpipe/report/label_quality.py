"""Pseudo-labels against ground truth, where there is any."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.pseudo import baselines
from crackpipe.report import wrong_truth

COLUMNS = ["photo_id", "source", "split", "image", "mask"]


def score(
    photos: Path,
    labels: Path,
    *,
    methods: Sequence[str],
    tolerance_px: int,
    keep_px: int,
    doubtful: Collection[str],
    workers: int,
) -> dict[str, Any]:
    """``{method: {source: {split: {ods, …, n, kept}}}}`` of each method and of the baselines; one photograph in memory.

    ``n`` counts photographs with ground truth, ``kept`` those among them whose label has ``keep_px`` crack pixels.

    Args:
        photos, labels: the ``photos`` table, and the folder with one ``pseudo_labels`` table for each method.
        doubtful: photographs whose ground truth is known to be wrong; see :mod:`crackpipe.report.wrong_truth`.

    Raises:
        CrackpipeError: a table of labels does not hold the photographs of the ``photos`` table.
        ParamsError: a doubtful photograph is unknown.
    """
    wrong_truth.check(photos, doubtful=doubtful)
    board = Scoreboard(tolerance_px=tolerance_px)
    kept: Counter[tuple[str, str, str]] = Counter()
    rows = parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS)
    joined = parquet.joined(
        console.bar(rows, what="score labels", total=parquet.count(photos, schemas.PHOTOS), unit="photos"),
        {method: _labels(labels / method) for method in methods},
        where=lambda method: f"data/pseudo_labels/{method}",
        stage=_stage,
    )
    for row, truth, found in parallel.prefetch(_decoded, joined, workers=workers, ahead=4 * workers):
        if truth is None:
            continue
        for source in wrong_truth.sources_of(row[0]["photo_id"], row[0]["source"], doubtful=doubtful):
            place = source, row[0]["split"]
            for method, levels in found.items():
                board.add((method, *place), levels=levels, truth=truth)
            for method, label in row[1].items():
                kept[(method, *place)] += label["crack_px"] >= keep_px
    tree = board.tree()
    for (method, source, split), count in kept.items():
        tree[method][source][split]["kept"] = count
    return tree


def _labels(table: Path) -> Iterator[tuple[str, parquet.Row]]:
    """photo_id and row of each label."""
    return ((row["photo_id"], row) for row in parquet.scan(table, schemas.PSEUDO_LABELS))


def _stage(method: str) -> str:
    """The stage of dvc.yaml that makes these labels."""
    taught_by = method.removeprefix("self_")
    return f"pseudo_label@{method}" if taught_by == method else f"self_label@{taught_by}"


def _decoded(
    item: tuple[parquet.Row, dict[str, parquet.Row]],
) -> tuple[Any, Any, dict[str, UInt8[np.ndarray, "_h _w"]]]:
    row, labels = item
    if row["mask"] is None:
        return item, None, {}
    found = {method: images.decode_grey(label["mask"]) for method, label in labels.items()}
    found |= baselines.all_of(images.decode_rgb(row["image"]))
    return item, images.decode_mask(row["mask"]), found
