"""VGG-16's convolutions against timm's."""

import pytest
import timm
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from crackpipe.errors import ModelError
from crackpipe.segment.networks.vgg import Vgg16


def timms(encoder: str) -> nn.Module:
    """timm's convolutions; drawing its fully connected layers too would take ten times as long."""
    with torch.device("meta"):
        made = timm.create_model(encoder, features_only=True, out_indices=(0, 1, 2, 3, 4))
    made.to_empty(device="cpu")
    drawn = torch.Generator().manual_seed(0)
    for name, value in made.state_dict().items():
        if name.endswith("tracked"):
            value.zero_()
        else:
            value.uniform_(0.5, 1.5, generator=drawn) if value.ndim == 1 else value.normal_(std=0.03, generator=drawn)
    return made.eval()


@pytest.mark.parametrize("encoder", ["vgg16", "vgg16_bn"])
def test_its_stages_compute_what_timms_compute(encoder: str) -> None:
    trunk = timms(encoder)
    own = Vgg16(encoder=encoder, trunk=trunk, width=1.0).eval()
    features = inputs = torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        for number, expected in enumerate(trunk(inputs)):
            features = own.stage(number, features)
            torch.testing.assert_close(features, expected)
            features = max_pool2d(features, 2)
    assert own.channels == trunk.feature_info.channels()


def test_width_scales_every_stage() -> None:
    own = Vgg16(encoder="vgg16_bn", trunk=None, width=0.25)
    assert own.channels == [16, 32, 64, 128, 128]
    assert own.norm
    assert Vgg16(encoder="vgg16", trunk=None, width=0.001).channels == [1, 1, 1, 1, 1]


def test_pretrained_weights_fit_the_full_width_only() -> None:
    with pytest.raises(
        ModelError, match=r"width 0\.5: pretrained weights fit width 1 only; set width=1 or weights=none"
    ):
        Vgg16(encoder="vgg16_bn", trunk=nn.Identity(), width=0.5)


def test_a_trunk_without_batch_norm_does_not_fill_one_with() -> None:
    with torch.device("meta"):
        trunk = timm.create_model("vgg16", num_classes=2)
    with pytest.raises(ModelError, match=r"encoder vgg16_bn: the pretrained trunk is of another architecture"):
        Vgg16(encoder="vgg16_bn", trunk=trunk, width=1.0)


@pytest.mark.parametrize("encoder", ["resnet50", "vgg19"])
def test_another_architecture_is_refused(encoder: str) -> None:
    with pytest.raises(ModelError, match=rf"encoder '{encoder}': a DeepCrack is a VGG-16; set encoder to vgg16_bn or"):
        Vgg16(encoder=encoder, trunk=None, width=1.0)
