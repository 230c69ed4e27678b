"""Training of the patch classifier: epochs, checkpoints after each, and the same weights after a kill."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from crackpipe.classify.classifier import Classifier
from crackpipe.classify.final_layer import capture_inputs, final_linear
from crackpipe.classify.losses.step import HeldOut, Loss, Step
from crackpipe.compute.runtime import Runtime
from crackpipe.data.patch_pixels import PatchBatch
from crackpipe.models.checkpoints import Checkpoint, Stateful

History = list[dict[str, float]]
Validation = tuple[dict[str, float], HeldOut | None]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Optimiser, learning rate and size of a step.

    Attributes:
        batch: patches in a batch.
        optimiser: ``sgd``; ``adam`` (Kingma and Ba 2015), whose weight decay is part of the gradient; or ``adamw``,
            whose weight decay is decoupled (Loshchilov and Hutter 2019).
        lr: learning rate of the first epoch.
        lr_gamma, lr_milestones: after so many epochs each time the learning rate is multiplied by ``lr_gamma``.
        momentum: of SGD; Adam's first beta.
        weight_decay: of all parameters.
    """

    batch: int
    optimiser: Literal["sgd", "adam", "adamw"]
    lr: float
    lr_gamma: float
    lr_milestones: Sequence[int]
    momentum: float
    weight_decay: float


def build_optimiser(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Build the optimiser of all parameters of a network."""
    lr, momentum, decay = settings.lr, settings.momentum, settings.weight_decay
    if settings.optimiser == "sgd":
        return torch.optim.SGD(network.parameters(), lr=lr, momentum=momentum, weight_decay=decay)
    adam = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
    return adam(network.parameters(), lr=lr, betas=(momentum, 0.999), weight_decay=decay)


def fit(
    classifier: Classifier,
    *,
    batches: Callable[[int], Iterable[PatchBatch]],
    validate: Callable[[], Validation],
    loss: Loss,
    settings: TrainingSettings,
    epochs: int,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> History:
    """Train in place, with a checkpoint of weights and optimiser after each epoch.

    Args:
        classifier: on the device of ``runtime``.
        batches: of an epoch from 0, the same whenever they are asked for: a killed run then ends with the weights of
            an undisturbed one.
        validate: called after each epoch; returns figures, and decisions on validation patches for the losses of the
            following epochs, ``None`` where there are no such patches.
        loss: value to minimise.
        settings: optimiser, learning rate and batch.
        epochs: 0 or more.
        seed: of dropout and of what the loss draws.
        runtime: device and precision.
        checkpoint: holds the last finished epoch of this training.

    Returns:
        One row for each epoch: epoch (from 1), lr, train_loss and the figures of ``validate``.
    """
    network, optimiser = classifier.network, build_optimiser(classifier.network, settings)
    milestones = list(settings.lr_milestones)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=milestones, gamma=settings.lr_gamma)
    parts: dict[str, Stateful] = {"network": network, "optimiser": optimiser, "schedule": schedule}
    saved = checkpoint.resume(parts)
    history: History = saved.get("history", [])
    held_out = [HeldOut(**decisions) for decisions in saved.get("held_out", [])]
    for epoch in range(len(history), epochs):
        torch.manual_seed(seed + epoch)  # dropout and drop path
        lr = optimiser.param_groups[0]["lr"]
        train_loss = _run_epoch(
            classifier,
            batches(epoch),
            loss=loss,
            optimiser=optimiser,
            epoch=epoch,
            seed=seed,
            held_out=tuple(held_out),
            runtime=runtime,
        )
        schedule.step()
        figures, decisions = validate()
        history.append({"epoch": epoch + 1, "lr": lr, "train_loss": round(train_loss, 6), **figures})
        held_out += [decisions] if decisions is not None else []
        checkpoint.keep(parts, history=history, held_out=[asdict(decisions) for decisions in held_out])
    network.eval()
    return history


def _run_epoch(
    classifier: Classifier,
    batches: Iterable[PatchBatch],
    *,
    loss: Loss,
    optimiser: torch.optim.Optimizer,
    epoch: int,
    seed: int,
    held_out: tuple[HeldOut, ...],
    runtime: Runtime,
) -> float:
    """Mean loss over the patches of one epoch, each batch counted before the step that it gives rise to."""
    classifier.network.train()
    final = final_linear(classifier.network)
    total, count = 0.0, 0
    captured: list[Tensor] = []  # features of the current batch

    def capture(features: Tensor) -> None:
        captured[:] = [features]

    with capture_inputs(final, capture):
        for batch, (pixels, labels) in enumerate(batches):
            inputs = classifier.prepare(pixels, runtime)
            with runtime.autocast():
                logits = classifier.network(inputs)
            step = Step(epoch, batch, seed, final.weight.detach(), final.bias.detach(), held_out)
            value = loss(captured[0].float(), logits.float(), labels.to(runtime.device), step)
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            optimiser.step()
            total += float(value.detach()) * len(labels)
            count += len(labels)
    return total / max(count, 1)
