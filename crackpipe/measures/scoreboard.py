"""Segmentation scores of many photographs, kept apart by method, source and split."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.measures import segmentation
from crackpipe.measures.segmentation import PhotoCounts

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    photo_id: str
    exact: PhotoCounts
    tolerant: PhotoCounts


class Scoreboard:
    """Counts of photographs (a few hundred numbers each) under keys such as (method, source, split)."""

    def __init__(self, *, tolerance_px: int) -> None:
        """Start empty; ``tolerance_px`` (0 or more) is that of the tolerant scores."""
        self.tolerance_px = tolerance_px
        self._counted: dict[Key, list[_Counted]] = {}

    def add(self, key: Key, photo_id: str, *, levels: UInt8[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"]) -> None:
        """Count one photograph under ``key``.

        Args:
            key: any number of names, the same for all keys.
            photo_id: of the photograph, once under each key.
            levels: (h, w) predicted confidence, 0–255.
            truth: (h, w) True = crack.
        """
        exact = segmentation.count(levels, truth)
        tolerant = segmentation.count_tolerant(levels, truth, tolerance_px=self.tolerance_px)
        self._counted.setdefault(key, []).append(_Counted(photo_id, exact, tolerant))

    def take(self, other: "Scoreboard", key: Key, *, to: Key, photo_ids: Collection[str]) -> None:
        """Take over what another board, of the same tolerance, has counted under ``key``, to the key ``to``.

        Args:
            other: it is not changed.
            key: one of its keys.
            to: key of this board.
            photo_ids: photographs to take; without any of them nothing is put under ``to``.
        """
        counted = [photo for photo in other._counted[key] if photo.photo_id in photo_ids]
        if counted:
            self._counted.setdefault(to, []).extend(counted)

    def sorted_keys(self) -> list[Key]:
        """List all keys, sorted."""
        return sorted(self._counted)

    def photo_ids(self, key: Key) -> list[str]:
        """Name the photographs under ``key`` in the order in which they were added."""
        return [photo.photo_id for photo in self._counted[key]]

    def counts(self, key: Key) -> list[PhotoCounts]:
        """Exact counts under ``key``, one for each of :meth:`photo_ids`."""
        return [photo.exact for photo in self._counted[key]]

    def scores(self, key: Key) -> dict[str, float | int]:
        """ods, ois, ap, ods_pooled and n; and ods_tol, ois_tol, ap_tol with the tolerance in pixels."""
        exact = segmentation.score(self.counts(key))
        tolerant = segmentation.score([photo.tolerant for photo in self._counted[key]])
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
        return nested({key: self.scores(key) for key in self.sorted_keys()})


def nested(rows: Mapping[Key, Any]) -> dict[str, Any]:
    """Nest rows under the parts of their keys, one level for each.

    >>> nested({("otsu", "test"): 1, ("otsu", "val"): 2})
    {'otsu': {'test': 1, 'val': 2}}
    """
    root: dict[str, Any] = {}
    for key, row in rows.items():
        branch = root
        for part in key[:-1]:
            branch = branch.setdefault(part, {})
        branch[key[-1]] = row
    return root
