"""Gradients of a loss over one large batch with the memory of small chunks (GradCache, Gao et al. 2021)."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Embed = Callable[[], Float[Tensor, "c d"]]
Scale = Callable[[Float[Tensor, ""]], Float[Tensor, ""]]
Loss = Callable[[Float[Tensor, "n d"], Float[Tensor, "m d"]], Float[Tensor, ""]]


def backward(images: Sequence[Embed], texts: Sequence[Embed], loss: Loss, *, scale: Scale) -> float:
    """Add the gradients of ``scale(loss(images, texts))`` to all parameters; return the loss.

    The embeddings of all chunks are computed without a graph, the loss gives their gradients, and each chunk is
    computed once more with its graph to pass them on (Gao et al. 2021, section 3.2). The result is that of the
    whole batch at once. One chunk of each kind is computed only once.

    Args:
        images, texts: compute one chunk each, the same whenever they are called.
        loss: of the embeddings of all chunks; parameters of its own, such as a temperature, get their gradients too.
        scale: multiplies the loss against underflow in half precision, as ``torch.amp.GradScaler.scale`` does.
    """
    if len(images) == len(texts) == 1:
        value = loss(images[0](), texts[0]())
        scale(value).backward()
        return float(value.detach())
    chunks = [*images, *texts]
    with torch.no_grad():
        first = [embed() for embed in chunks]
    leaves = [embedding.requires_grad_() for embedding in first]
    value = loss(torch.cat(leaves[: len(images)]), torch.cat(leaves[len(images) :]))
    scale(value).backward()
    for embed, leaf in zip(chunks, leaves, strict=True):
        embedding = embed()
        if embedding.requires_grad:  # else nothing in this tower is trained
            embedding.backward(leaf.grad)
    return float(value.detach())
