"""One head on all subsets and seeds: scores of every patch of the test set, and of those of another kind."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crackpipe import console
from crackpipe.few_shot import dataset, heads, subsets
from crackpipe.few_shot.dataset import FewShotData
from crackpipe.few_shot.heads import Rows
from crackpipe.files import parquet


def run(
    head: str,
    data: FewShotData,
    *,
    settings: Mapping[str, Any],
    shares: Sequence[int | float],
    seeds: int,
    seed: int,
) -> list[parquet.Row]:
    """Score all queries with one head on each subset that is meant for it, and each seed.

    The subset T0, which holds no patch, is the zero-shot head's alone; all others are those of the other heads.

    Args:
        head: a name of :func:`heads.names`.
        data: the pool to learn from, and the queries: the test set and patches of another kind.
        settings: values of that head's settings by name, as in ``params.yaml``.
        shares: see :func:`subsets.sizes`.
        seeds: trials, each with its own subsets and start.
        seed: of the first one; the others follow.

    Returns:
        rows of ``few_shot_scores``.

    Raises:
        TableError, ParamsError: a subset lacks a class or is larger than the pool; nothing is trained then.
    """
    kind = heads.find(head)
    record = kind.settings(**settings)
    queries = np.concatenate([data.test.vectors, data.ood.vectors])
    for_head = {
        name: rows
        for name, rows in _drawn(data, shares=shares, seeds=seeds, seed=seed).items()
        if (head == "zero_shot") == (rows.shape[1] == 0)
    }
    table: list[parquet.Row] = []
    for name, rows in console.bar(for_head.items(), what=f"few_shot ({head})", total=len(for_head), unit="subsets"):
        output = kind.evaluate(data, rows, queries, record, seed)
        extra = {"mutual_information": output.mutual_information, "loss": output.losses}
        for number in range(seeds):
            row = {"subset": name, "seed": seed + number, "n_train": rows.shape[1], "score": output.scores[number]}
            table.append(row | {key: None if values is None else values[number] for key, values in extra.items()})
    return table


def _drawn(data: FewShotData, *, shares: Sequence[int | float], seeds: int, seed: int) -> dict[str, Rows]:
    """Rows of the pool, ascending, of each subset and seed; checked for both classes."""
    sizes = subsets.sizes(shares, pool=len(data.pool))
    labels = data.pool.labels
    orders = [subsets.nested(labels, seed=seed + number) for number in range(seeds)]
    drawn = {name: np.stack([np.sort(order[:count]) for order in orders]) for name, count in sizes.items()}
    for name, rows in drawn.items():
        for number, members in enumerate(rows):
            if len(members):
                dataset.check_classes(labels[members], where=f"subset {name} of seed {seed + number}")
    return drawn
