"""What is classified from an embedding: soundness and measure (one label each), damage and location (several)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from crackpipe.measures import retrieval

SEVERAL = {"soundness": False, "measure": False, "damage": True, "location": True}
"""Name of each task; whether an item may have several labels."""


@dataclass(frozen=True, slots=True)
class Task:
    """Labelled items of two splits.

    Attributes:
        several: whether an item may have several labels.
        classes: every label of either split, sorted.
        train_rows, test_rows: the items of each split that are labelled.
        train_labels, test_labels: which classes each of those has.
    """

    name: str
    several: bool
    classes: tuple[str, ...]
    train_rows: Int64[np.ndarray, "n"]
    train_labels: Bool[np.ndarray, "n c"]
    test_rows: Int64[np.ndarray, "m"]
    test_labels: Bool[np.ndarray, "m c"]


def labels(attributes: Mapping[str, Any] | None, name: str) -> frozenset[str]:
    """The labels of one item: of the attribute ``name`` of a row of ``photos``; none where it is unknown."""
    told = (attributes or {}).get(name)
    if told is None:
        return frozenset()
    return frozenset([told] if isinstance(told, str) else told)


def collect(
    train: Sequence[Mapping[str, Any] | None], test: Sequence[Mapping[str, Any] | None]
) -> tuple[list[Task], dict[str, str]]:
    """The tasks that can be trained and scored, and the reason why each of the others cannot.

    Args:
        train, test: attributes of each item, as in ``photos``.

    Returns:
        tasks; and name → reason for a task that lacks labels in ``test``, or two different ones in ``train``.
    """
    found, absent = [], {}
    for name, several in SEVERAL.items():
        told = [labels(one, name) for one in train], [labels(one, name) for one in test]
        reason = _lacking(*told)
        if reason:
            absent[name] = reason
            continue
        classes = sorted(frozenset().union(*told[0], *told[1]))
        rows = [np.flatnonzero([bool(one) for one in each]) for each in told]
        flags = [
            retrieval.indicators([each[i] for i in index], classes) for each, index in zip(told, rows, strict=True)
        ]
        found.append(Task(name, several, tuple(classes), rows[0], flags[0], rows[1], flags[1]))
    return found, absent


def _lacking(train: Sequence[Collection[str]], test: Sequence[Collection[str]]) -> str | None:
    sets = {frozenset(one) for one in train if one}
    if not sets:
        return "no photograph of train has one"
    if len(sets) == 1:
        return f"every photograph of train that has one has the same: {', '.join(sorted(next(iter(sets))))}"
    if not any(test):
        return "no photograph of test has one"
    return None
