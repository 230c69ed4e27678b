"""Masks of every segmenter, and the baselines, against ground truth."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crackpipe import console
from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures import segmentation
from crackpipe.measures.scoreboard import Key, Scoreboard
from crackpipe.pseudo import baselines
from crackpipe.report import wrong_truth

COLUMNS = ["photo_id", "source", "split", "image", "mask"]
UNTRAINED = "none"  # what a baseline was trained on


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores under (segmenter, labels, source, split), and the photographs in the order in which they were counted."""

    board: Scoreboard
    photo_ids: dict[Key, list[str]]

    def curves(self, *, split: str) -> pd.DataFrame:
        """Precision and recall of pooled counts by threshold, one series for each segmenter, labels and source."""
        rows: list[dict[str, Any]] = []
        for key in self.board.places():
            if key[-1] == split:
                series = f"{key[2]}: {key[0]} ({key[1]})" if key[1] != UNTRAINED else f"{key[2]}: {key[0]}"
                points = segmentation.curve(self.board.counts(key))
                rows += [{"series": series, **point} for point in points]
        return pd.DataFrame(rows, columns=["series", "threshold", "precision", "recall"]).round(4)

    def ranked(self, key: Key) -> pd.DataFrame:
        """photo_id and F1 at their ODS threshold, best first; ties by name. The threshold is in ``attrs``.

        Photographs without a crack are left out, as long as there is one with: they score 0 or 1 and tell little, and
        where they are many the threshold that suits them best finds no crack at all.
        """
        every = self.board.counts(key)
        cracked = [count.positives > 0 for count in every]
        chosen = [found or not any(cracked) for found in cracked]
        counts = [count for count, taken in zip(every, chosen, strict=True) if taken]
        names = [name for name, taken in zip(self.photo_ids[key], chosen, strict=True) if taken]
        threshold = segmentation.score(counts).threshold
        found = pd.DataFrame({"photo_id": names, "f1": segmentation.f1_at(counts, threshold=threshold)})
        found = found.sort_values(["f1", "photo_id"], ascending=[False, True], ignore_index=True)
        found.attrs["threshold"] = threshold
        return found


def evaluate(
    photos: Path,
    masks: Path,
    *,
    expected: Sequence[tuple[str, str]],
    tolerance_px: int,
    doubtful: Collection[str],
) -> Evaluation:
    """Score every photograph that has ground truth and was segmented; memory of one photograph.

    Args:
        photos, masks: the ``photos`` table, and the folder with one ``masks`` table for each segmenter and labels.
        expected: (segmenter, labels) of each table.
        doubtful: photographs whose ground truth is known to be wrong; see :mod:`crackpipe.report.wrong_truth`.

    Raises:
        CrackpipeError: a table is missing, unexpected, or does not hold the same photographs as the others.
        ParamsError: a doubtful photograph is unknown.
    """
    wrong_truth.check(photos, doubtful=doubtful)
    _check_folders(masks, expected)
    readers = {cell: _masks(masks / "-".join(cell)) for cell in expected}
    splits = _segmented(masks, expected)
    board = Scoreboard(tolerance_px=tolerance_px)
    names: dict[Key, list[str]] = {}
    rows = (row for row in parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS) if row["photo_id"] in splits)
    joined = parquet.joined(
        console.bar(rows, what="evaluate", total=len(splits), unit="photos"),
        readers,
        where=lambda cell: f"data/masks/{'-'.join(cell)}",
        stage=lambda cell: f"segment@{'-'.join(cell)}",
    )
    for row, encoded in joined:
        if row["mask"] is None:
            continue
        found = {cell: images.decode_grey(mask) for cell, mask in encoded.items()}
        truth = images.decode_mask(row["mask"])
        for name, levels in baselines.all_of(images.decode_rgb(row["image"])).items():
            found[name, UNTRAINED] = levels
        for source in wrong_truth.sources_of(row["photo_id"], row["source"], doubtful=doubtful):
            for cell, levels in found.items():
                key = (*cell, source, row["split"])
                board.add(key, levels=levels, truth=truth)
                names.setdefault(key, []).append(row["photo_id"])
    return Evaluation(board, names)


def _segmented(masks: Path, expected: Sequence[tuple[str, str]]) -> set[str]:
    table = parquet.read(masks / "-".join(expected[0]), schemas.MASKS, columns=["photo_id"])
    return set(table["photo_id"].to_pylist())


def _check_folders(masks: Path, expected: Sequence[tuple[str, str]]) -> None:
    wanted = {"-".join(cell) for cell in expected}
    found = {path.name for path in masks.iterdir() if path.is_dir()}
    if found != wanted:
        raise CrackpipeError(
            f"{masks}: holds {sorted(found)}, but train_segmenter.segmenters × labels names {sorted(wanted)}; "
            "delete the folders of cells that are no longer in params.yaml, or run `dvc repro` to make the missing"
        )


def _masks(table: Path) -> Iterator[tuple[str, bytes]]:
    """photo_id and encoded mask of each row."""
    return ((row["photo_id"], row["mask"]) for row in parquet.scan(table, schemas.MASKS))
