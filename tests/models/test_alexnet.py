"""AlexNet is the one of the paper, and a classifier and a source of localisation maps as timm's networks are."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from crackpipe.classify import final_layer, trunk
from crackpipe.errors import ModelError
from crackpipe.models import backbones
from crackpipe.models.alexnet import AlexNet
from crackpipe.params.classifier import ALEXNET
from crackpipe.pseudo import cam


@pytest.fixture(scope="module")
def network() -> AlexNet:
    torch.manual_seed(0)
    return AlexNet(classes=2).eval().requires_grad_(False)


def test_it_has_the_papers_61_million_numbers() -> None:
    with torch.device("meta"):
        found = AlexNet(classes=1000)
    assert sum(tensor.numel() for tensor in found.parameters()) == 60_965_224  # with the groups of its two cards


@pytest.mark.parametrize("side_px", [32, 96, 128, 224])
def test_each_32_pixels_make_a_cell(network: AlexNet, side_px: int) -> None:
    cells = network.forward_features(torch.zeros(1, 3, side_px, side_px + 64))
    assert cells.shape == (1, 256, side_px // 32, side_px // 32 + 2)


def test_responses_are_normalised_as_the_papers_formula_says(network: AlexNet) -> None:
    responses = torch.arange(1.0, 9.0).view(1, 8, 1, 1) * 40
    found = network.features[2](responses).flatten()
    squares = [sum(float(responses[0, k]) ** 2 for k in range(max(0, i - 2), min(8, i + 3))) for i in range(8)]
    wanted = [float(responses[0, i]) / (2 + 1e-4 * squares[i]) ** 0.75 for i in range(8)]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_its_first_weights_are_the_papers(network: AlexNet) -> None:
    assert network.features[4].weight.std().item() == pytest.approx(0.01, rel=0.01)
    ones = [network.features[4], network.features[10], network.features[12], network.pre_logits.fc1]
    zeros = [network.features[0], network.features[8], network.head.fc]
    assert [layer.bias.unique().tolist() for layer in ones + zeros] == [[1.0]] * 4 + [[0.0]] * 3


def test_it_runs_its_parts_in_order_and_ends_in_a_linear_layer(network: AlexNet) -> None:
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    front, rest = trunk.split(network, train_from="features.8")
    assert torch.equal(rest(front(pixels)), network(pixels))
    assert final_layer.final_linear(network) is network.head.fc


def test_the_heads_gradient_maps_what_the_whole_networks_does(network: AlexNet) -> None:
    network = copy.deepcopy(network, {id(network.pre_logits): network.pre_logits})
    torch.manual_seed(3)
    for layer in network.features:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)  # the first weights leave hardly a difference between cells
    pixels = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        features = network.forward_features(pixels)
    own = cam.head_maps(network, features, kind="gradcam", target="argmax")
    theirs = cam.library_maps(network, pixels, kind="gradcam", target="argmax")
    assert own.shape == (1, 2, 3)
    assert own.std() > 0.05
    assert torch.allclose(own, theirs, atol=1e-4)


def test_a_files_weights_are_taken_over_but_for_another_number_of_classes(tmp_path: Path, network: AlexNet) -> None:
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    made = backbones.create("alexnet", classes=3, weights=str(tmp_path / "w.safetensors"))
    assert torch.equal(made.pre_logits.fc2.weight, network.pre_logits.fc2.weight)  # type: ignore[union-attr]
    assert made(torch.zeros(1, 3, 32, 32)).shape == (1, 3)


def test_it_is_known_by_its_name_and_has_no_weights_to_download() -> None:
    assert backbones.ALEXNET == ALEXNET == "alexnet"
    backbones.check_name("alexnet", where="train_classifier.backbone")
    assert backbones.normalisation(AlexNet(classes=2))[0] == [0.485, 0.456, 0.406]
    with pytest.raises(ModelError, match=r"weights=hub: timm has no weights of alexnet; set .* to none"):
        backbones.create("alexnet", classes=2, weights="hub")
