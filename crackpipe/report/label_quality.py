"""Scores of pseudo-labels, and of baselines that need no learning, against ground truth, where there is any."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures.scoreboard import Key, Scoreboard
from crackpipe.pseudo import baselines
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import wrong_truth

COLUMNS = ["photo_id", "source", "split", "image", "mask"]


@dataclass(frozen=True, slots=True)
class LabelQuality:
    """Counts under (method, source, split).

    Attributes:
        labels: of each method.
        baselines: of labels that need no learning, of the same photographs.
        kept: how many labels of each method have enough crack pixels to be trained on.
    """

    labels: Scoreboard
    baselines: Scoreboard
    kept: Counter[Key]

    def tree(self) -> dict[str, Any]:
        """``{method: {source: {split: {ods, …, n, kept}}}}`` of each method and, without ``kept``, each baseline."""
        tree = self.labels.tree() | self.baselines.tree()
        for (method, source, split), count in self.kept.items():
            tree[method][source][split]["kept"] = count
        return tree


@dataclass(frozen=True, slots=True)
class _Photograph:
    photo_id: str
    source: str
    split: str
    truth: Bool[np.ndarray, "h w"]
    labels: dict[str, UInt8[np.ndarray, "_h _w"]]
    crack_px: dict[str, int]
    baselines: dict[str, UInt8[np.ndarray, "h w"]]


def score(
    photos: Path,
    labels: Path,
    *,
    methods: Sequence[str],
    tolerance_px: int,
    keep_px: int,
    local: LocalThresholds,
    doubtful: Collection[str],
    workers: int,
) -> LabelQuality:
    """Count every photograph that has ground truth; memory of a few photographs.

    Args:
        photos, labels: the ``photos`` table, and the folder with one ``pseudo_labels`` table for each method.
        methods: names of those tables.
        tolerance_px: of the tolerant scores, 0 or more.
        keep_px: labels with at least so many crack pixels count as ``kept``.
        local: of the baselines that threshold windows.
        doubtful: photographs whose ground truth is known to be wrong; see :mod:`crackpipe.report.wrong_truth`.
        workers: threads that decode.

    Raises:
        TableError: a table of labels does not hold the photographs of the ``photos`` table.
        ParamsError: a doubtful photograph is unknown.
    """
    wrong_truth.check(photos, doubtful=doubtful)
    quality = LabelQuality(Scoreboard(tolerance_px=tolerance_px), Scoreboard(tolerance_px=tolerance_px), Counter())
    rows = parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS)
    joined = parquet.joined(
        console.bar(rows, what="score labels", total=parquet.count(photos, schemas.PHOTOS), unit="photos"),
        {method: _labels(labels / method) for method in methods},
        where=lambda method: f"data/pseudo_labels/{method}",
        stage=_stage,
    )
    for photo in parallel.prefetch(partial(_decoded, local=local), joined, workers=workers, ahead=4 * workers):
        if photo is None:
            continue
        for source in wrong_truth.sources_of(photo.photo_id, photo.source, doubtful=doubtful):
            for board, masks in ((quality.labels, photo.labels), (quality.baselines, photo.baselines)):
                for name, levels in masks.items():
                    board.add((name, source, photo.split), photo.photo_id, levels=levels, truth=photo.truth)
            for method, crack_px in photo.crack_px.items():
                quality.kept[method, source, photo.split] += crack_px >= keep_px
    return quality


def _labels(table: Path) -> Iterator[tuple[str, parquet.Row]]:
    """photo_id and row of each label."""
    return ((row["photo_id"], row) for row in parquet.scan(table, schemas.PSEUDO_LABELS))


def _stage(method: str) -> str:
    """Name the stage of dvc.yaml that makes these labels."""
    trained_on = method.removeprefix("self_")
    return f"pseudo_label@{method}" if trained_on == method else f"self_label@{trained_on}"


def _decoded(joined: tuple[parquet.Row, dict[str, parquet.Row]], *, local: LocalThresholds) -> _Photograph | None:
    """Decode a photograph with its labels; ``None`` without ground truth."""
    row, labels = joined
    if row["mask"] is None:
        return None
    return _Photograph(
        photo_id=row["photo_id"],
        source=row["source"],
        split=row["split"],
        truth=images.decode_mask(row["mask"]),
        labels={method: images.decode_grey(label["mask"]) for method, label in labels.items()},
        crack_px={method: label["crack_px"] for method, label in labels.items()},
        baselines=baselines.all_of(images.decode_rgb(row["image"]), local),
    )
