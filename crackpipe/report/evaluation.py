"""Scores of the masks of every segmenter, and of the baselines, against ground truth."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crackpipe import console
from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures import segmentation
from crackpipe.measures.scoreboard import Key, Scoreboard
from crackpipe.report import wrong_truth

COLUMNS = ["photo_id", "source", "split", "mask"]
UNTRAINED = "none"  # labels that a baseline was trained on


def evaluate(
    photos: Path,
    masks: Path,
    *,
    expected: Sequence[tuple[str, str]],
    baselines: Scoreboard,
    doubtful: Collection[str],
) -> Scoreboard:
    """Count every photograph that has ground truth and was segmented; memory of one photograph.

    Args:
        photos, masks: the ``photos`` table, and the folder with one ``masks`` table for each segmenter and labels.
        expected: (segmenter, labels) of each table, at least one.
        baselines: counts under (baseline, source, split) of all photographs with ground truth; see
            :class:`crackpipe.report.label_quality.LabelQuality`. Its tolerance is that of all scores.
        doubtful: photographs whose ground truth is known to be wrong; see :mod:`crackpipe.report.wrong_truth`.

    Returns:
        Counts under (segmenter, labels, source, split); of baselines the labels are ``none``.

    Raises:
        CrackpipeError: a table is missing or unexpected.
        TableError: a table does not hold the same photographs as the others.
        ParamsError: a doubtful photograph is unknown.
    """
    wrong_truth.check(photos, doubtful=doubtful)
    _check_folders(masks, expected)
    tables = {trained: _masks(masks / "-".join(trained)) for trained in expected}
    segmented = _segmented(masks, expected)
    board = Scoreboard(tolerance_px=baselines.tolerance_px)
    rows = (row for row in parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS) if row["photo_id"] in segmented)
    joined = parquet.joined(
        console.bar(rows, what="evaluate", total=len(segmented), unit="photos"),
        tables,
        where=lambda trained: f"data/masks/{'-'.join(trained)}",
        stage=lambda trained: f"segment@{'-'.join(trained)}",
    )
    for row, encoded in joined:
        if row["mask"] is None:
            continue
        truth = images.decode_mask(row["mask"])
        for trained, mask in encoded.items():
            levels = images.decode_grey(mask)
            for source in wrong_truth.sources_of(row["photo_id"], row["source"], doubtful=doubtful):
                board.add((*trained, source, row["split"]), row["photo_id"], levels=levels, truth=truth)
    for name, source, split in baselines.sorted_keys():
        board.take(baselines, (name, source, split), to=(name, UNTRAINED, source, split), photo_ids=segmented)
    return board


def curves(board: Scoreboard, *, split: str) -> pd.DataFrame:
    """Tabulate precision and recall of pooled counts by threshold.

    Args:
        board: as :func:`evaluate` returns it.
        split: its keys of this split alone.

    Returns:
        series (one for each segmenter, labels and source), threshold, precision and recall, rounded to 4 places.
    """
    rows: list[dict[str, Any]] = []
    for key in board.sorted_keys():
        segmenter, labels, source, scored = key
        if scored == split:
            series = f"{source}: {segmenter}" if labels == UNTRAINED else f"{source}: {segmenter} ({labels})"
            rows += [{"series": series, **point} for point in segmentation.curve(board.counts(key))]
    return pd.DataFrame(rows, columns=["series", "threshold", "precision", "recall"]).round(4)


def ranked(board: Scoreboard, key: Key) -> pd.DataFrame:
    """Rank the photographs under a key by F1 at their ODS threshold, best first; ties by name.

    Photographs without a crack are left out, as long as there is one with: they score 0 or 1 and tell little, and
    where they are many the threshold that suits them best finds no crack at all.

    Returns:
        photo_id and f1, with the threshold in ``attrs``.
    """
    photographs = list(zip(board.photo_ids(key), board.counts(key), strict=True))
    cracked = [(photo_id, count) for photo_id, count in photographs if count.positives > 0] or photographs
    counts = [count for _, count in cracked]
    threshold = segmentation.score(counts).threshold
    f1 = segmentation.f1_at(counts, threshold=threshold)
    table = pd.DataFrame({"photo_id": [photo_id for photo_id, _ in cracked], "f1": f1})
    table = table.sort_values(["f1", "photo_id"], ascending=[False, True], ignore_index=True)
    table.attrs["threshold"] = threshold
    return table


def _segmented(masks: Path, expected: Sequence[tuple[str, str]]) -> set[str]:
    table = parquet.read(masks / "-".join(expected[0]), schemas.MASKS, columns=["photo_id"])
    return set(table["photo_id"].to_pylist())


def _check_folders(masks: Path, expected: Sequence[tuple[str, str]]) -> None:
    wanted = {"-".join(trained) for trained in expected}
    folders = {path.name for path in masks.iterdir() if path.is_dir()}
    if folders != wanted:
        raise CrackpipeError(
            f"{masks}: holds {sorted(folders)}, but train_segmenter.networks, adapters × labels name {sorted(wanted)}; "
            "delete the folders of cells that are no longer in params.yaml, or run `dvc repro` to make the missing"
        )


def _masks(table: Path) -> Iterator[tuple[str, bytes]]:
    """photo_id and encoded mask of each row."""
    return ((row["photo_id"], row["mask"]) for row in parquet.scan(table, schemas.MASKS))
