"""Settings of each kind of head, named as in section ``few_shot`` of ``params.yaml``."""

from dataclasses import dataclass
from typing import Literal

Guide = Literal["mean_field", "low_rank"]


@dataclass(frozen=True, slots=True)
class LinearSettings:
    """A head with ordinary weights.

    Attributes:
        texts: on C_k = T_k + I, the sum of a class's text and the image; else on the image alone.
        principal_axes: inputs turned to their principal axes; see
            :meth:`crackpipe.few_shot.head_networks.InputTransform.turned`.
        hidden: units of the linear layer.
        dropout: share of the units that a step leaves out, [0, 1).
        steps: of training.
        batch: items per step.
        lr: of AdamW at the start; it falls to 0 as a cosine.
        weight_decay: of AdamW.
    """

    texts: bool
    principal_axes: bool
    hidden: int
    dropout: float
    steps: int
    batch: int
    lr: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class InferenceSettings:
    """Stochastic variational inference.

    Attributes:
        guide: ``mean_field`` (independent Normals), or ``low_rank`` (a Normal whose covariance is diagonal plus one of
            low rank).
        rank: of that covariance; not used by ``mean_field``.
        steps: of training.
        lr: of Adam at the start; it falls to a hundredth, exponentially.
        anneal: share [0, 1] of the steps over which the weight of the KL divergence rises from 0 to 1.
        samples: draws from the fitted guide.
    """

    guide: Guide
    rank: int
    steps: int
    lr: float
    anneal: float
    samples: int


@dataclass(frozen=True, slots=True)
class BayesianSettings:
    """A head with random weights.

    Attributes:
        texts, principal_axes, hidden, dropout, steps, batch: see :class:`LinearSettings`.
        prior_scale: standard deviation of the Normal prior of weights and biases.
        init_scale: standard deviation of the guide at the start, as a share of
            :func:`crackpipe.few_shot.bayesian.laplace_scale`.
        lr, guide, rank, anneal, samples: see :class:`InferenceSettings`.
    """

    texts: bool
    principal_axes: bool
    hidden: int
    dropout: float
    steps: int
    batch: int
    lr: float
    prior_scale: float
    guide: Guide
    rank: int
    init_scale: float
    anneal: float
    samples: int

    @property
    def inference(self) -> InferenceSettings:
        """Settings of the variational inference alone."""
        return InferenceSettings(self.guide, self.rank, self.steps, self.lr, self.anneal, self.samples)


@dataclass(frozen=True, slots=True)
class ZeroShotSettings:
    """The texts alone.

    Attributes:
        scale: of the cosines with the texts.
    """

    scale: float


@dataclass(frozen=True, slots=True)
class LogisticSettings:
    """Logistic regression.

    Attributes:
        inverse_penalty: C, the inverse strength of the L2 penalty on the weights.
        iterations: of L-BFGS, at most.
    """

    inverse_penalty: float
    iterations: int


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """Nearest neighbours.

    Attributes:
        k: neighbours that vote.
    """

    k: int


@dataclass(frozen=True, slots=True)
class TipAdapterSettings:
    """Tip-Adapter.

    Attributes:
        scale: of the cosines with the texts.
        alpha: weight of the cache.
        beta: sharpness with which an affinity falls with distance.
    """

    scale: float
    alpha: float
    beta: float
