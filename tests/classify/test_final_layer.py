"""The final linear layer, and the features that enter it."""

import pytest
import torch
from torch import nn

from crackpipe.classify.final_layer import capture_inputs, final_linear
from crackpipe.errors import ModelError
from crackpipe.models import backbones


def test_the_last_linear_layer_is_the_final_one() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 2), nn.Identity()))
    assert final_linear(network) is network[2][0]


def test_of_a_head_of_1000_units_the_features_before_the_final_layer_are_these_units() -> None:
    torch.manual_seed(0)
    network, captured = backbones.create("test_resnet", classes=2, weights="none", head="hidden_1000").eval(), []
    final = final_linear(network)
    with capture_inputs(final, captured.append):
        logits = network(torch.randn(3, 3, 64, 64))
    assert captured[0].shape == (3, 1000)
    assert captured[0].min() == 0
    torch.testing.assert_close(captured[0] @ final.weight.T + final.bias, logits)


def test_a_network_without_a_linear_layer_is_refused_by_its_name() -> None:
    with pytest.raises(ModelError, match="Conv2d: has no linear layer, so it has no features to attack"):
        final_linear(nn.Conv2d(3, 2, 1))


def test_features_are_captured_with_their_graph_and_no_longer_than_asked_for() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    inputs, captured = torch.randn(5, 4), []
    with capture_inputs(final_linear(network), captured.append):
        network(inputs)
        network(inputs[:2])
    network(inputs)
    assert [tuple(features.shape) for features in captured] == [(5, 3), (2, 3)]
    assert torch.equal(captured[0], torch.relu(network[0](inputs)))
    assert captured[0].requires_grad
