"""The head of Crack-CLIP with Normal random weights and biases: the only file that knows Pyro.

The posterior is approximated by stochastic variational inference (Hoffman et al. 2013; Blundell et al. 2015): a guide
of independent Normals, or one of low rank, maximises the evidence lower bound
``ELBO = E_q[log p(labels | weights)] − KL(q ‖ prior)``. The weights of the score are point estimates: with them the
data choose how wide the prior of the score is.

Such guides are prone to fall back to the prior. Four things prevent it: inputs along principal axes
(:meth:`InputTransform.turned`), where independent Normals lose little; a guide that starts about as narrow as the
labels will make it; few units, as each adds its own noise; gradients that are not clipped, as clipped ones have another
optimum.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

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
from crackpipe.few_shot.batches import SeedBatch
from crackpipe.few_shot.head_networks import InputTransform, Networks
from crackpipe.few_shot.settings import BayesianSettings, InferenceSettings

Draws = dict[str, Tensor]
Starts = Mapping[str, tuple[Tensor, Tensor]]
START = 0.05  # spread of the guide's means: so small that they cost nothing, and not 0, where all units would be alike


class BayesianHead(PyroModule):
    """p(labels | embeddings) of the networks of s seeds, which know nothing of each other."""

    def __init__(
        self, transform: InputTransform, *, hidden: int, prior_scale: float, dropout: float, items: int
    ) -> None:
        super().__init__()
        seeds, width = transform.centre.shape
        self.transform, self.hidden, self.dropout, self.items = transform, hidden, dropout, items
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
        factors = linear.dropout_factors(seeds, batch, self.hidden, dropout=self.dropout, random=None)
        score = cast(Tensor, self.score)
        logits = head_networks.logits(inputs, self.transform.texts, weight, bias, score, factors)
        with (
            pyro.plate("seeds", seeds, dim=-2),
            pyro.plate("items", batch, dim=-1),
            poutine.scale(scale=self.items / batch),
        ):
            pyro.sample("label", dist.Bernoulli(logits=logits), obs=labels)


def fit(
    batches: Iterable[SeedBatch],
    transform: InputTransform,
    *,
    spread: Float[Tensor, "s d"],
    items: int,
    settings: BayesianSettings,
    seed: int,
) -> tuple[list[Networks], Float[Tensor, "t"]]:
    """Fit the posterior of the networks of all seeds, and draw ``settings.samples`` networks from each.

    Args:
        batches: of transformed inputs and labels, ``settings.steps`` of them.
        transform: of the inputs.
        spread: mean square of each input over items and texts.
        items: training items of each seed, of which a batch is a part.
        seed: of the start and of all draws.

    Returns:
        the networks of each seed, and −ELBO per item at each step in nats, the mean of the seeds.
    """
    random = torch.Generator().manual_seed(seed)
    hidden, prior_scale = settings.hidden, settings.prior_scale
    model = BayesianHead(transform, hidden=hidden, prior_scale=prior_scale, dropout=settings.dropout, items=items)
    sizes: dict[str, Any] = {"hidden": hidden, "prior_scale": prior_scale, "items": items}
    weight_scale = settings.init_scale * laplace_scale(spread, **sizes)
    bias_scale = settings.init_scale * laplace_scale(torch.ones(len(spread), 1), **sizes)
    means = START * torch.randn(len(spread), hidden, spread.shape[1], generator=random)
    starts = {
        "weight": (means, weight_scale[:, None].expand_as(means).clone()),
        "bias": (torch.zeros(len(spread), hidden), bias_scale.repeat(1, hidden)),
    }
    draws, losses = fit_posterior(model, batches, starts=starts, settings=settings.inference, seed=seed)
    score = cast(Tensor, model.score).detach().expand(settings.samples, -1, -1)
    networks = head_networks.fold(transform, draws["weight"], draws["bias"], score)
    return networks, losses / (items * len(transform.centre))


def laplace_scale(spread: Float[Tensor, "s d"], *, hidden: int, prior_scale: float, items: int) -> Float[Tensor, "s d"]:
    """Standard deviation of a weight's posterior, roughly: Laplace's, where every label is a toss of a coin.

    Precisions add: ``1 / prior_scale²`` of the prior and ¼ · spread of each item, through a unit that is on for half of
    them and whose score is about 1 / √hidden.

    Args:
        spread: mean square of each input.
        hidden: units of the linear layer.
        prior_scale: standard deviation of the prior.
        items: training items of each seed.
    """
    return prior_scale / (1 + prior_scale**2 * items * spread / (8 * hidden)).sqrt()


def fit_posterior(
    model: Any, batches: Iterable[tuple[Any, ...]], *, starts: Starts, settings: InferenceSettings, seed: int
) -> tuple[Draws, Float[Tensor, "t"]]:
    """Fit a guide to the posterior of ``model`` and draw from it.

    Args:
        model: a Pyro model whose latent sites are scaled by its attribute ``kl_weight``, and whose plates take the
            last two dimensions at most.
        batches: arguments of ``model`` for each of ``settings.steps`` steps.
        starts: means and standard deviations of the guide at the start, of each latent site.
        seed: of all draws.

    Returns:
        for each latent site ``settings.samples`` draws, and the loss of each step in nats: −ELBO, once the KL
        divergence counts in full.
    """
    steps = settings.steps
    arguments = iter(batches)
    first = next(arguments)
    losses = []
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
        torch.manual_seed(seed)
        model.kl_weight = 1.0
        guide = _start_guide(model, first, starts=starts, settings=settings)
        lr_decay = 0.01 ** (1 / steps)
        optimiser = pyro.optim.ClippedAdam({"lr": settings.lr, "lrd": lr_decay, "clip_norm": float("inf")})
        inference = SVI(model, _weighted(guide, model), optimiser, Trace_ELBO())
        for step, batch in enumerate(itertools.chain([first], arguments)):
            model.kl_weight = min(1.0, (step + 1) / max(1.0, settings.anneal * steps))
            losses.append(float(inference.step(*batch)))
        with torch.no_grad(), pyro.plate("draws", settings.samples, dim=-3):
            draws = {name: value.detach() for name, value in guide(*first).items()}
    shapes = {name: (settings.samples, *value.shape[3:]) for name, value in draws.items()}
    return {name: value.reshape(shapes[name]) for name, value in draws.items()}, torch.tensor(losses)


def _start_guide(model: Any, first: tuple[Any, ...], *, starts: Starts, settings: InferenceSettings) -> AutoGuide:
    """A guide that has run the model once, at its start."""
    means = init_to_value(values={site: mean for site, (mean, _) in starts.items()}, fallback=None)
    guide: AutoGuide
    if settings.guide == "mean_field":
        guide = AutoNormal(model, init_loc_fn=means)
        guide(*first)
        for site, (_, scale) in starts.items():
            setattr(guide.scales, site, scale)
        return guide
    guide = AutoLowRankMultivariateNormal(model, init_loc_fn=means, rank=settings.rank)
    guide(*first)
    order = [site for site, _ in guide.prototype_trace.iter_stochastic_nodes()]
    # half of the variance is the diagonal's, the other half that of the factors, which start at random
    guide.scale = 0.5**0.5 * torch.cat([starts[site][1].flatten() for site in order])
    return guide


def _weighted(guide: AutoGuide, model: Any) -> Callable[..., Draws]:
    """The guide with its log density scaled as the model scales its prior: together the weighted KL divergence."""

    def scaled(*arguments: Any) -> Draws:
        with poutine.scale(scale=model.kl_weight):
            draws: Draws = guide(*arguments)
        return draws

    return scaled
