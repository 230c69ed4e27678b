"""Networks that are cut in two do what they did whole."""

import pytest
import timm
import torch
from torch import nn

from crackpipe.classify import trunk
from crackpipe.errors import ModelError
from crackpipe.models import backbones


@pytest.mark.parametrize(
    ("backbone", "train_from"),
    [
        ("tf_efficientnet_lite0", "blocks.6"),
        ("tf_efficientnet_lite0", "conv_head"),
        ("resnet18", "layer4"),
        ("resnet18", "layer3.1"),
    ],
)
def test_trunk_and_rest_give_what_the_network_gives(backbone: str, train_from: str) -> None:
    torch.manual_seed(0)
    network = timm.create_model(backbone, num_classes=2).eval()
    frozen, rest = trunk.split(network, train_from=train_from)
    inputs = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(rest(frozen(inputs)), network(inputs))
    own = [{id(tensor) for tensor in part.parameters()} for part in (frozen, rest)]
    assert all(own)
    assert not own[0] & own[1]
    assert own[0] | own[1] == {id(tensor) for tensor in network.parameters()}


@pytest.mark.parametrize(
    ("backbone", "train_from"), [("test_resnet", "layer4"), ("test_resnet", "fc"), ("test_efficientnet", "classifier")]
)
def test_the_head_of_1000_units_belongs_to_the_rest(backbone: str, train_from: str) -> None:
    torch.manual_seed(0)
    network = backbones.create(backbone, classes=2, weights="none", head="hidden_1000").eval()
    frozen, rest = trunk.split(network, train_from=train_from)
    inputs = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(rest(frozen(inputs)), network(inputs))
    assert [part.in_features for part in rest if isinstance(part, nn.Linear)] == [network.num_features, 1000]


def test_a_whole_stage_is_trained_from_its_first_block() -> None:
    network = timm.create_model("resnet18", num_classes=2)
    _, rest = trunk.split(network, train_from="layer4")
    assert rest[0] is network.layer4[0]


@pytest.mark.parametrize("name", ["blocks.7", "conv_stem", ""])
def test_a_part_that_there_is_not_and_one_with_nothing_before_it_are_refused(name: str) -> None:
    network = timm.create_model("tf_efficientnet_lite0", num_classes=2)
    with pytest.raises(ModelError, match=rf"calibrate.train_from: got {name}, but .* are bn1, blocks\.0, .*conv_head"):
        trunk.split(network, train_from=name)
