"""Metrics of a patch classifier on the patches of each split."""

import zlib
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from crackpipe import console
from crackpipe.classify.calibrator import Calibrator
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.final_layer import capture_inputs, final_linear
from crackpipe.classify.losses import ar_adals
from crackpipe.classify.losses.step import HeldOut
from crackpipe.classify.training_inputs import Inputs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.measures import classification

BATCH = 128


def choose(patches: pd.DataFrame, *, val: int, test: int, seed: int) -> pd.DataFrame:
    """Draw validation and test patches of each source, cracks as frequent as they are there.

    The patches that are drawn of a source do not depend on what other sources there are.

    Args:
        patches: rows of the ``patches`` table.
        val, test: patches of that split of each source, at most.
        seed: of the draw.
    """
    sources = sources_of(patches)
    parts = [patches.iloc[:0]]  # there may be no source
    for number, (split, count) in enumerate((("val", val), ("test", test))):
        for source in sorted(set(sources)):
            part = patches[(patches["split"] == split) & (sources == source)]
            random = seeds.generator(seed, number, zlib.crc32(source.encode()))
            parts.append(part.iloc[np.sort(random.permutation(len(part))[:count])])
    return pd.concat(parts, ignore_index=True)


def sources_of(patches: pd.DataFrame) -> "pd.Series[str]":
    """Name the source of each patch's photograph."""
    return patches["photo_id"].str.extract("^([^/]*)", expand=False)  # partition has no columns where there is no row


def labels(patches: pd.DataFrame) -> Int[Tensor, "n"]:
    """Labels of patches: 1 for crack, 0 for none."""
    return torch.from_numpy(patches["label"].to_numpy(np.int64, copy=True))


def logits(model: Classifier, patches: pd.DataFrame, inputs: Inputs, runtime: Runtime) -> Float[Tensor, "n 2"]:
    """Logits of no crack and crack of each patch, on the CPU.

    Args:
        model: on the device of ``runtime``; it is switched to inference.
        patches: rows of the ``patches`` table.
        inputs: gives their pixels or features.
        runtime: device and precision.
    """
    model.network.eval()
    loaded = inputs.plain(patches, batch=BATCH)
    bar = console.bar(loaded, what="score patches", total=-(-len(patches) // BATCH), unit="batches")
    return torch.cat([torch.zeros(0, 2), *(model.logits(pixels, runtime).cpu() for pixels, _ in bar)])


def features_and_logits(
    model: Classifier, patches: pd.DataFrame, inputs: Inputs, runtime: Runtime
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n 2"]]:
    """Features that enter the final layer, and logits; both on the CPU.

    Args:
        model, patches, inputs, runtime: as for :func:`logits`.
    """
    final = final_linear(model.network)
    features = [torch.zeros(0, final.in_features)]
    with capture_inputs(final, lambda captured: features.append(captured.detach().float().cpu())):
        outputs = logits(model, patches, inputs, runtime)
    return torch.cat(features), outputs


def predict(model: Classifier, patches: pd.DataFrame, inputs: Inputs, runtime: Runtime) -> Float[np.ndarray, "n"]:
    """Calibrated crack probability of each patch.

    Args:
        model, patches, inputs, runtime: as for :func:`logits`.
    """
    return model.calibrator.crack_probability(logits(model, patches, inputs, runtime).numpy())


def score(model: Classifier, patches: pd.DataFrame, inputs: Inputs, runtime: Runtime) -> dict[str, Any]:
    """Classification metrics of each split, and of each source's photographs of it; what has no patches is left out.

    Args:
        model, patches, inputs, runtime: as for :func:`logits`.

    Returns:
        ``{split: {precision, recall, f1, …, "sources": {source: {precision, …}}}}``.
    """
    scores: dict[str, Any] = {}
    for split, part in patches.groupby("split"):
        truth, probability = part["label"].to_numpy(np.int64), predict(model, part, inputs, runtime)
        sources = sources_of(part).to_numpy()
        scores[str(split)] = classification.scores(truth, probability) | {
            "sources": {
                source: classification.scores(truth[sources == source], probability[sources == source])
                for source in sorted(set(sources))
            }
        }
    return scores


def validation(
    model: Classifier, patches: pd.DataFrame, inputs: Inputs, runtime: Runtime
) -> tuple[dict[str, float], HeldOut | None]:
    """Score the validation patches after an epoch, without calibration.

    Args:
        model, patches, inputs, runtime: as for :func:`logits`; patches of other splits are left out.

    Returns:
        ``val_f1``, ``val_auc`` (area under the ROC curve) and ``val_ece``, without those that are not defined; and the
        decisions, for losses that use them. ``({}, None)`` where there are no validation patches.
    """
    part = patches[patches["split"] == "val"]
    if part.empty:
        return {}, None
    outputs, truth = logits(model, part, inputs, runtime), labels(part)
    scores = classification.scores(truth.numpy(), Calibrator().crack_probability(outputs.numpy()))
    weight = final_linear(model.network).weight.detach().cpu()
    held_out = HeldOut(
        distance=ar_adals.distance(outputs, weight=weight),
        confidence=torch.softmax(outputs, dim=1).amax(dim=1),
        right=outputs.argmax(dim=1) == truth,
    )
    figures = {f"val_{name}": value for name in ("f1", "auc", "ece") if (value := scores[name]) is not None}
    return figures, held_out
