"""What the members of an ensemble say together, and how far they disagree."""

import torch
from jaxtyping import Float
from torch import Tensor


def mean_and_information(crack_probability: Float[Tensor, "p n"]) -> tuple[Float[Tensor, "n"], Float[Tensor, "n"]]:
    """Mean over the members of an ensemble, and the mutual information ``H[E p] − E H[p]`` by which they disagree.

    Houlsby et al. 2011 (BALD), eq. 2; in nats, in [0, ln 2]; 0 where all members agree.

    Args:
        crack_probability: (p, n) of each member and item, in [0, 1].
    """
    mean = crack_probability.mean(dim=0)
    information = _entropy(mean) - _entropy(crack_probability).mean(dim=0)
    return mean, information.clamp(min=0)


def _entropy(p: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(p * p.log() + (1 - p) * torch.log1p(-p))
