"""Folding batch normalisation changes nothing but the number of steps."""

import pytest
import torch
from torch import nn

from crackpipe.models import backbones, folding


def lived_in(network: nn.Module) -> nn.Module:
    """Statistics and weights as training leaves them: none is 0 or 1."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low, high in (
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.5, 1.5),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.2, 0.2),
            ):
                tensor.uniform_(low, high, generator=generator)
    return network.eval()


@pytest.mark.parametrize(
    ("name", "norms"),
    [("resnet50", 53), ("tf_efficientnet_lite0", 49), pytest.param("vgg16", 0, marks=pytest.mark.nightly)],
)
def test_a_backbone_computes_the_same_without_its_normalisations(name: str, norms: int) -> None:
    network = lived_in(backbones.create(name, classes=2, weights="none"))
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network.modules()) == norms
    copy = folding.folded(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in copy.modules())
    inputs = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        wanted, found = network(inputs), copy(inputs)
    assert torch.allclose(found, wanted, rtol=1e-3, atol=1e-4 * float(wanted.abs().max()))


def test_the_network_itself_stays_as_it_was() -> None:
    network = lived_in(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    folding.folded(network)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())


class Shared(nn.Module):
    """One convolution that runs twice, before two normalisations."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 1)
        self.first, self.second = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.second(self.convolution(self.first(self.convolution(inputs))))


def test_a_convolution_that_runs_twice_is_left_alone() -> None:
    network = lived_in(Shared())
    copy = folding.folded(network)
    inputs = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    assert sum(isinstance(module, nn.BatchNorm2d) for module in copy.modules()) == 2
    assert torch.equal(copy(inputs), network(inputs))
