"""One head on all subsets and seeds: scores of every patch of the test set, and of those of another kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crackpipe import console
from crackpipe.errors import TableError
from crackpipe.few_shot import dataset, heads, subsets
from crackpipe.few_shot.dataset import FewShotData
from crackpipe.few_shot.heads import Rows
from crackpipe.files import parquet, schemas


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


def write(path: Path, rows: Sequence[parquet.Row]) -> int:
    """Write rows of :func:`run`; return their number."""
    return parquet.write(path, schemas.FEW_SHOT_SCORES, rows)


def read(folder: Path, *, heads: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Read the scores of each head: rows of ``few_shot_scores``, by subset and seed.

    Args:
        folder: holds a table of each head.
        heads: names, as in ``few_shot.heads``.

    Raises:
        TableError: a head's table is missing, or another lies there, left by other parameters.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    if unknown := sorted(set(paths) - set(heads)):
        raise TableError(
            f"{folder}: holds {', '.join(unknown)}, which few_shot.heads does not name: an earlier run with other "
            f"parameters has left it; remove {paths[unknown[0]]}"
        )
    return {head: parquet.read(folder / f"{head}.parquet", schemas.FEW_SHOT_SCORES).to_pandas() for head in heads}
