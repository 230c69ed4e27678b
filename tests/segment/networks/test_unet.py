"""U-Net: where its encoder's weights come from, and its decoder's width."""

import pytest
import timm
import torch

from crackpipe.classify import classifier
from crackpipe.errors import ModelError
from crackpipe.models import backbones
from crackpipe.segment.networks.unet import DECODER_CHANNELS, UNet

SMALL = (8, 8, 8, 4, 4)


def test_it_has_one_map_of_the_photographs_size() -> None:
    made = UNet(encoder="test_efficientnet", trunk=None, decoder_channels=SMALL).eval()
    with torch.no_grad():
        maps = made(torch.randn(2, 3, 32, 64))
    assert [tuple(one.shape) for one in maps] == [(2, 32, 64)]
    assert made.multiple_px == 32


@pytest.mark.parametrize("encoder", ["test_efficientnet", "test_resnet"])
def test_its_encoder_computes_what_the_classifiers_trunk_computes(encoder: str) -> None:
    torch.manual_seed(0)
    trained = classifier.create(backbone=encoder, weights="none", side_px=64).network.eval()
    made = UNet(encoder=encoder, trunk=trained, decoder_channels=SMALL).eval()
    inputs = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        found = made.net.encoder(inputs)[1:]
        expected = trained.forward_intermediates(inputs, intermediates_only=True)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_the_packages_weights_reach_the_encoder() -> None:
    trunk = backbones.create("tf_efficientnet_lite0", classes=2, weights="package")
    made = UNet(encoder="tf_efficientnet_lite0", trunk=trunk, decoder_channels=SMALL)
    expected = trunk.state_dict()
    own = made.net.encoder.model.state_dict()
    assert len(own) > 200
    assert all(torch.equal(value, expected[name]) for name, value in own.items())


def test_without_a_trunk_its_encoder_is_random() -> None:
    torch.manual_seed(0)
    first = UNet(encoder="test_resnet", trunk=None, decoder_channels=SMALL)
    second = UNet(encoder="test_resnet", trunk=None, decoder_channels=SMALL)
    assert not torch.equal(first.net.encoder.model.conv1[0].weight, second.net.encoder.model.conv1[0].weight)


def test_decoder_channels_are_those_asked_for() -> None:
    made = UNet(encoder="test_efficientnet", trunk=None, decoder_channels=(9, 7, 5, 3, 2))
    assert [block.conv2[0].out_channels for block in made.net.decoder.blocks] == [9, 7, 5, 3, 2]
    assert DECODER_CHANNELS == (256, 128, 64, 32, 16)


def test_resnet50_is_an_encoder_too() -> None:
    with torch.device("meta"):
        made = UNet(encoder="resnet50", trunk=None, decoder_channels=DECODER_CHANNELS)
    assert made.net.encoder.out_channels == [3, 64, 256, 512, 1024, 2048]


def test_a_classifier_of_another_architecture_is_refused() -> None:
    trained = timm.create_model("test_resnet", num_classes=2)
    with pytest.raises(ModelError, match=r"encoder test_efficientnet: the pretrained trunk is of another architecture"):
        UNet(encoder="test_efficientnet", trunk=trained, decoder_channels=SMALL)


def test_an_encoder_without_five_scales_is_refused() -> None:
    with pytest.raises(
        ModelError, match=r"encoder test_vit: a U-Net needs its features at strides 2, 4 … 32 .*set enc"
    ):
        UNet(encoder="test_vit", trunk=None, decoder_channels=SMALL)
    with pytest.raises(ModelError, match=r"encoder 'resnet51': timm .* has no such architecture"):
        UNet(encoder="resnet51", trunk=None, decoder_channels=SMALL)
