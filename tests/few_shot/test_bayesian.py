"""The posterior is that of a closed form, and predictions are those of a loop over its samples."""

import numpy as np
import pyro
import pytest
import torch
from pyro import distributions as dist
from pyro import poutine
from pyro.nn import PyroModule, PyroSample
from torch import Tensor

from crackpipe.few_shot import batches, bayesian, head_networks
from crackpipe.few_shot.settings import BayesianSettings, Guide, InferenceSettings
from crackpipe.measures import ensemble

NOISE, PRIOR, DRAWS = 0.5, 2.0, 20_000


class Regression(PyroModule):
    """y = X w + noise of a known spread: its posterior is a Normal in closed form."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.kl_weight = 1.0
        self.weight = PyroSample(dist.Normal(0.0, PRIOR).expand([width]).to_event(1))

    def forward(self, inputs: Tensor, targets: Tensor) -> None:
        with poutine.scale(scale=self.kl_weight):
            weight = self.weight
        with pyro.plate("items", len(targets), dim=-1):
            pyro.sample("y", dist.Normal(inputs @ weight, NOISE), obs=targets)


def closed_form(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the posterior (Bishop 2006, eq. 3.53 and 3.54)."""
    precision = inputs.T @ inputs / NOISE**2 + torch.eye(inputs.shape[1]) / PRIOR**2
    covariance = torch.linalg.inv(precision)
    return covariance @ inputs.T @ targets / NOISE**2, covariance


def fitted(guide: Guide, inputs: Tensor, targets: Tensor, *, steps: int) -> tuple[Tensor, Tensor]:
    width = inputs.shape[1]
    draws, losses = bayesian.fit_posterior(
        Regression(width),
        ((inputs, targets) for _ in range(steps)),
        starts={"weight": (torch.zeros(width), torch.full((width,), 0.1))},
        settings=InferenceSettings(guide=guide, rank=2, steps=steps, lr=0.05, anneal=0.2, samples=DRAWS),
        seed=0,
    )
    assert losses.isfinite().all()
    assert len(losses) == steps
    return draws["weight"].mean(dim=0), torch.cov(draws["weight"].T)


def test_mean_and_variance_are_those_of_the_closed_form_where_weights_are_independent() -> None:
    torch.manual_seed(0)
    inputs = torch.linalg.qr(torch.randn(12, 3))[0] * torch.tensor([1.0, 2.0, 3.0])
    targets = inputs @ torch.tensor([1.0, -2.0, 0.5]) + NOISE * torch.randn(12)
    mean, covariance = closed_form(inputs, targets)
    found_mean, found_covariance = fitted("mean_field", inputs, targets, steps=600)
    np.testing.assert_allclose(found_mean, mean, atol=0.05)
    np.testing.assert_allclose(found_covariance.diag().sqrt(), covariance.diag().sqrt(), rtol=0.1)


@pytest.mark.nightly  # each change tests the mean field's
def test_a_low_rank_guide_finds_the_closed_forms_correlation() -> None:
    torch.manual_seed(1)
    shared = torch.randn(20, 1)
    inputs = torch.cat([shared + 0.5 * torch.randn(20, 1), shared + 0.5 * torch.randn(20, 1)], dim=1)
    targets = inputs @ torch.tensor([1.0, -1.0]) + NOISE * torch.randn(20)
    mean, covariance = closed_form(inputs, targets)
    found_mean, found_covariance = fitted("low_rank", inputs, targets, steps=1200)
    np.testing.assert_allclose(found_mean, mean, atol=0.1)
    assert covariance[0, 1] < -0.5 * covariance.diag().prod().sqrt()
    np.testing.assert_allclose(found_covariance, covariance, atol=0.25 * float(covariance.max()))


def networks(
    *, samples: int = 7, texts: bool = True, steps: int = 60
) -> tuple[list[head_networks.Networks], Tensor, Tensor]:
    """Two seeds' posteriors on two clusters, the embeddings, and the loss of each step."""
    torch.manual_seed(2)
    labels = (torch.arange(400) % 2).float()
    vectors = torch.nn.functional.normalize(torch.randn(400, 6) + 3 * labels[:, None], dim=1)
    classes = torch.nn.functional.normalize(torch.randn(2, 6), dim=1) if texts else None
    rows = np.stack([np.arange(200), np.arange(200, 400)])
    index = torch.from_numpy(rows)
    transform = head_networks.fit_transform(vectors[index], classes).turned(vectors[index])
    inputs = transform.apply(vectors[index])
    settings = BayesianSettings(
        texts=texts,
        principal_axes=True,
        hidden=4,
        dropout=0.1,
        steps=steps,
        batch=64,
        lr=0.05,
        prior_scale=1.0,
        guide="mean_field",
        rank=2,
        init_scale=1.0,
        anneal=0.5,
        samples=samples,
    )
    found, losses = bayesian.fit(
        batches.draw(inputs, labels[index], batch=64, steps=steps, seed=0),
        transform,
        spread=inputs.square().mean(dim=1) + transform.texts.square().mean(dim=1),
        items=200,
        settings=settings,
        seed=3,
    )
    assert losses.shape == (steps,)
    return found, vectors, losses


@pytest.mark.parametrize("texts", [True, False])
def test_probabilities_are_those_of_a_loop_over_the_samples(texts: bool) -> None:
    found, vectors, _ = networks(texts=texts)
    assert len(found) == 2
    for one in found:
        loop = []
        for weight, bias, score in zip(one.weight, one.bias, one.score, strict=True):
            scores = [torch.relu(vectors @ weight.T + class_bias) @ score for class_bias in bias]
            loop.append(torch.softmax(torch.stack(scores), dim=0)[1] if texts else torch.sigmoid(scores[0]))
        found_mean, found_information = ensemble.mean_and_information(
            torch.sigmoid(head_networks.predict(one, vectors))
        )
        np.testing.assert_allclose(found_mean, torch.stack(loop).mean(dim=0), atol=1e-5)
        spread = -sum(p * p.log() + (1 - p) * (1 - p).log() for p in loop) / len(loop)
        mean = torch.stack(loop).mean(dim=0)
        total = -(mean * mean.log() + (1 - mean) * (1 - mean).log())
        np.testing.assert_allclose(found_information, total - spread, atol=1e-4)


def test_a_fit_leaves_no_trace() -> None:
    inputs, targets = torch.eye(3), torch.ones(3)
    before = torch.random.get_rng_state()
    fitted("mean_field", inputs, targets, steps=3)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert len(pyro.get_param_store()) == 0


def test_two_equal_fits_are_equal_and_seeds_differ() -> None:
    first, *_ = networks()
    second, *_ = networks()
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one.weight, other.weight)
        assert torch.equal(one.score, other.score)
    assert not torch.equal(first[0].weight, first[1].weight)


def test_the_posterior_is_not_the_prior() -> None:
    found, vectors, losses = networks(samples=50, steps=400)
    assert float(losses[-50:].mean()) < 0.5  # a head that falls back to its prior says one half: ln 2 = 0.69 nats
    for one in found:
        mean = torch.sigmoid(head_networks.predict(one, vectors)).mean(dim=0)
        assert float((mean[1::2] > 0.5).float().mean()) > 0.9
        assert float((mean[::2] < 0.5).float().mean()) > 0.9


def test_an_input_that_never_varies_keeps_the_prior() -> None:
    spread = torch.tensor([[0.0, 1.0]])
    found = bayesian.laplace_scale(spread, hidden=4, prior_scale=2.0, items=800)
    np.testing.assert_allclose(found, [[2.0, 2 / (1 + 4 * 800 / 32) ** 0.5]], rtol=1e-6)
