"""Training of the adapters on kept tokens, with checkpoints."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from crackpipe import console
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.text_guided import TextGuided

Loss = Callable[[list[Float[Tensor, "b _r _k"]], Float[Tensor, "b h w"]], Float[Tensor, ""]]  # of grids of logits


def fit(
    segmenter: TextGuided,
    examples: Examples,
    *,
    loss: Loss,
    epochs: int,
    batch: int,
    lr: float,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> list[dict[str, int | float]]:
    """Train in place with Adam at a fixed rate (CrackCLIP, section 4.4); return epoch and train_loss of each epoch."""
    network = segmenter.network
    optimise = torch.optim.Adam(network.adapters.parameters(), lr=lr, fused=True)
    history: list[dict[str, int | float]] = []
    state = checkpoint.load()
    if state is not None:
        network.load_state_dict(state["network"])
        optimise.load_state_dict(state["optimiser"])
        history = state["history"]
    network.train()
    for epoch in range(len(history), epochs):
        order = seeds.generator(seed, epoch).permutation(len(examples))
        batches = [order[i : i + batch] for i in range(0, len(order), batch)]
        total = 0.0
        for index in console.bar(
            batches, what=f"train adapters, epoch {epoch + 1}/{epochs}", total=len(batches), unit="batches"
        ):
            stages, label = examples.batch(index, runtime)
            with runtime.autocast():
                grids = network.logits(stages)
            value = loss(grids, label)
            optimise.zero_grad(set_to_none=True)
            value.backward()
            optimise.step()
            total += float(value.detach()) * len(index)
        history.append({"epoch": epoch + 1, "train_loss": round(total / len(examples), 6)})
        checkpoint.save({"network": network.state_dict(), "optimiser": optimise.state_dict(), "history": history})
    network.eval()
    return history
