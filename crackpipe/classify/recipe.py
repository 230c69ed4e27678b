"""A patch classifier from patches: which patches each epoch trains on, training, post-hoc calibration."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Int

from crackpipe import console
from crackpipe.classify import calibrator, scoring, training
from crackpipe.classify.calibrator import Kind
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.losses.step import Loss
from crackpipe.classify.training import History, TrainingSettings
from crackpipe.classify.training_inputs import Inputs
from crackpipe.compute.runtime import Runtime
from crackpipe.data import patch_draw
from crackpipe.data.patch_pixels import PatchBatch
from crackpipe.models.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Patches that a training sees.

    Attributes:
        epochs: 0 or more.
        patches_per_epoch: drawn anew for each epoch.
        crack_share: share of them that are cracks, in (0, 1); ``None`` takes as many as there are among all.
    """

    epochs: int
    patches_per_epoch: int
    crack_share: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Patches of a training, known before any photograph is decoded.

    Attributes:
        train: training patches.
        scored: validation and test patches.
        orders: rows of ``train`` for each epoch.
    """

    train: pd.DataFrame
    scored: pd.DataFrame
    orders: list[Int[np.ndarray, "m"]]

    def photographs(self) -> set[str]:
        """Name the photographs that training and scoring read."""
        trained_on = (name for order in self.orders for name in self.train["photo_id"].iloc[order])
        return {*self.scored["photo_id"], *trained_on}


def validation_patches(scored: pd.DataFrame) -> pd.DataFrame:
    """Select the validation patches among those that are scored: the only ones that a calibrator may be fitted to."""
    return scored[scored["split"] == "val"]


def plan(patches: pd.DataFrame, scored: pd.DataFrame, settings: PlanSettings, *, seed: int) -> Plan:
    """Draw the patches of every epoch from the training patches.

    Args:
        patches: rows of the ``patches`` table, of any split.
        scored: patches of validation and test, as :func:`scoring.choose` draws them.
        settings: number of epochs and of patches, and their share of cracks.
        seed: of the draw.

    Raises:
        DatasetError: the training patches are of one class only.
    """
    train = patches[patches["split"] == "train"].reset_index(drop=True)
    labels, count, share = train["label"].to_numpy(), settings.patches_per_epoch, settings.crack_share
    orders = [
        patch_draw.draw(labels, count=count, crack_share=share, seed=seed, epoch=epoch)
        for epoch in range(settings.epochs)
    ]
    return Plan(train, scored, orders)


def train(
    model: Classifier,
    plan: Plan,
    inputs: Inputs,
    *,
    loss: Loss,
    settings: TrainingSettings,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> History:
    """Train ``model`` in place on the patches of the plan; see :func:`training.fit`.

    Args:
        model: on the device of ``runtime``.
        plan: patches of each epoch, and those that are scored after it.
        inputs: gives the pixels or features of patches.
        loss: value to minimise.
        settings: optimiser, learning rate and batch.
        seed: of dropout, augmentation and of what the loss draws.
        runtime: device and precision.
        checkpoint: of this training.
    """
    epochs = len(plan.orders)

    def batches(epoch: int) -> Iterable[PatchBatch]:
        order = plan.orders[epoch]
        return console.bar(
            inputs.training(plan.train, order, batch=settings.batch, seed=seed, epoch=epoch),
            what=f"train classifier, epoch {epoch + 1}/{epochs}",
            total=-(-len(order) // settings.batch),
            unit="batches",
        )

    return training.fit(
        model,
        batches=batches,
        validate=lambda: scoring.validation(model, plan.scored, inputs, runtime),
        loss=loss,
        settings=settings,
        epochs=epochs,
        seed=seed,
        runtime=runtime,
        checkpoint=checkpoint,
    )


def calibrated(
    model: Classifier,
    kind: Kind,
    scored: pd.DataFrame,
    inputs: Inputs,
    *,
    runtime: Runtime,
    where: str,
) -> Classifier:
    """Return the classifier with a calibrator that is fitted to its logits on the validation patches.

    Args:
        model: trained; it is not changed.
        kind: of calibration.
        scored: patches of which those of validation are used.
        inputs: gives their pixels or features.
        runtime: device and precision.
        where: names the parameter in the error.

    Raises:
        ModelError: the validation patches are not of both classes; :func:`calibrator.check` finds that out before the
            training.
    """
    if kind == "none":
        return model
    patches = validation_patches(scored)
    logits = scoring.logits(model, patches, inputs, runtime)
    return replace(model, calibrator=calibrator.fit(kind, logits.numpy(), patches["label"].to_numpy(), where=where))
