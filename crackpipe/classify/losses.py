"""Losses of the patch classifier: functions of logits and labels."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Loss = Callable[[Float[Tensor, "b k"], Int[Tensor, "b"]], Float[Tensor, ""]]


def cross_entropy(logits: Float[Tensor, "b k"], labels: Int[Tensor, "b"]) -> Float[Tensor, ""]:
    """Mean negative log likelihood of the true class."""
    return torch.nn.functional.cross_entropy(logits, labels)


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy}
