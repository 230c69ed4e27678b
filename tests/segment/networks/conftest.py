"""Two drawn cracks, and a short training on them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from crackpipe.compute.runtime import Runtime


@pytest.fixture(autouse=True)
def _one_thread(runtime: Runtime) -> None:
    """Two threads would wait for each other longer than networks of this size take."""


@pytest.fixture
def cracks(draw: Callable) -> tuple[Tensor, Tensor]:
    """Normalised photographs (2, 3, 64, 64) and their labels (2, 64, 64)."""
    images, masks = zip(draw(col=20), draw(col=41), strict=True)
    inputs = torch.from_numpy(np.stack(images)).movedim(-1, 1) / 255
    return (inputs - 0.5) / 0.25, torch.from_numpy(np.stack(masks)).float()


@pytest.fixture
def train(cracks: tuple[Tensor, Tensor]) -> Callable[..., None]:
    """Trains a network on the two cracks: cross-entropy of all its maps."""

    def trained(network: nn.Module, *, steps: int, lr: float = 1e-2) -> None:
        inputs, label = cracks
        optimise = torch.optim.Adam(network.parameters(), lr=lr)
        network.train()
        for _step in range(steps):
            optimise.zero_grad()
            loss = sum(binary_cross_entropy_with_logits(one, label) for one in network(inputs))
            loss.backward()
            optimise.step()
        network.eval()

    return trained
