"""A network of tests that calls dark patches cracks."""

import torch
from torch import nn


class Darkness(nn.Module):
    """Logits (0, 4 − 8 · mean level), by a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(1, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.tensor([[0.0], [-8.0]]))
            self.head.bias.copy_(torch.tensor([0.0, 4.0]))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(inputs.mean(dim=(1, 2, 3))[:, None])
        return logits
