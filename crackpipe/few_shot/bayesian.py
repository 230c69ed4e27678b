"""The head of Crack-CLIP with Normal random weights and biases: the only file that knows Pyro.

The posterior is approximated by stochastic variational inference (Hoffman et al. 2013; Blundell et al. 2015): a guide
of independent Normals, or one of low rank, maximises the evidence lower bound
``ELBO = E_q[log p(labels | weights)] − KL(q ‖ prior)``. The weights of the score are point estimates: with them the
data choose how wide the prior of the score is.

What keeps the posterior from falling back to the prior, which such guides are prone to: inputs along principal axes
(:func:`head_networks.turned`), where independent Normals lose little; a guide that starts about as narrow as the labels
will
make it; few units, as each adds its own noise; gradients that are not clipped, as clipped ones have another optimum.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast

import pyro
import torch
from jaxtyping import Float
from pyro import distributions as dist
from pyro import poutine
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoGuide, AutoLowRankMultivariateNormal, AutoNormal
from pyro.infer.autoguide.initialization import init_to_value
from pyro.nn import PyroModule, PyroParam, PyroSample
from torch import Tensor

from crackpipe.few_shot import head_networks, linear
from crackpipe.few_shot.batches import Batch
from crackpipe.few_shot.head_networks import Frame, Networks

Guide = Literal["mean_field", "low_rank"]
Draws = dict[str, Tensor]
Starts = Mapping[str, tuple[Tensor, Tensor]]
START = 0.05  # of the guide's means: so small that they cost nothing, and not 0, where all units would be alike


class BayesianHead(PyroModule):
    """p(labels | embeddings) of the networks of s seeds, which know nothing of each other."""

    def __init__(self, within: Frame, *, hidden: int, prior_scale: float, dropout: float, items: int) -> None:
        super().__init__()
        seeds, width = within.centre.shape
        self.within, self.hidden, self.dropout, self.items = within, hidden, dropout, items
        self.kl_weight = 1.0
        self.weight = PyroSample(dist.Normal(0.0, prior_scale).expand([seeds, hidden, width]).to_event(3))
        self.bias = PyroSample(dist.Normal(0.0, prior_scale).expand([seeds, hidden]).to_event(2))
        signs = 1.0 - 2.0 * (torch.arange(hidden) % 2)
        self.score = PyroParam((signs / hidden**0.5).repeat(seeds, 1))

    def forward(self, inputs: Float[Tensor, "s b d"], labels: Float[Tensor, "s b"]) -> None:
        """Score a batch; its likelihood stands for that of all ``items``."""
        with poutine.scale(scale=self.kl_weight):
            weight, bias = cast(Tensor, self.weight), cast(Tensor, self.bias)
        seeds, batch = labels.shape
        kept = linear.dropped(seeds, batch, self.hidden, dropout=self.dropout, random=None)
        found = head_networks.logits(inputs, self.within.texts, weight, bias, cast(Tensor, self.score), kept)
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
    spread: Float[Tensor, "s d"],
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
        batches: of inputs within the frame, and labels.
        spread: mean square of each input over items and texts.
        items: training items of each seed, of which a batch is a part.
        init_scale: standard deviation of the guide at the start, as a share of that of :func:`guessed`.
        others: as :func:`ordinary.fit` and :func:`posterior` take them.

    Returns:
        the networks of each seed, and −ELBO per item at each step, the mean of the seeds.
    """
    random = torch.Generator().manual_seed(seed)
    model = BayesianHead(within, hidden=hidden, prior_scale=prior_scale, dropout=dropout, items=items)
    narrow = init_scale * guessed(spread, hidden=hidden, prior_scale=prior_scale, items=items)
    whole = init_scale * guessed(torch.ones(len(spread), 1), hidden=hidden, prior_scale=prior_scale, items=items)
    means = START * torch.randn(len(spread), hidden, spread.shape[1], generator=random)
    starts = {
        "weight": (means, narrow[:, None].expand_as(means).clone()),
        "bias": (torch.zeros(len(spread), hidden), whole.repeat(1, hidden)),
    }
    drawn, losses = posterior(
        model, batches, guide=guide, rank=rank, starts=starts, steps=steps, lr=lr, anneal=anneal,
        samples=samples, seed=seed,
    )  # fmt: skip
    score = cast(Tensor, model.score).detach().expand(samples, -1, -1)
    networks = head_networks.folded(within, drawn["weight"], drawn["bias"], score)
    return networks, losses / (items * len(within.centre))


def guessed(spread: Float[Tensor, "s d"], *, hidden: int, prior_scale: float, items: int) -> Float[Tensor, "s d"]:
    """Standard deviation of a weight's posterior, roughly: Laplace's, where every label is a toss of a coin.

    Precisions add: ``1 / prior_scale²`` of the prior and ¼ · spread of each item, through a unit that is on for half of
    them and whose score is about 1 / √hidden.
    """
    return prior_scale / (1 + prior_scale**2 * items * spread / (8 * hidden)).sqrt()


def posterior(
    model: Any,
    batches: Iterable[tuple[Any, ...]],
    *,
    guide: Guide,
    rank: int,
    starts: Starts,
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
        starts: means and standard deviations of the guide at the start, of each latent site.
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
        model.kl_weight = 1.0
        fitted = _guide(model, guide, first, rank=rank, starts=starts)
        optimiser = pyro.optim.ClippedAdam({"lr": lr, "lrd": 0.01 ** (1 / steps), "clip_norm": float("inf")})
        inference = SVI(model, _weighted(fitted, model), optimiser, Trace_ELBO())
        for step, batch in enumerate(itertools.chain([first], arguments)):
            model.kl_weight = min(1.0, (step + 1) / max(1.0, anneal * steps))
            losses.append(float(inference.step(*batch)))
        with torch.no_grad(), pyro.plate("draws", samples, dim=-3):
            found = fitted(*first)
        drawn = {name: value.detach() for name, value in found.items()}
    shapes = {name: (samples, *value.shape[3:]) for name, value in drawn.items()}
    return {name: value.reshape(shapes[name]) for name, value in drawn.items()}, torch.tensor(losses)


def _guide(model: Any, name: Guide, first: tuple[Any, ...], *, rank: int, starts: Starts) -> AutoGuide:
    """A guide that has seen the model once, and stands where it starts."""
    means = init_to_value(values={site: mean for site, (mean, _) in starts.items()}, fallback=None)
    guide: AutoGuide
    if name == "mean_field":
        guide = AutoNormal(model, init_loc_fn=means)
        guide(*first)
        for site, (_, scale) in starts.items():
            setattr(guide.scales, site, scale)
        return guide
    guide = AutoLowRankMultivariateNormal(model, init_loc_fn=means, rank=rank)
    guide(*first)
    order = [site for site, _ in guide.prototype_trace.iter_stochastic_nodes()]
    # half of the variance is the diagonal's, the other half that of the factors, which start at random
    guide.scale = 0.5**0.5 * torch.cat([starts[site][1].flatten() for site in order])
    return guide


def _weighted(guide: AutoGuide, model: Any) -> Callable[..., Draws]:
    """The guide, its log density scaled as the model scales its prior: together the weighted KL divergence."""

    def scaled(*arguments: Any) -> Draws:
        with poutine.scale(scale=model.kl_weight):
            drawn: Draws = guide(*arguments)
        return drawn

    return scaled
