"""A patch classifier from patches: trained, calibrated after the fact, scored."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Int

from crackpipe.classify import calibrator, scoring, training
from crackpipe.classify.calibrator import Kind
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.losses.step import Loss
from crackpipe.classify.training import History
from crackpipe.classify.training_inputs import Inputs
from crackpipe.compute.runtime import Runtime
from crackpipe.data import patch_draw
from crackpipe.models.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True)
class Plan:
    """What each epoch of a training sees, and what is scored; known before any photograph is decoded.

    Attributes:
        train: training patches. ``scored``: validation and test patches.
        orders: rows of ``train`` for each epoch.
    """

    train: pd.DataFrame
    scored: pd.DataFrame
    orders: list[Int[np.ndarray, "m"]]

    def photographs(self) -> set[str]:
        """Those that training and scoring read."""
        seen = (name for order in self.orders for name in self.train["photo_id"].iloc[order])
        return {*self.scored["photo_id"], *seen}


def validated(scored: pd.DataFrame) -> pd.DataFrame:
    """The validation patches among those that are scored: the only ones that a calibrator may see."""
    return scored[scored["split"] == "val"]


def plan(
    patches: pd.DataFrame,
    scored: pd.DataFrame,
    *,
    epochs: int,
    patches_per_epoch: int,
    crack_share: float | None,
    seed: int,
) -> Plan:
    """Draw the patches of every epoch from the training patches; ``scored`` are of validation and test.

    Raises:
        DatasetError: the training patches are of one class only.
    """
    train = patches[patches["split"] == "train"].reset_index(drop=True)
    labels = train["label"].to_numpy()
    drawn = partial(patch_draw.draw, labels, count=patches_per_epoch, crack_share=crack_share, seed=seed)
    return Plan(train, scored, [drawn(epoch=epoch) for epoch in range(epochs)])


def train(
    model: Classifier,
    plan: Plan,
    inputs: Inputs,
    *,
    runtime: Runtime,
    checkpoint: Checkpoint,
    loss: Loss,
    batch: int,
    optimiser: str,
    lr: float,
    lr_gamma: float,
    lr_step_epochs: int,
    momentum: float,
    weight_decay: float,
    seed: int,
) -> History:
    """Train ``model`` in place by the plan; see :func:`training.fit`."""
    count = len(plan.orders[0]) if plan.orders else 0
    return training.fit(
        model,
        batches=lambda epoch: inputs.training(plan.train, plan.orders[epoch], batch=batch, seed=seed, epoch=epoch),
        steps_per_epoch=-(-count // batch),
        validate=lambda: scoring.validation(model, plan.scored, inputs, runtime),
        loss=loss,
        optimise=training.optimiser(optimiser, model.network, lr=lr, momentum=momentum, weight_decay=weight_decay),
        epochs=len(plan.orders),
        lr_gamma=lr_gamma,
        lr_step_epochs=lr_step_epochs,
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
    """The classifier with a calibrator that is fitted to its logits on the validation patches.

    Raises:
        ModelError: these are not of both classes; :func:`calibrator.check` tells before the training.
    """
    if kind == "none":
        return model
    part = validated(scored)
    logits = scoring.logits(model, part, inputs, runtime)
    return replace(model, calibrator=calibrator.fit(kind, logits, scoring.labels(part), where=where))
