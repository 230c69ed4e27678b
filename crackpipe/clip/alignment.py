"""Alignment of the dual encoder: its projection and text tower learn from patch labels and captions.

The trunk is frozen, so its features are computed once; an epoch costs the two small towers only.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from crackpipe import progress, runtime
from crackpipe.clip import contrast
from crackpipe.clip.encoder import DualEncoder
from crackpipe.runtime import Runtime

MAX_LOG_SCALE = math.log(100)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Images and the texts that may stand beside them.

    Attributes:
        features: pooled features of the trunk.
        texts: for each image its possible texts; one is drawn each time it is used.
        keys: equal where two images say the same, e.g. the patch label.
    """

    features: Float[Tensor, "n f"]
    texts: list[list[str]]
    keys: Int[Tensor, "n"]


def align(
    encoder: DualEncoder,
    sets: list[Pairs],
    *,
    epochs: int,
    batch: int,
    lr: float,
    warmup_steps: int,
    weight_decay: float,
    seed: int,
    machine: Runtime,
) -> list[dict[str, int | float]]:
    """Train the projection and the text tower in place; return one row per epoch: epoch, train_loss, scale.

    Each batch comes from one of the ``sets`` (patches with prompts, photographs with captions): what is said of a
    patch is no negative for what is said of a photograph. Linear warm-up, then cosine decay to 0.
    """
    parts = [encoder.projection.parameters(), encoder.text.parameters(), [encoder.log_scale]]
    trained = [parameter for part in parts for parameter in part]
    optimise = torch.optim.AdamW(trained, lr=lr, weight_decay=weight_decay)
    total = epochs * sum(len(_batches(len(pairs.texts), batch)) for pairs in sets)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimise, lambda step: _warmup_cosine(step, warmup_steps, total))
    encoder.train()
    encoder.trunk.eval()
    history = []
    for epoch in progress.bar(range(epochs), what="align clip", total=epochs, unit="epochs"):
        random = runtime.generator(seed, epoch)
        torch.manual_seed(seed + epoch)
        plan = [(s, index) for s, pairs in enumerate(sets) for index in _shuffled(len(pairs.texts), batch, random)]
        losses = []
        for place in random.permutation(len(plan)):
            number, index = plan[place]
            value = _step(encoder, sets[number], index, random, machine)
            optimise.zero_grad(set_to_none=True)
            value.backward()
            optimise.step()
            schedule.step()
            with torch.no_grad():
                encoder.log_scale.clamp_(max=MAX_LOG_SCALE)
            losses.append(float(value.detach()))
        scale = float(encoder.log_scale.detach().exp())
        history.append({"epoch": epoch + 1, "train_loss": round(float(np.mean(losses)), 6), "scale": round(scale, 4)})
    encoder.eval()
    return history


def _step(
    encoder: DualEncoder, pairs: Pairs, index: Int[np.ndarray, "b"], random: np.random.Generator, machine: Runtime
) -> Float[Tensor, ""]:
    chosen = [pairs.texts[i][random.integers(len(pairs.texts[i]))] for i in index]
    unique = sorted(set(chosen))  # each sentence passes the text tower once
    place = {text: i for i, text in enumerate(unique)}
    with machine.autocast():
        texts = encoder.text_embedding(unique)[[place[text] for text in chosen]]
        images = nn.functional.normalize(encoder.projection(pairs.features[index].to(machine.device)), dim=1)
    keys = pairs.keys[index].to(machine.device)
    return contrast.loss(images.float(), texts.float(), keys, scale=encoder.log_scale.exp())


def _batches(count: int, batch: int) -> list[tuple[int, int]]:
    """Bounds of batches of at least 2 (a rest of 1 has nothing to be contrasted with and is left out)."""
    return [(i, min(i + batch, count)) for i in range(0, count, batch) if count - i >= 2]


def _shuffled(count: int, batch: int, random: np.random.Generator) -> list[np.ndarray]:
    order = random.permutation(count)
    return [order[start:end] for start, end in _batches(count, batch)]


def _warmup_cosine(step: int, warmup_steps: int, total: int) -> float:
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup_steps) / max(1, total - warmup_steps))))
