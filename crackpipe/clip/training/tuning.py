"""Contrastive training of an encoder: warm-up and cosine, the best epoch, early stop, and resume after a kill."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crackpipe import console
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.training import alignment, freezing, pairing
from crackpipe.clip.training.alignment import PairBatch
from crackpipe.clip.training.freezing import TrainedParameters
from crackpipe.clip.training.pairing import Pairs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.models import schedule
from crackpipe.models.checkpoints import Checkpoint, Stateful

COLUMNS = ("epoch", "train_loss", "val_loss", "scale", "best")
MAX_LOG_SCALE = math.log(100)  # of CLIP's own training

History = list[dict[str, Any]]
Weights = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """Settings of a training, named as in section ``align_clip`` of ``params.yaml``.

    Attributes:
        epochs: passes over the last of the sets, at most.
        patience: training ends after so many epochs without a lower validation loss.
        batch: pairs that are contrasted with each other, at least 2.
        chunk: items whose graph is held at once: memory grows with it, results do not depend on it.
        lr: of AdamW, at its peak.
        warmup_steps: steps over which the learning rate rises to its peak.
        weight_decay: of matrices.
        feature_dropout, sentence_dropout: see :func:`alignment.draw`.
        seed: of the order of pairs, and of all that is drawn for them.
    """

    epochs: int
    patience: int
    batch: int
    chunk: int
    lr: float
    warmup_steps: int
    weight_decay: float
    feature_dropout: float
    sentence_dropout: float
    seed: int


SETTINGS = {field.name for field in fields(TuningSettings)}


def fit(
    encoder: TrainableEncoder,
    sets: Sequence[Pairs],
    *,
    validation: Pairs | None,
    trained: TrainedParameters,
    settings: TuningSettings,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> History:
    """Train in place and keep the weights of the epoch of lowest validation loss.

    AdamW; the learning rate rises linearly and falls along a cosine. Normalisation layers keep their statistics.

    Args:
        encoder: trained in place.
        sets: pairs to train on; see :func:`alignment.plan`. Without any the encoder stays as it is.
        validation: pairs that are not trained on, at least 2; ``None`` keeps the weights of the last epoch.
        trained: parameters to train, from :func:`freezing.thaw`.
        checkpoint: state after each epoch; a killed training goes on from it to the same weights.

    Returns:
        a row of each epoch: epoch, train_loss, val_loss (``None`` without ``validation``), scale (the inverse
        temperature) and best (1 for the epoch whose weights are kept).

    Raises:
        ModelError: the loss is not a number: training has diverged.
    """
    if not sets:
        return []
    encoder.eval()  # before anything is encoded: normalisation layers keep their statistics
    sets = [pairing.cache_frozen_features(pairs, encoder, runtime) for pairs in sets]
    held_out = None if validation is None else pairing.cache_frozen_features(validation, encoder, runtime)
    training = _Training(encoder, trained, settings, runtime)
    saved = checkpoint.resume(training.parts)
    history: History = saved.get("history", [])
    best: Weights = saved.get("best", {})
    _fill(trained, saved.get("trained", {}))
    for epoch in range(len(history), settings.epochs):
        if _epochs_since_best(history) >= settings.patience:
            break
        train_loss = training.epoch(sets, epoch)
        val_loss = None if held_out is None else training.mean_loss(held_out)
        history = _extended(history, train_loss=train_loss, val_loss=val_loss, scale=training.scale())
        weights = {name: parameter.detach() for name, parameter in trained.items()}
        if history[-1]["best"]:
            best = {name: value.cpu().clone() for name, value in weights.items()}
        checkpoint.keep(training.parts, trained=weights, best=best, history=history)
    _fill(trained, best)
    return history


class _Training:
    """An encoder with the optimiser of its trained parameters."""

    def __init__(
        self, encoder: TrainableEncoder, trained: TrainedParameters, settings: TuningSettings, runtime: Runtime
    ) -> None:
        self._encoder, self._settings, self._runtime = encoder, settings, runtime
        self._optimiser = freezing.optimiser(trained, lr=settings.lr, weight_decay=settings.weight_decay)
        self._scaler = torch.amp.GradScaler(runtime.device.type, enabled=runtime.autocast_dtype is torch.float16)
        self.parts: dict[str, Stateful] = {"optimiser": self._optimiser, "scaler": self._scaler}

    def epoch(self, sets: Sequence[Pairs], epoch: int) -> float:
        """Train one epoch, whose batches depend on (seed, epoch) alone; return its mean loss."""
        settings = self._settings
        random = seeds.generator(settings.seed, epoch)
        batches = alignment.plan(sets, batch=settings.batch, random=random)
        what = f"train encoder, epoch {epoch + 1}/{settings.epochs}"
        bar = console.bar(batches, what=what, total=len(batches), unit="batches")
        losses = []
        for step, (pairs, index) in enumerate(bar, start=epoch * len(batches)):
            batch = alignment.draw(
                pairs,
                index,
                random,
                width=self._encoder.feature_width,
                feature_dropout=settings.feature_dropout,
                sentence_dropout=settings.sentence_dropout,
            )
            losses.append(self._step(batch, step=step, steps=settings.epochs * len(batches)))
        mean = float(np.mean(losses))
        if not math.isfinite(mean):
            raise ModelError(f"{what}: the loss is {mean}; set align_clip.lr lower, or runtime.precision to fp32")
        return mean

    def mean_loss(self, pairs: Pairs) -> float:
        """Mean loss of pairs that are not trained on."""
        settings = self._settings
        return alignment.mean_loss(
            self._encoder,
            pairs,
            batch=settings.batch,
            chunk=settings.chunk,
            seed=settings.seed,
            runtime=self._runtime,
        )

    def scale(self) -> float:
        """The inverse temperature."""
        return float(self._encoder.log_inverse_temperature().detach().exp())

    def _step(self, batch: PairBatch, *, step: int, steps: int) -> float:
        """Take one step of ``steps``; return the loss before it."""
        settings = self._settings
        for group in self._optimiser.param_groups:
            group["lr"] = schedule.warmup_cosine(
                step, peak=settings.lr, warmup_steps=settings.warmup_steps, steps=steps
            )
        self._optimiser.zero_grad(set_to_none=True)
        loss = alignment.backward(
            self._encoder, batch, chunk=settings.chunk, runtime=self._runtime, scale=self._scaler.scale
        )
        self._scaler.step(self._optimiser)
        self._scaler.update()
        with torch.no_grad():
            self._encoder.log_inverse_temperature().clamp_(max=MAX_LOG_SCALE)
        return loss


def _epochs_since_best(history: History) -> int:
    return len(history) - max((row["epoch"] for row in history if row["best"]), default=len(history))


def _extended(history: History, *, train_loss: float, val_loss: float | None, scale: float) -> History:
    """The history with one more epoch, and the best one marked anew; of equal ones the first is the best."""
    losses = {"train_loss": round(train_loss, 6), "val_loss": None if val_loss is None else round(val_loss, 6)}
    rows = [*history, {"epoch": len(history) + 1, **losses, "scale": round(scale, 4)}]
    best = len(history) if val_loss is None else min(range(len(rows)), key=lambda index: rows[index]["val_loss"])
    return [{**row, "best": int(index == best)} for index, row in enumerate(rows)]


def _fill(trained: TrainedParameters, weights: Weights) -> None:
    with torch.no_grad():
        for name, value in weights.items():
            trained[name].copy_(value)


def save(folder: Path, encoder: TrainableEncoder, spec: dict[str, Any], *, history: History) -> None:
    """Write an encoder and ``history.csv``, which has no rows where nothing was trained.

    Args:
        spec: see :func:`crackpipe.clip.encoders.encoder_files.create`.
        history: as :func:`fit` returns it.
    """
    encoder_files.save(folder, encoder, spec)
    pd.DataFrame(history, columns=list(COLUMNS)).to_csv(folder / "history.csv", index=False)
