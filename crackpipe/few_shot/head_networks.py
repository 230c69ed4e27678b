"""The head of Crack-CLIP: linear → ReLU → dropout → score of C_k = T_k + I, softmax over the classes (eq. 2 and 3).

Written for many networks at once: those of several seeds while they train, those of several posterior samples when
they predict. With two classes the softmax is the sigmoid of the difference of their scores. Without texts (image only)
there is one score, that of the image, and its sigmoid.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

CHUNK = 2**20  # hidden activations that a prediction holds at once: 4 MiB, which stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Frame:
    """How embeddings become a network's inputs: ``(vector − centre) / scale``, of length about 1, perhaps turned.

    Attributes:
        centre: mean of C_k over the training items and classes of each of s seeds, without the texts' part.
        scale: root mean square length of what is left.
        texts: (T_k − mean of T) / scale of the k classes, turned likewise; one row of zeros where they are left out.
        basis: orthonormal columns, the axes that inputs are turned to; ``None`` leaves them as they are.
    """

    centre: Float[Tensor, "s d"]
    scale: Float[Tensor, "s"]
    texts: Float[Tensor, "s k d"]
    basis: Float[Tensor, "s d d"] | None = None


@dataclass(frozen=True, slots=True)
class Networks:
    """p networks with their frame folded in: they take embeddings as they are.

    Attributes:
        bias: of each class's text, or one.
        score: weights of the score.
    """

    weight: Float[Tensor, "p h d"]
    bias: Float[Tensor, "p k h"]
    score: Float[Tensor, "p h"]


def frame(vectors: Float[Tensor, "s n d"], classes: Float[Tensor, "2 d"] | None) -> Frame:
    """The frame of training items; ``classes`` are the texts' directions, ``None`` leaves them out."""
    centre = vectors.mean(dim=1)
    scale = (vectors - centre[:, None]).square().sum(dim=2).mean(dim=1).sqrt().clamp(min=1e-6)
    if classes is None:
        return Frame(centre, scale, torch.zeros(len(vectors), 1, vectors.shape[2]))
    texts = (classes - classes.mean(dim=0)) / scale[:, None, None]
    return Frame(centre, scale, texts)


def framed(vectors: Float[Tensor, "s b d"], within: Frame) -> Float[Tensor, "s b d"]:
    """Inputs of the networks of s seeds."""
    found = (vectors - within.centre[:, None]) / within.scale[:, None, None]
    return found if within.basis is None else found @ within.basis


def turned(vectors: Float[Tensor, "s n d"], within: Frame) -> Frame:
    """The frame, turned to the principal axes of its training items' inputs and of the texts.

    To weights with an isotropic prior a turn means nothing. To a guide of independent Normals it means much: what the
    items tell of the weights is nearly independent along these axes, and nearly nothing along most of them.
    """
    inputs = framed(vectors, within)
    moment = inputs.transpose(1, 2) @ inputs / inputs.shape[1] + within.texts.transpose(1, 2) @ within.texts
    basis = torch.linalg.eigh(moment)[1]
    return Frame(within.centre, within.scale, within.texts @ basis, basis)


def logits(
    inputs: Float[Tensor, "s b d"],
    texts: Float[Tensor, "s k d"],
    weight: Float[Tensor, "s h d"],
    bias: Float[Tensor, "s h"],
    score: Float[Tensor, "s h"],
    kept: Float[Tensor, "s b h"] | None,
) -> Float[Tensor, "s b"]:
    """Log odds of crack. ``kept`` is 0 where dropout leaves a unit out and 1 / (1 − p) elsewhere; ``None``: no dropout.

    A unit is left out for all classes of an item at once: else the classes' scores would differ by the dropout alone.
    """
    image = inputs @ weight.transpose(1, 2) + bias[:, None]
    said = torch.einsum("skd,shd->skh", texts, weight)
    active = [torch.relu(image + said[:, k, None]) for k in range(texts.shape[1])]
    unit = active[-1] - active[0] if len(active) == 2 else active[0]
    return torch.einsum("sbh,sh->sb", unit if kept is None else unit * kept, score)


def folded(
    within: Frame, weight: Float[Tensor, "p s h d"], bias: Float[Tensor, "p s h"], score: Float[Tensor, "p s h"]
) -> list[Networks]:
    """The p networks of each seed, ready to predict."""
    found = []
    members, seeds, hidden, _ = weight.shape
    for s in range(seeds):
        own = weight[:, s].flatten(end_dim=1)
        straight = (own if within.basis is None else own @ within.basis[s].T) / within.scale[s]
        moved = bias[:, s] - (straight @ within.centre[s]).unflatten(0, (members, hidden))
        said = (own @ within.texts[s].T).unflatten(0, (members, hidden)).transpose(1, 2)
        found.append(Networks(straight.unflatten(0, (members, hidden)), said + moved[:, None], score[:, s]))
    return found


def predict(networks: Networks, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "p n"]:
    """Log odds of crack by each network: one matrix product for all networks, a few thousand items at a time."""
    members, hidden, width = networks.weight.shape
    step = max(1, CHUNK // (members * hidden))
    flat = networks.weight.reshape(-1, width).T
    parts = []
    for start in range(0, len(vectors), step):
        image = (vectors[start : start + step] @ flat).reshape(-1, members, hidden)
        unit = torch.relu(image + networks.bias[:, -1])
        if networks.bias.shape[1] == 2:
            unit -= torch.relu(image + networks.bias[:, 0])
        parts.append(torch.einsum("nph,ph->pn", unit, networks.score))
    return torch.cat(parts, dim=1)
