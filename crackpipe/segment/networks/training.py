"""Training of the pixel networks on augmented windows, with checkpoints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from crackpipe import console
from crackpipe.compute import parallel, seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError, ParamsError
from crackpipe.models import schedule
from crackpipe.models.checkpoints import Checkpoint, Stateful
from crackpipe.segment import losses
from crackpipe.segment.networks import pixel_network
from crackpipe.segment.networks.pixel_network import PixelNetwork
from crackpipe.segment.networks.trunks import Weights
from crackpipe.segment.windows.windows import Sample

WARM_UP = 0.1  # share of the steps over which the learning rate rises
EPOCH_STEPS = 100  # steps between checkpoints, and the length of a row of the history

History = list[dict[str, int | float]]
Forward = Callable[[UInt8[Tensor, "b 3 s s"]], list[Float[Tensor, "b s s"]]]  # side outputs, then the prediction
Loss = Callable[[list[Float[Tensor, "b s s"]], Float[Tensor, "b s s"]], Float[Tensor, ""]]


@dataclass(frozen=True, slots=True)
class PixelTraining:
    """Settings of a training of a pixel network.

    Attributes:
        steps: of the optimiser.
        batch: windows in a step.
        lr: highest learning rate.
        weight_decay: decoupled where the optimiser is ``adamw``.
        seed: of the windows.
        loss, uncertain: of each output, see :func:`crackpipe.segment.losses.pixel_loss`.
        optimiser, momentum: ``adamw``, or ``sgd`` with this momentum.
        schedule: ``cosine`` (after a warm-up), or ``step``: the learning rate is multiplied by ``lr_gamma`` after each
            of ``lr_milestones``.
        lr_gamma: in (0, 1].
        lr_milestones: shares of the steps, in (0, 1).
        average: decay of the exponential moving average of the weights that is kept in place of the last ones, in
            [0, 1) (Tarvainen and Valpola 2017; it rises from 0.2, so that the first steps are soon forgotten, as in
            TensorFlow's); 0 keeps
            the last ones.
    """

    steps: int
    batch: int
    lr: float
    weight_decay: float
    seed: int
    loss: losses.PixelLoss = "bce_dice"
    uncertain: float = 0.0
    optimiser: Literal["adamw", "sgd"] = "adamw"
    momentum: float = 0.9
    schedule: Literal["cosine", "step"] = "cosine"
    lr_gamma: float = 0.1
    lr_milestones: Sequence[float] = ()
    average: float = 0.0

    def build_optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of a network's parameters."""
        if self.optimiser == "sgd":
            decay = self.weight_decay
            return torch.optim.SGD(network.parameters(), lr=self.lr, momentum=self.momentum, weight_decay=decay)
        return torch.optim.AdamW(network.parameters(), lr=self.lr, weight_decay=self.weight_decay)

    def rate(self, step: int) -> float:
        """Factor on the learning rate before a step, counted from 0."""
        if self.schedule == "step":
            return self.lr_gamma ** sum(step >= round(share * self.steps) for share in self.lr_milestones)
        return schedule.warmup_cosine(
            step, peak=1.0, warmup_steps=max(1, round(WARM_UP * self.steps)), steps=self.steps
        )


def create(
    name: str,
    *,
    encoder: str,
    weights: Weights,
    width: float,
    side_px: int,
    trunk: nn.Module | None,
    runtime: Runtime,
    refine_px: int = 0,
    gates: bool = True,
) -> PixelNetwork:
    """An untrained network on the device, after a run on a blank window has shown that it takes ``side_px``.

    Args:
        name, encoder, weights, width, trunk, refine_px, gates: see :func:`pixel_network.create`.
        side_px: of training windows.
        runtime: device and precision.

    Raises:
        ParamsError: there is no such encoder, or the network cannot have it with these weights, this width or side.
    """
    section = f"train_segmenter.{name}"
    try:
        model = pixel_network.create(
            name, encoder=encoder, weights=weights, width=width, trunk=trunk, refine_px=refine_px, gates=gates
        )
    except ModelError as error:
        raise ParamsError(f"{section}.encoder={encoder} with weights={weights} and width={width}: {error}") from error
    runtime.place(model.network).requires_grad_(True).eval()
    try:
        with torch.no_grad():
            model.logits(torch.zeros(1, 3, side_px, side_px, dtype=torch.uint8), runtime)
    except (ModelError, AssertionError, RuntimeError) as error:  # the latter two are timm's
        raise ParamsError(
            f"{section}.side_px={side_px}: encoder={encoder} takes no window of this side ({error}); change either"
        ) from error
    return model


def train(
    model: PixelNetwork,
    sample: Sample,
    settings: PixelTraining,
    *,
    folder: Path,
    labels: str,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> None:
    """Train a network in place, with deep supervision; write it to ``folder``.

    Args:
        model: on the device, from :func:`create`.
        sample: draws one window (RGB 0–255) and its target (0–255) from a generator.
        settings: of the training.
        folder: gets the model and ``history.csv`` (epoch, train_loss).
        labels: kind of the labels, for the model's card.
        runtime: device and precision.
        checkpoint: of this training.
    """
    history = fit(
        model.network,
        partial(model.logits, runtime=runtime),
        settings,
        sample=sample,
        loss=partial(losses.deep_supervision, kind=settings.loss, uncertain=settings.uncertain),
        runtime=runtime,
        checkpoint=checkpoint,
    )
    pixel_network.save(folder, model, labels=labels)
    pd.DataFrame(history).to_csv(folder / "history.csv", index=False)


def fit(
    network: nn.Module,
    forward: Forward,
    settings: PixelTraining,
    *,
    sample: Sample,
    loss: Loss,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> History:
    """Train in place.

    The windows of a step depend on (seed, step) alone, so that a resumed run draws what an unbroken one would have
    drawn.

    Args:
        network: whose parameters are trained.
        forward: levels 0–255 to logits.
        settings: of the training.
        sample: draws one window and its target (0–255) from a generator.
        loss: of the logits and the targets (0–1).
        runtime: gives the device.
        checkpoint: of this training.

    Returns:
        ``epoch`` (the number of the hundred steps) and ``train_loss`` of each.
    """
    steps = settings.steps
    optimiser = settings.build_optimiser(network)
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: settings.rate(step))  # it saves other callables
    parts: dict[str, Stateful] = {"network": network, "optimiser": optimiser, "schedule": rates}
    averaged = _averaged(network, decay=settings.average) if settings.average else None
    if averaged is not None:
        parts["average"] = averaged
    history: History = checkpoint.resume(parts).get("history", [])
    network.train()
    first = min(len(history) * EPOCH_STEPS, steps)
    total = 0.0
    for step, (pixels, target) in enumerate(_batches(network, sample, settings, first=first), start=first):
        value = loss(forward(pixels), target.to(runtime.device))
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        rates.step()
        if averaged is not None:
            averaged.update_parameters(network)
        total += float(value.detach())
        if (step + 1) % EPOCH_STEPS == 0 or step + 1 == steps:
            mean = round(total / (step % EPOCH_STEPS + 1), 6)
            history.append({"epoch": len(history) + 1, "train_loss": mean})
            checkpoint.keep(parts, history=history)
            total = 0.0
    if averaged is not None:
        network.load_state_dict(averaged.module.state_dict())
    network.eval()
    return history


def _averaged(network: nn.Module, *, decay: float) -> AveragedModel:
    """Moving average of a network's weights and statistics; see :class:`PixelTraining`."""

    def mix(averages: Sequence[Tensor], values: Sequence[Tensor], updates: Tensor | int) -> None:
        kept = min(decay, (1 + int(updates)) / (10 + int(updates)))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - kept)
            else:  # a count
                average.copy_(value)

    return AveragedModel(network, multi_avg_fn=mix, use_buffers=True)


def _batches(
    network: nn.Module, sample: Sample, settings: PixelTraining, *, first: int
) -> Iterator[tuple[UInt8[Tensor, "b 3 s s"], Float[Tensor, "b s s"]]]:
    """Windows and targets of the steps from ``first`` on, drawn by a thread ahead of their use; with a bar."""

    def draw_step(step: int) -> tuple[Tensor, Tensor]:
        return draw(sample, batch=settings.batch, seed=settings.seed, step=step)

    batches = parallel.prefetch(draw_step, range(first, settings.steps), workers=1, ahead=2)
    what = f"train {type(network).__name__}"
    return console.bar(batches, what=what, total=settings.steps - first, unit="steps")


def draw(
    sample: Sample, *, batch: int, seed: int, step: int
) -> tuple[UInt8[Tensor, "b 3 s s"], Float[Tensor, "b s s"]]:
    """Windows (0–255) and targets (0–1) of one step.

    Args:
        sample: draws one window and its target (0–255) from a generator.
        batch: windows in the step.
        seed, step: together they fix the windows.
    """
    pairs = [sample(seeds.generator(seed, step, item)) for item in range(batch)]
    pixels = torch.from_numpy(np.stack([window for window, _ in pairs])).permute(0, 3, 1, 2)
    target = torch.from_numpy(np.stack([label for _, label in pairs])).float() / 255
    return pixels, target
