"""Training of the pixel networks on augmented windows, with checkpoints."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe import console
from crackpipe.compute import parallel, seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint

WARM_UP = 0.1  # share of the steps over which the learning rate rises
KEEP_STEPS = 100  # steps between checkpoints, and the length of a row of the history

Sample = Callable[[np.random.Generator], tuple[UInt8[np.ndarray, "s s 3"], UInt8[np.ndarray, "s s"]]]
Forward = Callable[[UInt8[Tensor, "b 3 s s"]], list[Float[Tensor, "b s s"]]]  # side outputs, then the prediction
Loss = Callable[[list[Float[Tensor, "b s s"]], Float[Tensor, "b s s"]], Float[Tensor, ""]]


def fit(
    network: nn.Module,
    forward: Forward,
    *,
    sample: Sample,
    loss: Loss,
    steps: int,
    batch: int,
    lr: float,
    weight_decay: float,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> list[dict[str, int | float]]:
    """Train in place; return ``epoch`` (the number of the hundred steps) and ``train_loss`` of each.

    AdamW; the learning rate rises linearly over a tenth of the steps and falls along a cosine. The windows of a step
    depend on (seed, step) alone, so that a resumed run sees what an unbroken one would have seen.

    Args:
        forward: levels 0–255 to logits.
        sample: draws one window and its target (0–255) from a generator.
    """
    optimise = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimise, lambda step: rate(step, steps=steps))
    history: list[dict[str, int | float]] = []
    state = checkpoint.load()
    if state is not None:
        network.load_state_dict(state["network"])
        optimise.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        history = state["history"]
    network.train()
    first = min(len(history) * KEEP_STEPS, steps)
    total = 0.0
    windows = parallel.prefetch(
        lambda step: draw(sample, batch=batch, seed=seed, step=step), range(first, steps), workers=1, ahead=2
    )
    bar = console.bar(windows, what=f"train {type(network).__name__}", total=steps - first, unit="steps")
    for step, (pixels, target) in enumerate(bar, start=first):
        value = loss(forward(pixels), target.to(runtime.device))
        optimise.zero_grad(set_to_none=True)
        value.backward()
        optimise.step()
        schedule.step()
        total += float(value.detach())
        if (step + 1) % KEEP_STEPS == 0 or step + 1 == steps:
            history.append({"epoch": len(history) + 1, "train_loss": round(total / (step % KEEP_STEPS + 1), 6)})
            total = 0.0
            parts: dict[str, Any] = {"network": network, "optimiser": optimise, "schedule": schedule}
            checkpoint.save({**{name: part.state_dict() for name, part in parts.items()}, "history": history})
    network.eval()
    return history


def rate(step: int, *, steps: int) -> float:
    """Factor on the learning rate before step ``step`` of ``steps``: a linear rise, then a cosine down to 0."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + float(np.cos(np.pi * (step - rise) / max(1, steps - rise))))


def draw(
    sample: Sample, *, batch: int, seed: int, step: int
) -> tuple[UInt8[Tensor, "b 3 s s"], Float[Tensor, "b s s"]]:
    """Windows and targets (0–1) of one step."""
    drawn = [sample(seeds.generator(seed, step, item)) for item in range(batch)]
    pixels = torch.from_numpy(np.stack([window for window, _ in drawn])).permute(0, 3, 1, 2)
    target = torch.from_numpy(np.stack([label for _, label in drawn])).float() / 255
    return pixels, target
