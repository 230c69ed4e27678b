"""Segmentation scores of many photographs, kept apart by method, source and split."""

from collections import defaultdict
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.measures import segmentation
from crackpipe.measures.segmentation import PhotoCounts

Key = tuple[str, ...]


class Scoreboard:
    """Collects counts photograph by photograph (a few hundred numbers each) and scores them at the end."""

    def __init__(self, *, tolerance_px: int) -> None:
        self._tolerance_px = tolerance_px
        self._exact: dict[Key, list[PhotoCounts]] = defaultdict(list)
        self._tolerant: dict[Key, list[PhotoCounts]] = defaultdict(list)

    def add(self, key: Key, *, levels: UInt8[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"]) -> None:
        """Count one photograph under ``key``, e.g. (method, source, split)."""
        self._exact[key].append(segmentation.count(levels, truth))
        self._tolerant[key].append(segmentation.count_tolerant(levels, truth, tolerance_px=self._tolerance_px))

    def places(self) -> list[Key]:
        """All keys, sorted."""
        return sorted(self._exact)

    def counts(self, key: Key) -> list[PhotoCounts]:
        """Exact counts under ``key`` in the order in which they were added."""
        return self._exact[key]

    def scores(self, key: Key) -> dict[str, float | int]:
        """ods, ois, ap, ods_pooled and n; and ods_tol, ois_tol, ap_tol with the tolerance in pixels."""
        exact, tolerant = segmentation.score(self._exact[key]), segmentation.score(self._tolerant[key])
        return {
            "ods": exact.ods,
            "ois": exact.ois,
            "ap": exact.ap,
            "ods_pooled": exact.ods_pooled,
            "ods_tol": tolerant.ods,
            "ois_tol": tolerant.ois,
            "ap_tol": tolerant.ap,
            "n": exact.n,
        }

    def tree(self) -> dict[str, Any]:
        """Scores of every key as a nested dict, one level for each part of the key."""
        root: dict[str, Any] = {}
        for key in self.places():
            branch = root
            for part in key[:-1]:
                branch = branch.setdefault(part, {})
            branch[key[-1]] = self.scores(key)
        return root
