"""The linear and the Bayesian head on labelled embeddings: all seeds of a subset train side by side."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from crackpipe.few_shot import batches, head_networks
from crackpipe.few_shot import linear as ordinary
from crackpipe.few_shot.head_networks import InputTransform, Networks
from crackpipe.few_shot.settings import BayesianSettings, LinearSettings
from crackpipe.measures import ensemble


@dataclass(frozen=True, slots=True)
class TrainingSubsets:
    """Labelled embeddings, and the subset of them that each of s heads learns from.

    Attributes:
        vectors: of length 1.
        labels: 1 crack, 0 none.
        rows: of the m items of each head.
        classes: directions of the texts of no crack and of crack; ``None``: heads on the image alone.
    """

    vectors: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, "n"]
    rows: Int64[np.ndarray, "s m"]
    classes: Float32[np.ndarray, "2 d"] | None


def linear(
    subsets: TrainingSubsets, *, settings: LinearSettings, seed: int
) -> tuple[list[Networks], Float32[np.ndarray, "s t"]]:
    """Train heads with ordinary weights; see :func:`crackpipe.few_shot.linear.fit`.

    Returns:
        the network of each head, and its loss in nats at each step.
    """
    vectors, labels, transform = _prepared(subsets, subsets.rows, turned=settings.principal_axes)
    drawn = batches.draw(transform.apply(vectors), labels, batch=settings.batch, steps=settings.steps, seed=seed)
    networks, losses = ordinary.fit(drawn, transform, settings=settings, seed=seed)
    return networks, losses.numpy()


def bayesian(
    subsets: TrainingSubsets, *, settings: BayesianSettings, seed: int
) -> tuple[list[Networks], Float32[np.ndarray, "s t"]]:
    """Train heads with random weights; see :func:`crackpipe.few_shot.bayesian.fit`.

    A low-rank guide is fitted to each seed apart: it ties all weights that it is given together. Independent Normals
    leave the seeds independent.

    Returns:
        the networks drawn for each head, and the loss in nats at each step.
    """
    from crackpipe.few_shot import bayesian as random_weights  # Pyro: 2 s

    networks: list[Networks] = []
    losses: list[np.ndarray] = []
    for rows in subsets.rows[None] if settings.guide == "mean_field" else subsets.rows[:, None]:
        first_seed = seed + len(networks)
        vectors, labels, transform = _prepared(subsets, rows, turned=settings.principal_axes)
        inputs = transform.apply(vectors)
        drawn = batches.draw(inputs, labels, batch=settings.batch, steps=settings.steps, seed=first_seed)
        part, loss = random_weights.fit(
            drawn,
            transform,
            spread=inputs.square().mean(dim=1) + transform.texts.square().mean(dim=1),
            items=rows.shape[1],
            settings=settings,
            seed=first_seed,
        )
        networks += part
        losses += [loss.numpy()] * len(rows)
    return networks, np.stack(losses).astype(np.float32)


def predicted(
    networks: list[Networks], queries: Float32[np.ndarray, "q d"]
) -> tuple[Float32[np.ndarray, "s q"], Float32[np.ndarray, "s q"]]:
    """Posterior predictive of the networks of each of s heads.

    Args:
        queries: embeddings of length 1.

    Returns:
        mean probability of crack, and mutual information of label and weights in nats.
    """
    vectors = torch.from_numpy(queries)
    with torch.inference_mode():
        figures = [
            ensemble.mean_and_information(torch.sigmoid(head_networks.predict(members, vectors)))
            for members in networks
        ]
    means, information = zip(*figures, strict=True)
    return np.stack([mean.numpy() for mean in means]), np.stack([extra.numpy() for extra in information])


def _prepared(
    subsets: TrainingSubsets, rows: Int64[np.ndarray, "s m"], *, turned: bool
) -> tuple[Float[Tensor, "s m d"], Float[Tensor, "s m"], InputTransform]:
    """Embeddings and labels of each seed's items, and the transform that is fitted to them."""
    index = torch.from_numpy(rows)
    vectors, labels = torch.from_numpy(subsets.vectors)[index], torch.from_numpy(subsets.labels).float()[index]
    classes = None if subsets.classes is None else torch.from_numpy(subsets.classes)
    transform = head_networks.fit_transform(vectors, classes)
    return vectors, labels, transform.turned(vectors) if turned else transform
