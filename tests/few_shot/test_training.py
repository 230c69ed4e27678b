"""Training of heads: which inputs the networks get."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from crackpipe.few_shot import batches, training
from crackpipe.few_shot.batches import SeedBatch
from crackpipe.few_shot.settings import BayesianSettings, LinearSettings
from crackpipe.few_shot.training import TrainingSubsets

NETWORK: dict[str, Any] = {"texts": False, "hidden": 2, "dropout": 0.0, "steps": 2, "batch": 4, "lr": 0.01}
POSTERIOR: dict[str, Any] = {"prior_scale": 1.0, "rank": 1, "init_scale": 1.0, "anneal": 0.0, "samples": 2}


def subsets() -> TrainingSubsets:
    """Twelve long-drawn vectors across all axes, for two heads."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(12, 5)) * [4, 2, 1, 0.5, 0.25] @ np.linalg.qr(random.normal(size=(5, 5)))[0]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return TrainingSubsets(vectors, np.arange(12) % 2, np.arange(12).reshape(2, 6), None)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Inputs that batches are drawn from."""
    found: list[torch.Tensor] = []
    draw = batches.draw

    def remember(inputs: torch.Tensor, labels: torch.Tensor, **settings: int) -> Iterator[SeedBatch]:
        found.append(inputs)
        return iter(draw(inputs, labels, **settings))

    monkeypatch.setattr(batches, "draw", remember)
    return found


@pytest.mark.parametrize("principal_axes", [True, False])
@pytest.mark.parametrize("kind", ["linear", "bayesian"])
def test_either_head_takes_inputs_along_principal_axes_or_as_they_are(
    seen: list[torch.Tensor], kind: str, principal_axes: bool
) -> None:
    common = {**NETWORK, "principal_axes": principal_axes}
    if kind == "linear":
        training.linear(subsets(), settings=LinearSettings(**common, weight_decay=0.0), seed=0)
    else:
        settings = BayesianSettings(**common, **POSTERIOR, guide="mean_field")
        training.bayesian(subsets(), settings=settings, seed=0)
    (inputs,) = seen
    moment = inputs.transpose(1, 2) @ inputs
    beside = moment - torch.diag_embed(moment.diagonal(dim1=1, dim2=2))
    assert (beside.abs().max() < 1e-5) == principal_axes
