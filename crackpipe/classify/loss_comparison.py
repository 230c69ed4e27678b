"""One cell of the comparison of losses: a classifier trained with a loss on the patches of a source."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from crackpipe.classify import calibrator, classifier, feature_cache, recipe, scoring, trunk
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.feature_cache import FeatureCache
from crackpipe.classify.losses.step import Loss
from crackpipe.classify.recipe import Plan, PlanSettings
from crackpipe.classify.training import TrainingSettings
from crackpipe.classify.training_inputs import Augmentation, Inputs, PhotoInputs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.errors import DatasetError, ModelError
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.models import cards, checkpoints, model_files
from crackpipe.models.heads import Head

ALL = "all"
KIND = "compared_classifier"


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
class NetworkSettings:
    """How the networks of all cells are built, and what of them is trained.

    Attributes:
        weights, head: pretrained weights, and what follows the pooled features; see
            :func:`crackpipe.models.backbones.create`.
        side_px: side of the patches, pixels.
        train_from: part of the network that training begins at, on cached features of what lies before it; ``None``
            trains all of it on photographs.
    """

    weights: str
    head: Head
    side_px: int
    train_from: str | None


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """Settings that the trainings of all cells share.

    Attributes:
        network: how networks are built.
        val_patches: at most so many of each source are scored after an epoch.
        scored_seed: of the draw of those, one for all cells, so that all are scored on the same patches.
        plan: epochs and their patches.
        augmentation: of training patches; cached features have been augmented before.
        training: optimiser, learning rate and batch.
    """

    network: NetworkSettings
    val_patches: int
    scored_seed: int
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


def train(
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
    """Train one cell, and write what was trained of its network to ``target``.

    A killed run goes on after the last epoch that it finished.

    Args:
        target: folder to write, see :func:`load`; its name is that of the checkpoint.
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
    cache = feature_cache.load(tables.features) if settings.network.train_from else None
    patches = cache.patches if cache else parquet.read(tables.patches, schemas.PATCHES).to_pandas()
    plan = _plan(patches, combination, settings)
    seeds.seed_everything(combination.seed)
    model = trained_part(whole(combination.backbone, settings.network), settings.network)
    runtime.place(model.network)
    read = [tables.features] if cache else [tables.photos, tables.patches]
    digest = fingerprint.of([asdict(combination), asdict(settings), list(key)], read)
    with (
        checkpoints.opened(target.name, digest) as checkpoint,
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
        card = {"kind": KIND, "architecture": combination.backbone, **asdict(settings.network)}
        model_files.save(target, model.network, card)


def load(folder: Path, backbone: str, settings: NetworkSettings, runtime: Runtime) -> Classifier:
    """Read what :func:`train` has written, place it on the device and switch it to inference.

    Args:
        folder: of one cell.
        backbone: that of the cell.
        settings: as the cell was trained with.
        runtime: its device takes the network.

    Raises:
        ModelError: the folder holds no such network, or one that was built by other settings.
    """
    card = cards.read(folder, kind=KIND)
    wanted = {"kind": KIND, "architecture": backbone, **asdict(settings)}
    if card != wanted:
        raise ModelError(f"{folder}: was built by {card}, but {wanted} is needed here; run `dvc repro`")
    model = trained_part(whole(backbone, replace(settings, weights="none")), settings)
    model_files.fill(model.network, model_files.weights(folder / "model.safetensors"), where=str(folder))
    runtime.place(model.network).eval().requires_grad_(False)
    return model


def whole(backbone: str, settings: NetworkSettings) -> Classifier:
    """Build an untrained classifier, all of it.

    Raises:
        ModelError: it cannot be built.
    """
    return classifier.create(backbone=backbone, weights=settings.weights, side_px=settings.side_px, head=settings.head)


def frozen(backbone: str, settings: NetworkSettings, *, seed: int, runtime: Runtime) -> Classifier:
    """Build the classifier whose trunk all cells have in common, on the device.

    Args:
        backbone: a timm name.
        settings: how it is built.
        seed: of the weights, where these are random.
        runtime: its device takes the network.

    Raises:
        ModelError: it cannot be built, or has no part ``train_from``.
    """
    seeds.seed_everything(seed)
    model = whole(backbone, settings)
    trained_part(model, settings)  # fails before the work where there is no such part
    runtime.place(model.network)
    return model


def trained_part(model: Classifier, settings: NetworkSettings) -> Classifier:
    """Reduce a classifier to the part that is trained on the trunk's features; all of it without ``train_from``.

    Raises:
        ModelError: there is no such part.
    """
    if settings.train_from is None:
        return model
    _, rest = trunk.split(model.network, train_from=settings.train_from)
    return replace(model, network=rest, mean=(), std=())


def _plan(patches: pd.DataFrame, combination: Combination, settings: ComparisonSettings) -> Plan:
    chosen = patches_of_cell(patches, combination.train_on)
    scored = scoring.choose(chosen, val=settings.val_patches, test=0, seed=settings.scored_seed)
    labels = recipe.validation_patches(scored)["label"].to_numpy()
    for kind in calibrator.KINDS:
        calibrator.check(kind, labels, where=f"calibrate.train_on {combination.train_on}")
    return recipe.plan(chosen, scored, settings.plan, seed=combination.seed)


@contextlib.contextmanager
def _inputs(
    cache: FeatureCache | None, plan: Plan, settings: ComparisonSettings, photos: Path, *, workers: int
) -> Iterator[Inputs]:
    """Give the cached features, or the decoded photographs of the plan."""
    if cache is not None:
        yield cache
        return
    with PhotoCache(photos, wanted=plan.photographs(), workers=workers) as decoded:
        yield PhotoInputs(decoded, settings.network.side_px, workers, settings.augmentation)
