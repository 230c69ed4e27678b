"""Networks made ready for training: a setting that a network cannot have is named with its key, before training."""

from typing import Any

import pytest
import torch

from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError
from crackpipe.params.masks import TrainSegmenter
from crackpipe.segment.networks import pixel_network, training
from crackpipe.segment.networks.catalogue import NETWORKS
from crackpipe.segment.networks.pixel_network import PixelNetwork

BUILT: dict[str, Any] = {"encoder": "test_resnet", "weights": "none", "width": 1 / 16, "refine_px": 0, "side_px": 32}


def untrained(runtime: Runtime, name: str, **changed: Any) -> PixelNetwork:
    return training.create(name, trunk=None, runtime=runtime, **(BUILT | changed))


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("unet", {"encoder": "nonsense"}, "timm .* has no such architecture; name another, e.g. resnet50"),
        ("oed", {"encoder": "vit_tiny_patch16_224"}, "OED needs its features at strides"),
        ("deepcrack_liu", {"encoder": "resnet18"}, "a DeepCrack is a VGG-16; set encoder to vgg16_bn or vgg16"),
        ("unet", {"weights": "classifier"}, "weights=classifier needs a trained patch classifier, got none"),
    ],
)
def test_a_setting_that_a_network_cannot_have_is_named_with_its_key(
    name: str, changed: dict[str, Any], said: str, runtime: Runtime
) -> None:
    built = BUILT | changed
    key = f"encoder={built['encoder']} with weights={built['weights']} and width=0.0625: segmenter's encoder "
    with pytest.raises(ParamsError, match=rf"^train_segmenter\.{name}\.{key}.*{said}"):
        untrained(runtime, name, **changed)


@pytest.mark.parametrize(
    ("name", "encoder", "side_px", "said"),
    [
        ("unet", "test_resnet", 33, "got photographs of 33×33 px .* must be multiples of 32; pad them to 64×64"),
        ("unet", "swin_tiny_patch4_window7_224", 32, r"Input height \(32\) doesn't match model \(224\)"),
        ("oed", "inception_v3", 32, "Kernel size can't be greater than actual input size"),
    ],
)
def test_a_side_that_a_network_does_not_take_is_named_with_its_key(
    name: str, encoder: str, side_px: int, said: str, runtime: Runtime
) -> None:
    key = rf"side_px={side_px}: encoder={encoder} takes no window of this side \("
    with pytest.raises(ParamsError, match=rf"^train_segmenter\.{name}\.{key}.*{said}.*\); change either$"):
        untrained(runtime, name, encoder=encoder, side_px=side_px)


def test_a_blank_window_leaves_a_network_as_it_was_drawn(runtime: Runtime) -> None:
    seeds.seed_everything(0)
    drawn = pixel_network.create("oed", encoder="test_resnet", weights="none", width=1 / 16, trunk=None, refine_px=0)
    after = torch.rand(3)
    seeds.seed_everything(0)
    shown = untrained(runtime, "oed")
    assert torch.equal(torch.rand(3), after)
    expected = drawn.network.state_dict()
    assert shown.network.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in shown.network.state_dict().items())
    assert all(value.requires_grad for value in shown.network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_sides_that_params_allow_are_those_of_the_network(name: str, runtime: Runtime) -> None:
    encoder = "vgg16_bn" if name.startswith("deepcrack") else "test_resnet"
    step = untrained(runtime, name, encoder=encoder).multiple_px
    (rule,) = (
        rule.multiple_of
        for rule in TrainSegmenter.model_fields[name].annotation.model_fields["side_px"].metadata
        if hasattr(rule, "multiple_of")
    )
    assert rule == step
