"""Cross-entropy, and two losses that keep logits from growing apart: label smoothing and its margin-based form."""

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from crackpipe.classify.losses.step import Step


def cross_entropy(
    features: Float[Tensor, "b d"], logits: Float[Tensor, "b k"], targets: Int[Tensor, "b"], step: Step
) -> Float[Tensor, ""]:
    """Mean negative log likelihood of the true class, ``−log p_y``."""
    return F.cross_entropy(logits, targets)


def label_smoothing(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    alpha: float,
) -> Float[Tensor, ""]:
    """Cross-entropy to ``(1 − α) · onehot(y) + α / k``.

    Müller, Kornblith, Hinton, "When Does Label Smoothing Help?" (NeurIPS 2019), section 1.1.

    Args:
        alpha: share of the uniform distribution, in [0, 1].
    """
    return F.cross_entropy(logits, targets, label_smoothing=alpha)


def mbls(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    margin: float,
    weight: float,
) -> Float[Tensor, ""]:
    """Cross-entropy, and a linear penalty where a logit lies more than a margin below the largest.

    Liu, Ben Ayed, Galdran, Dolz, "The Devil is in the Margin" (CVPR 2022), section 3:
    ``CE + λ Σ_j max(0, max_i l_i − l_j − m)``. Its published code takes the mean over classes in place of the sum, as
    is done here. (The paper's numbering of equations was not at hand.)

    Args:
        margin: m, in units of logits (the paper: 10; 6 on CUB).
        weight: λ (the paper: 0.1).
    """
    below = logits.amax(dim=1, keepdim=True) - logits
    return F.cross_entropy(logits, targets) + weight * F.relu(below - margin).mean()
