"""Training of the adapters on cached tokens, with checkpoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from crackpipe import console
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.clip.prompts import text_matrix
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint, Stateful
from crackpipe.segment.adapters import fused_loss, text_guided
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.fused_loss import LossSettings
from crackpipe.segment.adapters.text_guided import TextGuided

History = list[dict[str, int | float]]
Loss = Callable[[list[Float[Tensor, "b _r _k"]], Float[Tensor, "b h w"]], Float[Tensor, ""]]  # of grids of logits


@dataclass(frozen=True, slots=True)
class AdapterTraining(LossSettings):
    """Settings of a training of text adapters; those of the loss among them.

    Attributes:
        epochs: passes over the examples.
        batch: examples in a step.
        lr: learning rate of Adam, fixed.
        combine: how the stages' maps become one.
        seed: of the order of the examples.
    """

    epochs: int
    batch: int
    lr: float
    combine: Literal["mean", "sum"]
    seed: int


def train(
    examples: Examples,
    settings: AdapterTraining,
    *,
    folder: Path,
    encoder: Encoder,
    prompts: tuple[Sequence[str], Sequence[str]],
    labels: str,
    encoder_digest: str,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> None:
    """Train linear adapters on cached tokens, without a run of the image encoder; write them to ``folder``.

    Args:
        examples: windows with labels; their stages are the adapters' stages.
        settings: of the training.
        folder: gets the model and ``history.csv`` (epoch, train_loss).
        encoder: frozen; whose tokens the examples hold.
        prompts: sentences of the class normal and of the class crack.
        labels: kind of the labels, for the model's card.
        encoder_digest: the encoder's fingerprint, likewise.
        runtime: device and precision.
        checkpoint: of this training.
    """
    text = text_matrix(encoder, flawless=prompts[0], damaged=prompts[1])
    model = text_guided.create(encoder, stages=examples.tokens.stages, combine=settings.combine, text=text)
    model.network.to(runtime.device)
    history = fit(model, examples, settings, runtime=runtime, checkpoint=checkpoint)
    text_guided.save(folder, model, labels=labels, encoder=encoder_digest)
    pd.DataFrame(history).to_csv(folder / "history.csv", index=False)


def fit(
    segmenter: TextGuided, examples: Examples, settings: AdapterTraining, *, runtime: Runtime, checkpoint: Checkpoint
) -> History:
    """Train in place with Adam at a fixed rate (CrackCLIP, section 4.4).

    Args:
        segmenter: on the device; its adapters are trained.
        examples: windows with labels.
        settings: of the training.
        runtime: device and precision.
        checkpoint: of this training.

    Returns:
        ``epoch`` and ``train_loss`` of each epoch.
    """
    network, runtime = segmenter.network, runtime.for_training()
    optimiser = torch.optim.Adam(network.adapters.parameters(), lr=settings.lr, fused=True)
    parts: dict[str, Stateful] = {"network": network, "optimiser": optimiser}
    history: History = checkpoint.resume(parts).get("history", [])
    loss_of = loss_function(settings)
    network.train()
    for epoch in range(len(history), settings.epochs):
        order = seeds.generator(settings.seed, epoch).permutation(len(examples))
        batches = [order[i : i + settings.batch] for i in range(0, len(order), settings.batch)]
        what = f"train adapters, epoch {epoch + 1}/{settings.epochs}"
        total = 0.0
        for index in console.bar(batches, what=what, total=len(batches), unit="batches"):
            stages, label = examples.batch(index, runtime)
            with runtime.autocast():
                grids = network.logits(stages)
            loss = loss_of(grids, label)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(index)
        history.append({"epoch": epoch + 1, "train_loss": round(total / len(examples), 6)})
        checkpoint.keep(parts, history=history)
    network.eval()
    return history


def loss_function(settings: LossSettings) -> Loss:
    """The loss of a training: grids of logits and labels to a number."""
    return partial(fused_loss.adapter_loss, settings=settings)
