"""Training curves of all models in one table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd


def collect(folders: Sequence[Path]) -> pd.DataFrame:
    """Join the histories of models: rows of run, epoch and train_loss for each folder that has a ``history.csv``."""
    parts = []
    for folder in folders:
        path = folder / "history.csv"
        if path.is_file():
            history = pd.read_csv(path, usecols=["epoch", "train_loss"])
            parts.append(history.assign(run=folder.name))
    columns = ["run", "epoch", "train_loss"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)
