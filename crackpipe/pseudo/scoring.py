"""Pseudo-labels against ground truth, where there is any."""

from collections import Counter
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe import images
from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.pseudo import baselines


class LabelScores:
    """Scores of one method and of the baselines, by source and split, with the number of usable labels."""

    def __init__(self, *, method: str, tolerance_px: int, keep_px: int) -> None:
        self._board = Scoreboard(tolerance_px=tolerance_px)
        self._method = method
        self._keep_px = keep_px
        self._kept: Counter[tuple[str, str]] = Counter()
        self._seen: Counter[tuple[str, str]] = Counter()

    def add(
        self,
        row: dict[str, Any],
        *,
        image: UInt8[np.ndarray, "h w 3"],
        levels: UInt8[np.ndarray, "h w"],
        crack_px: int,
    ) -> None:
        """Count one photograph (a row of ``photos``); without ground truth it counts among the labels only."""
        place = row["source"], row["split"]
        self._seen[place] += 1
        self._kept[place] += crack_px >= self._keep_px
        if row["mask"] is None:
            return
        truth = images.decode_mask(row["mask"])
        for name, found in {self._method: levels, **baselines.all_of(image)}.items():
            self._board.add((name, *place), levels=found, truth=truth)

    def tree(self) -> dict[str, Any]:
        """``{method: {source: {split: {ods, …, n, kept}}}}``; ``kept`` counts labels with enough crack pixels."""
        tree = self._board.tree()
        for (source, split), seen in sorted(self._seen.items()):
            scores = tree.setdefault(self._method, {}).setdefault(source, {}).setdefault(split, {"n": seen})
            scores["kept"] = self._kept[source, split]
        return tree
