"""What the classifiers of the comparison of losses decide on validation and test patches, and how firmly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from jaxtyping import Float, Int
from torch import Tensor

from crackpipe import console
from crackpipe.classify import attack_steps, feature_cache, loss_comparison, recipe, scoring
from crackpipe.classify.attack_steps import Attack
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.final_layer import final_linear
from crackpipe.classify.loss_comparison import Combination, NetworkSettings
from crackpipe.classify.training_inputs import Augmentation, Inputs, PhotoInputs
from crackpipe.compute.runtime import Runtime
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import parquet, schemas


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """Settings by which all cells decide.

    Attributes:
        backbone, network: how the networks were built.
        val_patches, test_patches: at most so many of each source are decided on.
        seed: of their draw, and of the trunk's weights where these are random.
        augmentation: its first side is that of the patches.
        attack: by which decisions are sorted.
    """

    backbone: str
    network: NetworkSettings
    val_patches: int
    test_patches: int
    seed: int
    augmentation: Augmentation
    attack: Attack


def decide(
    model: Classifier,
    patches: pd.DataFrame,
    inputs: Inputs,
    *,
    trained_on: set[str],
    runtime: Runtime,
    attack: Attack,
    seed: int,
) -> pd.DataFrame:
    """Let a trained classifier decide on validation and test patches, and attack what it decides on the test.

    Args:
        model: trained, on the device of ``runtime``.
        patches: rows of the ``patches`` table, of the two splits.
        inputs: gives their pixels or features.
        trained_on: sources that gave training patches.
        runtime: device and precision.
        attack: counts the steps that decisions survive.
        seed: of the attack.

    Returns:
        Rows of the table :data:`crackpipe.files.schemas.DECISIONS`.
    """
    final = final_linear(model.network)
    validated, tested = recipe.validation_patches(patches), patches[patches["split"] == "test"]
    parts = [_decisions(validated, scoring.logits(model, validated, inputs, runtime), None)]
    for _, part in tested.groupby(scoring.sources_of(tested)):
        features, logits = scoring.features_and_logits(model, part, inputs, runtime)
        kappa = attack_steps.survived(
            features,
            scoring.labels(part),
            weight=final.weight.cpu(),
            bias=final.bias.cpu(),
            attack=attack,
            key=(seed,),
        )
        parts.append(_decisions(part, logits, kappa))
    table = pd.concat(parts, ignore_index=True)
    table["in_domain"] = table["source"].isin(trained_on)
    return table.sort_values(list(schemas.DECISIONS.key), ignore_index=True)


def _decisions(patches: pd.DataFrame, logits: Float[Tensor, "n 2"], kappa: Int[Tensor, "n"] | None) -> pd.DataFrame:
    table = patches[["split", "photo_id", "row_px", "col_px", "label"]].assign(source=scoring.sources_of(patches))
    table["logit_none"], table["logit_crack"] = logits.float().numpy().T
    return table.assign(steps=pd.array([None] * len(table) if kappa is None else kappa.numpy(), dtype="Int32"))


def write(
    folder: Path,
    models: Mapping[Combination, Path],
    *,
    settings: DecisionSettings,
    photos: Path,
    patches: Path,
    runtime: Runtime,
    workers: int,
) -> None:
    """Let every cell of a backbone decide, and write a table of decisions for each: ``<name of its model>.parquet``.

    Args:
        folder: takes the tables.
        models: cell → folder that :func:`loss_comparison.train` has written; all of the backbone of ``settings``.
        settings: shared by all.
        photos, patches: tables on disk.
        runtime, workers: device and precision; threads that decode photographs and cut patches.

    Raises:
        DatasetError: a source has no training patch.
        ModelError: a model is missing, or was built by other settings.
        TableError: a table is missing, or empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not models:
        return
    table = parquet.read(patches, schemas.PATCHES).to_pandas()
    seen = {name: _sources_by_split(table, name) for name in {cell.train_on for cell in models}}
    chosen = scoring.choose(table, val=settings.val_patches, test=settings.test_patches, seed=settings.seed)
    with PhotoCache(photos, wanted=set(chosen["photo_id"]), workers=workers) as decoded:
        pixels = PhotoInputs(decoded, settings.network.side_px, workers, settings.augmentation)
        scored, inputs = _seen_by_cells(chosen, pixels, settings, runtime)
        sources = scoring.sources_of(scored)
        for cell, path in console.bar(models.items(), what="let cells decide", total=len(models), unit="cells"):
            mine = (scored["split"] == "test") | sources.isin(seen[cell.train_on].get("val", set()))
            decisions = decide(
                loss_comparison.load(path, settings.backbone, settings.network, runtime),
                scored[mine].reset_index(drop=True),
                inputs,
                trained_on=seen[cell.train_on]["train"],
                runtime=runtime,
                attack=settings.attack,
                seed=cell.seed,
            )
            columns = pa.Table.from_pandas(decisions, schema=schemas.DECISIONS.columns, preserve_index=False)
            parquet.write_columns(folder / f"{path.name}.parquet", schemas.DECISIONS, columns)


def _sources_by_split(patches: pd.DataFrame, train_on: str) -> dict[str, set[str]]:
    """Sources that a cell trains on, validates on and is tested on."""
    own = loss_comparison.patches_of_cell(patches, train_on)
    return {str(split): set(scoring.sources_of(part)) for split, part in own.groupby("split")}


def _seen_by_cells(
    patches: pd.DataFrame, pixels: PhotoInputs, settings: DecisionSettings, runtime: Runtime
) -> tuple[pd.DataFrame, Inputs]:
    """Give the patches with what cells take of them: pixels, or features of the trunk that all have in common."""
    network = settings.network
    if network.train_from is None:
        return patches, pixels
    model = loss_comparison.frozen(settings.backbone, network, seed=settings.seed, runtime=runtime)
    cache = feature_cache.compute(model, patches, pixels, runtime, train_from=network.train_from)
    return cache.patches, cache
