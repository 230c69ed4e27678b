"""Scores of the heads on disk, a table for each."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas


def write(path: Path, rows: Sequence[parquet.Row]) -> int:
    """Write rows of :func:`crackpipe.few_shot.sweep.run`; return their number."""
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
