"""Training of the patch classifier: epochs, checkpoints after each, and the same weights after a kill."""

from collections.abc import Callable, Iterable
from dataclasses import asdict

import torch
from torch import Tensor, nn

from crackpipe import console
from crackpipe.classify import final_layer
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.losses.step import HeldOut, Loss, Step
from crackpipe.compute.runtime import Runtime
from crackpipe.data.patch_pixels import PatchBatch
from crackpipe.models.checkpoints import Checkpoint

History = list[dict[str, float]]
Validation = tuple[dict[str, float], HeldOut | None]


def optimiser(
    name: str, network: nn.Module, *, lr: float, momentum: float, weight_decay: float
) -> torch.optim.Optimizer:
    """SGD with momentum, or Adam with decoupled weight decay (momentum is then its first beta)."""
    if name == "sgd":
        return torch.optim.SGD(network.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)
    return torch.optim.AdamW(network.parameters(), lr=lr, betas=(momentum, 0.999), weight_decay=weight_decay)


def fit(
    classifier: Classifier,
    *,
    batches: Callable[[int], Iterable[PatchBatch]],
    steps_per_epoch: int,
    validate: Callable[[], Validation],
    loss: Loss,
    optimise: torch.optim.Optimizer,
    epochs: int,
    lr_gamma: float,
    lr_step_epochs: int,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> History:
    """Train in place; return one row per epoch: epoch, lr, train_loss and what ``validate`` measured.

    The decisions on validation patches that ``validate`` returns beside its figures are what the loss of the epochs
    that follow is told; ``None`` where there are no such patches.

    ``batches(epoch)`` gives the epoch's batches, the same whenever it is called: together with a checkpoint of
    weights and optimiser after each epoch, a killed run ends with the weights of an undisturbed one.
    """
    network = classifier.network
    schedule = torch.optim.lr_scheduler.StepLR(optimise, step_size=lr_step_epochs, gamma=lr_gamma)
    history: History = []
    held_out: list[HeldOut] = []
    state = checkpoint.load()
    if state is not None:
        network.load_state_dict(state["network"])
        optimise.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        history = state["history"]
        held_out = [HeldOut(**told) for told in state["held_out"]]
    for epoch in range(len(history), epochs):
        torch.manual_seed(seed + epoch)  # dropout and drop path
        lr = optimise.param_groups[0]["lr"]
        what = f"train classifier, epoch {epoch + 1}/{epochs}"
        mean_loss = _run_epoch(
            classifier,
            console.bar(batches(epoch), what=what, total=steps_per_epoch, unit="batches"),
            loss=loss,
            optimise=optimise,
            epoch=epoch,
            seed=seed,
            held_out=tuple(held_out),
            runtime=runtime,
        )
        schedule.step()
        figures, told = validate()
        history.append({"epoch": epoch + 1, "lr": lr, "train_loss": round(mean_loss, 6), **figures})
        held_out += [told] if told is not None else []
        checkpoint.save(
            {
                "network": network.state_dict(),
                "optimiser": optimise.state_dict(),
                "schedule": schedule.state_dict(),
                "history": history,
                "held_out": [asdict(told) for told in held_out],
            }
        )
    network.eval()
    return history


def _run_epoch(
    classifier: Classifier,
    batches: Iterable[PatchBatch],
    *,
    loss: Loss,
    optimise: torch.optim.Optimizer,
    epoch: int,
    seed: int,
    held_out: tuple[HeldOut, ...],
    runtime: Runtime,
) -> float:
    classifier.network.train()
    final = final_layer.of(classifier.network)
    total, seen = 0.0, 0
    features: list[Tensor] = []  # of the batch at hand

    def keep(entering: Tensor) -> None:
        features[:] = [entering]

    with final_layer.watched(final, keep):
        for batch, (pixels, labels) in enumerate(batches):
            inputs = classifier.prepare(pixels, runtime)
            with runtime.autocast():
                logits = classifier.network(inputs)
            step = Step(epoch, batch, seed, final.weight.detach(), final.bias.detach(), held_out)
            value = loss(features[0].float(), logits.float(), labels.to(runtime.device), step)
            optimise.zero_grad(set_to_none=True)
            value.backward()
            optimise.step()
            total += float(value.detach()) * len(labels)
            seen += len(labels)
    return total / max(seen, 1)
