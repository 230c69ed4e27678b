"""The linear and the Bayesian head on labelled embeddings: all seeds of a subset train side by side."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from crackpipe.few_shot import batches, head_networks
from crackpipe.few_shot import linear as ordinary
from crackpipe.few_shot.head_networks import Networks
from crackpipe.measures import uncertainty


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled embeddings, and which of them each of s heads learns from.

    Attributes:
        classes: directions of the texts of no crack and of crack; ``None``: heads on the image alone.
    """

    vectors: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, "n"]
    rows: Int64[np.ndarray, "s m"]
    classes: Float32[np.ndarray, "2 d"] | None


def linear(
    known: Labelled,
    *,
    seed: int,
    hidden: int,
    dropout: float,
    steps: int,
    batch: int,
    lr: float,
    weight_decay: float,
) -> tuple[list[Networks], Float32[np.ndarray, "s t"]]:
    """The head with ordinary weights; see :func:`ordinary.fit`."""
    vectors, labels, within = _prepared(known, known.rows)
    networks, losses = ordinary.fit(
        batches.drawn(head_networks.framed(vectors, within), labels, batch=batch, steps=steps, seed=seed),
        within,
        hidden=hidden,
        dropout=dropout,
        steps=steps,
        lr=lr,
        weight_decay=weight_decay,
        seed=seed,
    )
    return networks, losses.numpy()


def bayesian(
    known: Labelled,
    *,
    seed: int,
    hidden: int,
    dropout: float,
    steps: int,
    batch: int,
    lr: float,
    prior_scale: float,
    guide: Literal["mean_field", "low_rank"],
    rank: int,
    init_scale: float,
    anneal: float,
    samples: int,
) -> tuple[list[Networks], Float32[np.ndarray, "s t"]]:
    """The head with random weights; see :func:`bayesian.fit`. A low-rank guide is fitted to each seed apart.

    Such a guide ties all weights that it is given together; independent Normals leave the seeds independent.
    """
    from crackpipe.few_shot import bayesian as posterior  # Pyro: 2 s

    networks: list[Networks] = []
    losses: list[np.ndarray] = []
    for part in known.rows[None] if guide == "mean_field" else known.rows[:, None]:
        own = seed + len(networks)
        vectors, labels, straight = _prepared(known, part)
        within = head_networks.turned(vectors, straight)
        inputs = head_networks.framed(vectors, within)
        found, loss = posterior.fit(
            batches.drawn(inputs, labels, batch=batch, steps=steps, seed=own),
            within,
            spread=inputs.square().mean(dim=1) + within.texts.square().mean(dim=1),
            hidden=hidden,
            dropout=dropout,
            steps=steps,
            lr=lr,
            prior_scale=prior_scale,
            guide=guide,
            rank=rank,
            init_scale=init_scale,
            anneal=anneal,
            items=part.shape[1],
            samples=samples,
            seed=own,
        )
        networks += found
        losses += [loss.numpy()] * len(part)
    return networks, np.stack(losses).astype(np.float32)


def predicted(
    networks: list[Networks], queries: Float32[np.ndarray, "q d"]
) -> tuple[Float32[np.ndarray, "s q"], Float32[np.ndarray, "s q"]]:
    """Posterior predictive of each seed's networks: mean probability of crack, and mutual information in nats."""
    asked = torch.from_numpy(queries)
    with torch.inference_mode():
        found = [uncertainty.of_members(torch.sigmoid(head_networks.predict(one, asked))) for one in networks]
    return np.stack([mean.numpy() for mean, _ in found]), np.stack([extra.numpy() for _, extra in found])


def _prepared(
    known: Labelled, rows: Int64[np.ndarray, "s m"]
) -> tuple[Float[Tensor, "s m d"], Float[Tensor, "s m"], head_networks.Frame]:
    """Embeddings and labels of each seed's items, and their frame."""
    chosen = torch.from_numpy(rows)
    vectors, labels = torch.from_numpy(known.vectors)[chosen], torch.from_numpy(known.labels).float()[chosen]
    classes = None if known.classes is None else torch.from_numpy(known.classes)
    return vectors, labels, head_networks.frame(vectors, classes)
