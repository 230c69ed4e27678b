"""Contrastive alignment of images and texts in which equal texts are no negatives of each other."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def loss(
    images: Float[Tensor, "n d"], texts: Float[Tensor, "n d"], alike: Bool[Tensor, "n n"], *, scale: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """Symmetric contrastive loss (CLIP); pairs that are ``alike`` are positives (UniCL, Yang et al. 2022, eq. 3).

    Where pairs are alike because their texts are equal, this is the plain loss of CLIP, in value and gradient: an image
    cannot tell its own caption from an equal one. The two differ where texts of one meaning differ.

    Args:
        images, texts: L2-normalised embeddings of n pairs.
        alike: symmetric, true on the diagonal and where two pairs have the same meaning, e.g. the same caption.
        scale: inverse temperature.

    Returns:
        mean cross-entropy over both directions, in nats.
    """
    logits = scale * images @ texts.T
    positive = alike.float()
    target = positive / positive.sum(dim=1, keepdim=True)
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2
