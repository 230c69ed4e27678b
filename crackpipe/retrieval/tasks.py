"""Classification tasks on embeddings: soundness and measure (one label each), damage and location (several)."""

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
        name: of the attribute.
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
    """Labels of one item; none where they are unknown.

    Args:
        attributes: of a row of ``photos``.
        name: of one attribute.
    """
    value = (attributes or {}).get(name)
    if value is None:
        return frozenset()
    return frozenset([value] if isinstance(value, str) else value)


def complete(items: Sequence[Mapping[str, Any] | None]) -> list[Mapping[str, Any] | None]:
    """Attributes of the items that have a label of every attribute that any of them has; ``None`` for the others.

    Args:
        items: attributes of each item, as in ``photos``.
    """
    told = [name for name in SEVERAL if any(labels(item, name) for item in items)]
    return [item if all(labels(item, name) for name in told) else None for item in items]


def collect(
    train: Sequence[Mapping[str, Any] | None], test: Sequence[Mapping[str, Any] | None]
) -> tuple[list[Task], dict[str, str]]:
    """Collect the tasks that can be trained and scored, and the reason why each of the others cannot.

    Args:
        train, test: attributes of each item, as in ``photos``.

    Returns:
        tasks; and name → reason for a task that lacks labels in ``test``, or two different ones in ``train``.
    """
    collected, absent = [], {}
    for name, several in SEVERAL.items():
        train_sets, test_sets = ([labels(item, name) for item in items] for items in (train, test))
        reason = _reason_against(train_sets, test_sets)
        if reason:
            absent[name] = reason
            continue
        classes = sorted(frozenset().union(*train_sets, *test_sets))
        train_rows, train_labels = _labelled(train_sets, classes)
        test_rows, test_labels = _labelled(test_sets, classes)
        collected.append(Task(name, several, tuple(classes), train_rows, train_labels, test_rows, test_labels))
    return collected, absent


def _labelled(
    sets: Sequence[frozenset[str]], classes: Sequence[str]
) -> tuple[Int64[np.ndarray, "n"], Bool[np.ndarray, "n c"]]:
    """Items that have a label, and which of the classes each has."""
    rows = np.flatnonzero([bool(labels) for labels in sets])
    return rows, retrieval.indicators([labels for labels in sets if labels], classes)


def _reason_against(train: Sequence[Collection[str]], test: Sequence[Collection[str]]) -> str | None:
    """Reason why a task with these labels cannot be trained or scored; ``None`` if it can."""
    sets = {frozenset(labels) for labels in train if labels}
    if not sets:
        return "no photograph of train has one"
    if len(sets) == 1:
        return f"every photograph of train that has one has the same: {', '.join(sorted(next(iter(sets))))}"
    if not any(test):
        return "no photograph of test has one"
    return None
