"""Contrastive training of an encoder: warm-up and cosine, the best epoch, early stop, and resume after a kill."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor

from crackpipe import console
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import alignment, freezing, pairing
from crackpipe.clip.training.alignment import Batch
from crackpipe.clip.training.freezing import Trained
from crackpipe.clip.training.pairing import Pairs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.models.checkpoints import Checkpoint

SETTINGS = {  # of fit, as params.yaml names them
    *("patience", "batch", "chunk", "lr", "warmup_steps", "weight_decay"),
    *("feature_dropout", "sentence_dropout", "seed"),
}
COLUMNS = ("epoch", "train_loss", "val_loss", "scale", "best")
MAX_LOG_SCALE = math.log(100)  # of CLIP's own training

History = list[dict[str, Any]]
Values = dict[str, Tensor]


def fit(
    encoder: DualEncoder | OpenClipEncoder,
    sets: Sequence[Pairs],
    *,
    validation: Pairs | None,
    trained: Trained,
    epochs: int,
    patience: int,
    batch: int,
    chunk: int,
    lr: float,
    warmup_steps: int,
    weight_decay: float,
    feature_dropout: float,
    sentence_dropout: float,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> History:
    """Train in place and keep the epoch of the lowest validation loss; return one row per epoch.

    Rows have epoch, train_loss, val_loss (``None`` without ``validation``), scale (the inverse temperature) and best
    (1 for the epoch whose weights are kept, which is the last one without ``validation``). AdamW; the learning rate
    rises linearly over ``warmup_steps`` and falls along a cosine. Normalisation layers keep their statistics.

    Args:
        validation: pairs that are not trained on, at least 2.
        trained: parameters to train, from :func:`parts.thaw`.
        patience: training ends after so many epochs without a lower validation loss.
        batch: pairs that are contrasted with each other.
        feature_dropout, sentence_dropout: see :func:`alignment.draw`.
        chunk: items whose graph is held at once: memory grows with it, results do not depend on it.
    """
    encoder.eval()  # before anything is encoded: normalisation layers keep their statistics
    sets = [pairing.encoded(pairs, encoder, runtime) for pairs in sets]
    known = None if validation is None else pairing.encoded(validation, encoder, runtime)
    optimise = freezing.optimiser(trained, lr=lr, weight_decay=weight_decay)
    scaler = torch.amp.GradScaler(runtime.device.type, enabled=runtime.autocast_dtype is torch.float16)
    history: History = []
    best: Values = {}
    state = checkpoint.load()
    if state is not None:
        _fill(trained, state["trained"])
        optimise.load_state_dict(state["optimiser"])
        scaler.load_state_dict(state["scaler"])
        history, best = state["history"], state["best"]
    total = epochs * alignment.steps(sets, batch=batch)
    draw = partial(
        alignment.draw,
        width=freezing.feature_width(encoder),
        feature_dropout=feature_dropout,
        sentence_dropout=sentence_dropout,
    )
    rates = partial(rate, peak=lr, warmup_steps=warmup_steps, steps=total)
    for epoch in range(len(history), epochs):
        if _stale(history) >= patience:
            break
        step = partial(_step, encoder, optimise, scaler, chunk=chunk, runtime=runtime)
        loss = _epoch(sets, draw, step, rates, epoch=epoch, epochs=epochs, batch=batch, seed=seed)
        judged = None
        if known is not None:
            judged = alignment.mean_loss(encoder, known, batch=batch, chunk=chunk, seed=seed, runtime=runtime)
        scale = float(freezing.log_scale(encoder).detach().exp())
        history = _extended(history, train_loss=loss, val_loss=judged, scale=scale)
        if history[-1]["best"]:
            best = {name: parameter.detach().cpu().clone() for name, parameter in trained.items()}
        now = {name: parameter.detach() for name, parameter in trained.items()}
        kept: dict[str, Any] = {"optimiser": optimise.state_dict(), "scaler": scaler.state_dict()}
        checkpoint.save({"trained": now, "best": best, "history": history, **kept})
    _fill(trained, best)
    return history


def rate(step: int, *, peak: float, warmup_steps: int, steps: int) -> float:
    """Learning rate of step ``step`` of ``steps``: a linear rise to ``peak``, then a cosine down to 0."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup_steps) / max(1, steps - warmup_steps))))


def _epoch(
    sets: Sequence[Pairs],
    draw: Callable[[Pairs, Int[np.ndarray, "b"], np.random.Generator], Batch],
    step: Callable[[Batch, float], float],
    rates: Callable[[int], float],
    *,
    epoch: int,
    epochs: int,
    batch: int,
    seed: int,
) -> float:
    """Mean loss of an epoch, whose batches depend on (seed, epoch) alone.

    Raises:
        ModelError: it is not a number: training has diverged.
    """
    random = seeds.generator(seed, epoch)
    planned = alignment.plan(sets, batch=batch, random=random)
    what = f"train encoder, epoch {epoch + 1}/{epochs}"
    bar = console.bar(planned, what=what, total=len(planned), unit="batches")
    losses = [
        step(draw(pairs, index, random), rates(number))
        for number, (pairs, index) in enumerate(bar, start=epoch * len(planned))
    ]
    mean = float(np.mean(losses))
    if not math.isfinite(mean):
        raise ModelError(f"{what}: the loss is {mean}; set align_clip.lr lower, or runtime.precision to fp32")
    return mean


def _step(
    encoder: DualEncoder | OpenClipEncoder,
    optimise: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    batch: Batch,
    lr: float,
    *,
    chunk: int,
    runtime: Runtime,
) -> float:
    for group in optimise.param_groups:
        group["lr"] = lr
    optimise.zero_grad(set_to_none=True)
    value = alignment.backward(encoder, batch, chunk=chunk, runtime=runtime, scale=scaler.scale)
    scaler.step(optimise)
    scaler.update()
    with torch.no_grad():
        freezing.log_scale(encoder).clamp_(max=MAX_LOG_SCALE)
    return value


def _stale(history: History) -> int:
    """Epochs since the best one."""
    return len(history) - max((row["epoch"] for row in history if row["best"]), default=len(history))


def _extended(history: History, *, train_loss: float, val_loss: float | None, scale: float) -> History:
    """The history with one more epoch, and the best one marked anew; of equal ones the first is the best."""
    losses = {"train_loss": round(train_loss, 6), "val_loss": None if val_loss is None else round(val_loss, 6)}
    rows = [*history, {"epoch": len(history) + 1, **losses, "scale": round(scale, 4)}]
    chosen = len(history) if val_loss is None else min(range(len(rows)), key=lambda place: rows[place]["val_loss"])
    return [{**row, "best": int(place == chosen)} for place, row in enumerate(rows)]


def _fill(trained: Trained, values: Values) -> None:
    with torch.no_grad():
        for name, value in values.items():
            trained[name].copy_(value)


def save(folder: Path, encoder: DualEncoder | OpenClipEncoder, spec: dict[str, Any], *, history: History) -> None:
    """Write an encoder and ``history.csv``, which has no rows where nothing was trained."""
    encoder_files.save(folder, encoder, spec)
    pd.DataFrame(history, columns=list(COLUMNS)).to_csv(folder / "history.csv", index=False)
