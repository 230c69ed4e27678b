"""Metrics of a patch classifier on the patches of each split."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from crackpipe import progress, runtime
from crackpipe.classify import sampling
from crackpipe.classify.classifier import Classifier
from crackpipe.measures import classification
from crackpipe.runtime import Runtime

BATCH = 128


def choose(patches: pd.DataFrame, *, count: int, seed: int) -> pd.DataFrame:
    """Draw at most ``count`` validation and ``count`` test patches, as frequent as they are, for scoring."""
    parts = []
    for number, split in enumerate(("val", "test")):
        part = patches[patches["split"] == split]
        index = np.sort(runtime.generator(seed, number).permutation(len(part))[:count])
        parts.append(part.iloc[index])
    return pd.concat(parts, ignore_index=True)


def predict(
    model: Classifier, patches: pd.DataFrame, photos: Mapping[str, np.ndarray], machine: Runtime, *, workers: int
) -> Float[np.ndarray, "n"]:
    """Crack probability of each patch, in inference mode."""
    model.network.eval()
    order = np.arange(len(patches))
    loaded = sampling.batches(patches, photos, order, side_px=model.side_px, batch=BATCH, workers=workers)
    bar = progress.bar(loaded, what="score patches", total=-(-len(patches) // BATCH), unit="batches")
    return torch.cat([model.crack_probability(pixels, machine) for pixels, _ in bar]).numpy()


def score(
    model: Classifier, patches: pd.DataFrame, photos: Mapping[str, np.ndarray], machine: Runtime, *, workers: int
) -> dict[str, Any]:
    """Classification metrics per split: ``{split: {precision, recall, f1, …}}``; one without patches is left out."""
    found = {}
    for split, part in patches.groupby("split"):
        probability = predict(model, part, photos, machine, workers=workers)
        found[str(split)] = classification.scores(part["label"].to_numpy(np.int64), probability)
    return found


def validation(
    model: Classifier, patches: pd.DataFrame, photos: Mapping[str, np.ndarray], machine: Runtime, *, workers: int
) -> dict[str, float]:
    """F1 and area under the ROC curve of the validation split, for the training history."""
    part = patches[patches["split"] == "val"]
    if part.empty:
        return {}
    found = score(model, part, photos, machine, workers=workers)["val"]
    return {"val_f1": found["f1"], "val_auc": found["auc"], "val_ece": found["ece"]}
