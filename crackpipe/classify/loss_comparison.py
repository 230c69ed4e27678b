"""One cell of the comparison of losses: a classifier trained with one, and how well calibrated it is on each source."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from crackpipe.classify import attack_steps, calibrator, classifier, feature_cache, final_layer, recipe, scoring, trunk
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.losses.step import Loss
from crackpipe.classify.training_inputs import Inputs, Photographed
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.errors import DatasetError
from crackpipe.files import fingerprint, metrics, parquet, schemas
from crackpipe.measures import calibration, classification
from crackpipe.models import checkpoints

ALL = "all"


def for_training_on(patches: pd.DataFrame, source: str) -> pd.DataFrame:
    """The patches of a cell: training and validation patches of one source, or of ``all``, and every test patch.

    Raises:
        DatasetError: there is no training patch of that source.
    """
    sources = scoring.sources_of(patches)
    own = (sources == source) | (source == ALL)
    if not (own & (patches["split"] == "train")).any():
        known = sorted(set(sources[patches["split"] == "train"]))
        raise DatasetError(
            f"calibrate.train_on: {source} has no training patch; expected {ALL} or one of {', '.join(known) or 'none'}"
        )
    return patches[own | (patches["split"] == "test")].reset_index(drop=True)


def cell(
    model: Classifier,
    scored: pd.DataFrame,
    inputs: Inputs,
    *,
    runtime: Runtime,
    attack: Mapping[str, Any],
    seed: int,
) -> dict[str, Any]:
    """Score a trained classifier on the test patches of each source, with each post-hoc calibration.

    Calibrators are fitted to validation patches, which are of the sources trained on.

    Returns:
        ``scores``: {source: {kind of calibration: scores}}; ``reliability``: {source: rows}, of the softmax;
        ``attack_steps``: {source: rows of steps, accuracy, confidence, count} (Figure 3 of AICL's paper).
    """
    validated = recipe.validated(scored)
    logits = scoring.logits(model, validated, inputs, runtime)
    labels = scoring.labels(validated)
    kinds = {kind: calibrator.fit(kind, logits, labels, where="calibrate.train_on") for kind in calibrator.KINDS}
    found: dict[str, Any] = {"scores": {}, "reliability": {}, "attack_steps": {}}
    tested = scored[scored["split"] == "test"]
    for source, part in tested.groupby(scoring.sources_of(tested)):
        features, logits = scoring.outputs(model, part, inputs, runtime)
        truth = part["label"].to_numpy(np.int64)
        plain = kinds["none"].crack_probability(logits).numpy()
        found["scores"][source] = {
            kind: classification.scores(truth, own.crack_probability(logits).numpy()) for kind, own in kinds.items()
        }
        found["reliability"][source] = calibration.reliability(truth, plain)
        found["attack_steps"][source] = _by_steps(model, features, truth, plain, attack=attack, seed=seed)
    return found


def _by_steps(
    model: Classifier,
    features: Float[Tensor, "n d"],
    truth: np.ndarray,
    crack: np.ndarray,
    *,
    attack: Mapping[str, Any],
    seed: int,
) -> list[dict[str, float]]:
    final = final_layer.of(model.network)
    kappa = attack_steps.survived(
        features,
        torch.from_numpy(truth),
        weight=final.weight.cpu(),
        bias=final.bias.cpu(),
        against="decision",
        start="features",
        key=(seed,),
        **attack,
    ).numpy()
    right, confidence = (crack > 0.5) == (truth == 1), np.maximum(crack, 1 - crack)
    return [
        {
            "steps": int(steps),
            "accuracy": float(right[kappa == steps].mean()),
            "confidence": float(confidence[kappa == steps].mean()),
            "count": int((kappa == steps).sum()),
        }
        for steps in np.unique(kappa)
    ]


def run(
    target: Path,
    *,
    name: str,
    loss: Loss,
    backbone: str,
    train_on: str,
    seed: int,
    scored_seed: int,
    weights: str,
    side_px: int,
    train_from: str | None,
    val_patches: int,
    test_patches: int,
    attack: Mapping[str, Any],
    drawn: Mapping[str, Any],
    augment: Mapping[str, Any],
    schedule: Mapping[str, Any],
    photos: Path,
    patches: Path,
    features: Path,
    runtime: Runtime,
    workers: int,
    key: Sequence[Any],
) -> None:
    """Train and score one cell, and write it as JSON to ``target``; a killed run goes on after its last epoch.

    Args:
        name: of the loss, or of the variant of AICL.
        seed: of the final layer's weights, the patches of each epoch and their augmentation.
        scored_seed: of the validation and test patches: not of the cell, so that cells are told on the same.
        train_from: part of the network that training begins at, on the ``features`` that are kept of what lies before
            it; ``None`` trains all of it on the ``photos``.
        drawn: ``epochs``, ``patches_per_epoch`` and ``crack_share``; see :func:`recipe.plan`.
        augment: see :func:`sampling.augmented_batches`; kept features have been augmented.
        schedule: what :func:`recipe.train` needs beside that.
        photos, patches: the tables.
        features: the folder that :func:`kept_features.write` has filled.
        key: plain values that tell this training from others of the same cell.
    """
    kept = feature_cache.load(features) if train_from else None
    table = kept.patches if kept else parquet.read(patches, schemas.PATCHES).to_pandas()
    chosen = for_training_on(table, train_on)
    scored = scoring.choose_of_each_source(chosen, val=val_patches, test=test_patches, seed=scored_seed)
    for kind in calibrator.KINDS:
        calibrator.check(kind, scoring.labels(recipe.validated(scored)), where=f"calibrate.train_on {train_on}")
    plan = recipe.plan(chosen, scored, seed=seed, **drawn)
    seeds.seed_everything(seed)
    model = classifier.create(backbone=backbone, weights=weights, side_px=side_px)
    if train_from:
        model = replace(model, network=trunk.split(model.network, train_from=train_from)[1], mean=(), std=())
    runtime.place(model.network)
    where = {"loss": name, "backbone": backbone, "train_on": train_on, "seed": seed}
    sizes = [side_px, val_patches, test_patches, scored_seed]
    values = [where, weights, train_from, *sizes, dict(drawn), dict(augment), dict(schedule), list(key)]
    with contextlib.ExitStack() as open_while:
        digest = fingerprint.of(values, [photos, patches, features])
        checkpoint = open_while.enter_context(checkpoints.opened(target.stem, digest))
        inputs: Inputs | None = kept
        if inputs is None:
            wanted = plan.photographs()
            decoded = open_while.enter_context(PhotoCache(photos, wanted=wanted, workers=workers))
            inputs = Photographed(decoded, side_px, workers, augment)
        recipe.train(model, plan, inputs, loss=loss, checkpoint=checkpoint, runtime=runtime, seed=seed, **schedule)
        found = cell(model, plan.scored, inputs, attack=attack, seed=seed, runtime=runtime)
    trained_on = sorted(set(scoring.sources_of(plan.train)))
    metrics.write_json(target, {**where, "trained_on": trained_on, **found})
