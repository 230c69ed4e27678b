"""One cell of the comparison of losses: a classifier trained with a loss, and what it decides on each source."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from jaxtyping import Float, Int
from torch import Tensor

from crackpipe.classify import attack_steps, calibrator, classifier, feature_cache, recipe, scoring, trunk
from crackpipe.classify.attack_steps import Attack
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.feature_cache import FeatureCache
from crackpipe.classify.final_layer import final_linear
from crackpipe.classify.losses.step import Loss
from crackpipe.classify.recipe import Plan, PlanSettings
from crackpipe.classify.training import TrainingSettings
from crackpipe.classify.training_inputs import Augmentation, Inputs, PhotoInputs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.errors import DatasetError
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.models import checkpoints
from crackpipe.models.heads import Head

ALL = "all"


@dataclass(frozen=True, slots=True)
class Combination:
    """Position of a cell in the comparison.

    Attributes:
        loss: name of a loss, or of a variant of AICL.
        backbone: a timm name.
        train_on: source whose training and validation patches are used, or ``all``.
        seed: of the final layer's weights, the patches of each epoch and their augmentation.
    """

    loss: str
    backbone: str
    train_on: str
    seed: int


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """Settings that all cells share.

    Attributes:
        weights, head: pretrained weights, and what follows the pooled features; see
            :func:`crackpipe.models.backbones.create`.
        side_px: side of the patches, pixels.
        train_from: part of the network that training begins at, on cached features of what lies before it; ``None``
            trains all of it on photographs.
        val_patches, test_patches: at most so many of each source are scored.
        scored_seed: of the draw of those, one for all cells, so that all are scored on the same patches.
        attack: by which decisions are sorted.
        plan: epochs and their patches.
        augmentation: of training patches; cached features have been augmented before.
        training: optimiser, learning rate and batch.
    """

    weights: str
    head: Head
    side_px: int
    train_from: str | None
    val_patches: int
    test_patches: int
    scored_seed: int
    attack: Attack
    plan: PlanSettings
    augmentation: Augmentation
    training: TrainingSettings


@dataclass(frozen=True, slots=True)
class Tables:
    """Inputs on disk.

    Attributes:
        photos, patches: tables, read where whole networks are trained.
        features: folder of :func:`feature_cache.write`, read where ``train_from`` is set.
    """

    photos: Path
    patches: Path
    features: Path


def patches_of_cell(patches: pd.DataFrame, train_on: str) -> pd.DataFrame:
    """Select training and validation patches of one source, or of ``all``, and the test patches of every source.

    Raises:
        DatasetError: there is no training patch of that source.
    """
    sources = scoring.sources_of(patches)
    wanted = (sources == train_on) | (train_on == ALL)
    if not (wanted & (patches["split"] == "train")).any():
        known = sorted(set(sources[patches["split"] == "train"]))
        raise DatasetError(
            f"calibrate.train_on: {train_on} has no training patch; expected {ALL} or one of "
            f"{', '.join(known) or 'none'}"
        )
    return patches[wanted | (patches["split"] == "test")].reset_index(drop=True)


def decide(
    model: Classifier, plan: Plan, inputs: Inputs, *, runtime: Runtime, attack: Attack, seed: int
) -> pd.DataFrame:
    """Let a trained classifier decide on the validation and test patches, and attack what it decides on the test.

    Args:
        model: trained, on the device of ``runtime``.
        plan: patches of training, validation and test.
        inputs, runtime: pixels or features of the patches; device and precision.
        attack: counts the steps that decisions survive.
        seed: of the attack.

    Returns:
        Rows of the table :data:`crackpipe.files.schemas.DECISIONS`.
    """
    final, seen = final_linear(model.network), set(scoring.sources_of(plan.train))
    parts = []
    validated = recipe.validation_patches(plan.scored)
    parts.append(_decisions(validated, scoring.logits(model, validated, inputs, runtime), None))
    tested = plan.scored[plan.scored["split"] == "test"]
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
    table["in_domain"] = table["source"].isin(seen)
    return table.sort_values(list(schemas.DECISIONS.key), ignore_index=True)


def _decisions(patches: pd.DataFrame, logits: Float[Tensor, "n 2"], kappa: Int[Tensor, "n"] | None) -> pd.DataFrame:
    table = patches[["split", "photo_id", "row_px", "col_px", "label"]].assign(source=scoring.sources_of(patches))
    table["logit_none"], table["logit_crack"] = logits.float().numpy().T
    return table.assign(steps=pd.array([None] * len(table) if kappa is None else kappa.numpy(), dtype="Int32"))


def run(
    target: Path,
    combination: Combination,
    *,
    loss: Loss,
    settings: ComparisonSettings,
    tables: Tables,
    runtime: Runtime,
    workers: int,
    key: Sequence[Any],
) -> None:
    """Train one cell, and write its decisions as a table to ``target``; a killed run goes on after its last epoch.

    Args:
        target: file to write; its stem names the checkpoint.
        combination: position of the cell.
        loss: that of the combination.
        settings: shared by all cells.
        tables: inputs on disk.
        runtime, workers: device and precision; threads that decode photographs and cut patches.
        key: plain values that tell this training from others of the same cell, for the checkpoint.

    Raises:
        DatasetError: the source has no training patch, or only those of one class.
        ModelError: the validation patches are of one class, or the network cannot be built or cut.
        TableError: a table is missing, or empty.
    """
    cache = feature_cache.load(tables.features) if settings.train_from else None
    patches = cache.patches if cache else parquet.read(tables.patches, schemas.PATCHES).to_pandas()
    plan = _plan(patches, combination, settings)
    seeds.seed_everything(combination.seed)
    model = _model(combination, settings)
    runtime.place(model.network)
    read = [tables.features] if cache else [tables.photos, tables.patches]
    digest = fingerprint.of([asdict(combination), asdict(settings), list(key)], read)
    with (
        checkpoints.opened(target.stem, digest) as checkpoint,
        _inputs(cache, plan, settings, tables.photos, workers=workers) as inputs,
    ):
        recipe.train(
            model,
            plan,
            inputs,
            loss=loss,
            settings=settings.training,
            seed=combination.seed,
            runtime=runtime,
            checkpoint=checkpoint,
        )
        decisions = decide(model, plan, inputs, runtime=runtime, attack=settings.attack, seed=combination.seed)
    columns = pa.Table.from_pandas(decisions, schema=schemas.DECISIONS.columns, preserve_index=False)
    parquet.write_columns(target, schemas.DECISIONS, columns)


def _plan(patches: pd.DataFrame, combination: Combination, settings: ComparisonSettings) -> Plan:
    chosen = patches_of_cell(patches, combination.train_on)
    scored = scoring.choose(chosen, val=settings.val_patches, test=settings.test_patches, seed=settings.scored_seed)
    labels = scoring.labels(recipe.validation_patches(scored))
    for kind in calibrator.KINDS:
        calibrator.check(kind, labels, where=f"calibrate.train_on {combination.train_on}")
    return recipe.plan(chosen, scored, settings.plan, seed=combination.seed)


def _model(combination: Combination, settings: ComparisonSettings) -> Classifier:
    """Build the classifier, or the part of it that is trained on the trunk's features."""
    model = classifier.create(
        backbone=combination.backbone, weights=settings.weights, side_px=settings.side_px, head=settings.head
    )
    if settings.train_from is None:
        return model
    _, rest = trunk.split(model.network, train_from=settings.train_from)
    return replace(model, network=rest, mean=(), std=())


@contextlib.contextmanager
def _inputs(
    cache: FeatureCache | None, plan: Plan, settings: ComparisonSettings, photos: Path, *, workers: int
) -> Iterator[Inputs]:
    """Give the cached features, or the decoded photographs of the plan."""
    if cache is not None:
        yield cache
        return
    with PhotoCache(photos, wanted=plan.photographs(), workers=workers) as decoded:
        yield PhotoInputs(decoded, settings.side_px, workers, settings.augmentation)
