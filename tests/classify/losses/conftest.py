"""A batch, and a step of a training."""

import numpy as np
import pytest
import torch
from torch import nn

from crackpipe.classify.losses.step import Step


class Drawn:
    """Features that carry a gradient, the final layer's logits of them, and labels."""

    def __init__(self, seed: int, *, n: int = 24, classes: int = 2, width: int = 8) -> None:
        random = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.final = nn.Linear(width, classes).double()
        with torch.no_grad():
            self.final.weight.mul_(3)
        self.features = torch.from_numpy(random.normal(0, 1.0, (n, width))).requires_grad_(True)
        self.targets = torch.from_numpy(random.integers(0, classes, n))

    @property
    def logits(self) -> torch.Tensor:
        made: torch.Tensor = self.final(self.features)
        return made

    def step(self, epoch: int = 20, **more: object) -> Step:
        return Step(epoch, 3, 1, self.final.weight.detach(), self.final.bias.detach(), **more)  # type: ignore[arg-type]


@pytest.fixture
def drawn() -> type[Drawn]:
    return Drawn
