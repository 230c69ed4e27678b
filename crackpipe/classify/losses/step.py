"""Knowledge of a loss beside its batch: the step of the training, the final layer, decisions on validation patches."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Decisions on the validation patches after one epoch, and how far each was from being another.

    Attributes:
        distance: of the features to the nearest decision boundary; see :func:`ar_adals.distance`.
        confidence: largest softmax output, in (0, 1].
        right: True where the decision was right.
    """

    distance: Float[Tensor, "v"]
    confidence: Float[Tensor, "v"]
    right: Bool[Tensor, "v"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a training.

    Attributes:
        epoch: from 0.
        batch: number of the batch within the epoch, from 0.
        seed: of the training; what a loss draws belongs to (seed, epoch, batch).
        weight: the final layer's, detached from the graph.
        bias: the final layer's, detached.
        held_out: one for each epoch before this one; empty where nothing is validated.
    """

    epoch: int
    batch: int
    seed: int
    weight: Float[Tensor, "k d"]
    bias: Float[Tensor, "k"]
    held_out: tuple[HeldOut, ...] = ()


Loss = Callable[[Float[Tensor, "b d"], Float[Tensor, "b k"], Int[Tensor, "b"], Step], Float[Tensor, ""]]
"""Value to minimise, of features that enter the final layer, its logits, labels 0 … k−1 and the step."""
