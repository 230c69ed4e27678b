"""The head of Crack-CLIP with Normal random weights and biases: the only file that knows Pyro.

The posterior is approximated by stochastic variational inference (Hoffman et al. 2013; Blundell et al. 2015): a guide
of independent Normals, or one of low rank, maximises the evidence lower bound
``ELBO = E_q[log p(labels | weights)] − KL(q ‖ prior)``. The weights of the score are point estimates: with them the
data choose how wide the prior of the score is.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pyro
import torch
from jaxtyping import Float
from pyro import distributions as dist
from pyro import poutine
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoGuide, AutoLowRankMultivariateNormal, AutoNormal
from pyro.nn import PyroModule, PyroParam, PyroSample
from torch import Tensor

from crackpipe.heads import fused, ordinary
from crackpipe.heads.batches import Batch
from crackpipe.heads.fused import Frame, Networks

Guide = Literal["mean_field", "low_rank"]
Draws = dict[str, Tensor]
CLIP_NORM = 10.0


class BayesianHead(PyroModule):
    """p(labels | embeddings) of the networks of s seeds, which know nothing of each other."""

    def __init__(
        self, within: Frame, *, hidden: int, prior_scale: float, dropout: float, items: int, random: torch.Generator
    ) -> None:
        super().__init__()
        seeds, width = within.centre.shape
        self.within, self.hidden, self.dropout, self.items = within, hidden, dropout, items
        self.kl_weight = 1.0
        self.weight = PyroSample(dist.Normal(0.0, prior_scale).expand([seeds, hidden, width]).to_event(3))
        self.bias = PyroSample(dist.Normal(0.0, prior_scale).expand([seeds, hidden]).to_event(2))
        self.score = PyroParam(torch.randn(seeds, hidden, generator=random) / hidden**0.5)

    def forward(self, vectors: Float[Tensor, "s b d"], labels: Float[Tensor, "s b"]) -> None:
        """Score a batch; its likelihood stands for that of all ``items``."""
        with poutine.scale(scale=self.kl_weight):
            weight, bias = self.weight, self.bias
        seeds, batch = labels.shape
        kept = ordinary.dropped(seeds, batch, self.hidden, dropout=self.dropout, random=None)
        inputs = fused.framed(vectors, self.within)
        found = fused.logits(inputs, self.within.texts, weight, bias, self.score, kept)
        with (
            pyro.plate("seeds", seeds, dim=-2),
            pyro.plate("items", batch, dim=-1),
            poutine.scale(scale=self.items / batch),
        ):
            pyro.sample("label", dist.Bernoulli(logits=found), obs=labels)


def fit(
    batches: Iterable[Batch],
    within: Frame,
    *,
    hidden: int,
    dropout: float,
    steps: int,
    lr: float,
    prior_scale: float,
    guide: Guide,
    rank: int,
    init_scale: float,
    anneal: float,
    items: int,
    samples: int,
    seed: int,
) -> tuple[list[Networks], Float[Tensor, "t"]]:
    """Fit the posterior of the networks of all seeds; return ``samples`` networks drawn from each.

    Args:
        items: training items of each seed, of which a batch is a part.
        others: as :func:`ordinary.fit` and :func:`posterior` take them.

    Returns:
        the networks of each seed, and −ELBO per item at each step, the mean of the seeds.
    """
    random = torch.Generator().manual_seed(seed)
    model = BayesianHead(within, hidden=hidden, prior_scale=prior_scale, dropout=dropout, items=items, random=random)
    drawn, losses = posterior(
        model, batches, guide=guide, rank=rank, init_scale=init_scale, steps=steps, lr=lr, anneal=anneal,
        samples=samples, seed=seed,
    )  # fmt: skip
    score = model.score.detach().expand(samples, -1, -1)
    networks = fused.folded(within, drawn["weight"], drawn["bias"], score)
    return networks, losses / (items * len(within.centre))


def posterior(
    model: Any,
    batches: Iterable[tuple[Any, ...]],
    *,
    guide: Guide,
    rank: int,
    init_scale: float,
    steps: int,
    lr: float,
    anneal: float,
    samples: int,
    seed: int,
) -> tuple[Draws, Float[Tensor, "t"]]:
    """Fit a guide to the posterior of ``model`` and draw from it.

    Args:
        model: a Pyro model whose latent sites are scaled by its attribute ``kl_weight``, and whose plates take the
            last two dimensions at most.
        batches: arguments of ``model`` for each of ``steps`` steps.
        guide: ``mean_field`` (independent Normals), or ``low_rank`` (a Normal whose covariance is diagonal plus
            one of ``rank``).
        init_scale: standard deviation of the guide at the start.
        lr: of Adam at the start; it falls to a hundredth, exponentially.
        anneal: share of the steps over which the weight of the KL divergence rises from 0 to 1.

    Returns:
        for each latent site ``samples`` draws, and the loss of each step in nats: −ELBO, once the KL divergence counts
        in full.
    """
    arguments = iter(batches)
    first = next(arguments)
    losses = []
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
        torch.manual_seed(seed)
        fitted = _guide(model, guide, rank=rank, init_scale=init_scale)
        model.kl_weight = 1.0
        fitted(*first)  # sees the model once, to know its sites
        optimiser = pyro.optim.ClippedAdam({"lr": lr, "lrd": 0.01 ** (1 / steps), "clip_norm": CLIP_NORM})
        inference = SVI(model, _weighted(fitted, model), optimiser, Trace_ELBO())
        for step, batch in enumerate(itertools.chain([first], arguments)):
            model.kl_weight = min(1.0, (step + 1) / max(1.0, anneal * steps))
            losses.append(float(inference.step(*batch)))
        with torch.no_grad(), pyro.plate("draws", samples, dim=-3):
            found = fitted(*first)
        drawn = {name: value.detach() for name, value in found.items()}
    shapes = {name: (samples, *value.shape[3:]) for name, value in drawn.items()}
    return {name: value.reshape(shapes[name]) for name, value in drawn.items()}, torch.tensor(losses)


def _guide(model: Any, name: Guide, *, rank: int, init_scale: float) -> AutoGuide:
    if name == "mean_field":
        return AutoNormal(model, init_scale=init_scale)
    return AutoLowRankMultivariateNormal(model, init_scale=init_scale, rank=rank)


def _weighted(guide: AutoGuide, model: Any) -> Callable[..., Draws]:
    """The guide, its log density scaled as the model scales its prior: together the weighted KL divergence."""

    def scaled(*arguments: Any) -> Draws:
        with poutine.scale(scale=model.kl_weight):
            drawn: Draws = guide(*arguments)
        return drawn

    return scaled
