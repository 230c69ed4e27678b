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
class InputTransform:
    """Transform of embeddings to inputs of a network: ``(vector − centre) / scale``, perhaps turned to other axes.

    Attributes:
        centre: mean of C_k over the training items and classes of each of s seeds, without the texts' part.
        scale: root mean square length of ``vector − centre``, so that inputs have a length of about 1.
        texts: (T_k − mean of T) / scale of the k classes, turned likewise; one row of zeros where they are left out.
        basis: orthonormal columns, the axes that inputs are turned to; ``None`` leaves them as they are.
    """

    centre: Float[Tensor, "s d"]
    scale: Float[Tensor, "s"]
    texts: Float[Tensor, "s k d"]
    basis: Float[Tensor, "s d d"] | None = None

    def apply(self, vectors: Float[Tensor, "s b d"]) -> Float[Tensor, "s b d"]:
        """Inputs of the networks of s seeds from embeddings."""
        scaled = (vectors - self.centre[:, None]) / self.scale[:, None, None]
        return scaled if self.basis is None else scaled @ self.basis

    def turned(self, vectors: Float[Tensor, "s n d"]) -> "InputTransform":
        """The transform, turned to the principal axes of the inputs of these training items and of the texts.

        To weights with an isotropic prior a turn means nothing. To a guide of independent Normals it means much: what
        the items tell of the weights is nearly independent along these axes, and nearly nothing along most of them.
        """
        inputs = self.apply(vectors)
        moment = inputs.transpose(1, 2) @ inputs / inputs.shape[1] + self.texts.transpose(1, 2) @ self.texts
        basis = torch.linalg.eigh(moment)[1]
        return InputTransform(self.centre, self.scale, self.texts @ basis, basis)


@dataclass(frozen=True, slots=True)
class Networks:
    """p networks that take embeddings as they are: the transform of inputs is folded into their weights.

    Attributes:
        weight: of the linear layer.
        bias: of the linear layer, for each class's text, or one for the image alone.
        score: weights of the score.
    """

    weight: Float[Tensor, "p h d"]
    bias: Float[Tensor, "p k h"]
    score: Float[Tensor, "p h"]


def fit_transform(vectors: Float[Tensor, "s n d"], classes: Float[Tensor, "2 d"] | None) -> InputTransform:
    """Fit the transform to training items, without a turn.

    Args:
        vectors: embeddings of the n items of each of s seeds.
        classes: directions of the texts of no crack and of crack; ``None`` leaves them out.
    """
    centre = vectors.mean(dim=1)
    scale = (vectors - centre[:, None]).square().sum(dim=2).mean(dim=1).sqrt().clamp(min=1e-6)
    if classes is None:
        return InputTransform(centre, scale, torch.zeros(len(vectors), 1, vectors.shape[2]))
    texts = (classes - classes.mean(dim=0)) / scale[:, None, None]
    return InputTransform(centre, scale, texts)


def logits(
    inputs: Float[Tensor, "s b d"],
    texts: Float[Tensor, "s k d"],
    weight: Float[Tensor, "s h d"],
    bias: Float[Tensor, "s h"],
    score: Float[Tensor, "s h"],
    dropout_factors: Float[Tensor, "s b h"] | None,
) -> Float[Tensor, "s b"]:
    """Log odds of crack of b items by the networks of s seeds.

    Args:
        inputs: embeddings after :meth:`InputTransform.apply`.
        texts: the transform's.
        weight, bias: of the linear layer with h units.
        score: weights of the score.
        dropout_factors: 0 where a unit is left out, and 1 / (1 − dropout) elsewhere; ``None``: no dropout. A unit is
            left out for all classes of an item at once: else the classes' scores would differ by the dropout alone.
    """
    image = inputs @ weight.transpose(1, 2) + bias[:, None]
    text = torch.einsum("skd,shd->skh", texts, weight)
    active = [torch.relu(image + text[:, k, None]) for k in range(texts.shape[1])]
    unit = active[-1] - active[0] if len(active) == 2 else active[0]
    return torch.einsum("sbh,sh->sb", unit if dropout_factors is None else unit * dropout_factors, score)


def fold(
    transform: InputTransform,
    weight: Float[Tensor, "p s h d"],
    bias: Float[Tensor, "p s h"],
    score: Float[Tensor, "p s h"],
) -> list[Networks]:
    """Fold the transform into the weights of the p networks of each of s seeds; they then take embeddings.

    Args:
        transform: of each seed's inputs, from :func:`fit_transform`.
        weight, bias: of the hidden layer, on transformed inputs.
        score: of the hidden units.
    """
    networks = []
    members, seeds, hidden, _ = weight.shape
    shape = (members, hidden)
    for seed in range(seeds):
        turned = weight[:, seed].flatten(end_dim=1)
        straight = (turned if transform.basis is None else turned @ transform.basis[seed].T) / transform.scale[seed]
        image_bias = bias[:, seed] - (straight @ transform.centre[seed]).unflatten(0, shape)
        text_bias = (turned @ transform.texts[seed].T).unflatten(0, shape).transpose(1, 2)
        networks.append(Networks(straight.unflatten(0, shape), text_bias + image_bias[:, None], score[:, seed]))
    return networks


def predict(networks: Networks, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "p n"]:
    """Log odds of crack by each network: one matrix product for all networks, a few thousand items at a time.

    Args:
        vectors: embeddings of length 1.
    """
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
