"""Encoders take over a classifier's trunk tensor by tensor, and refuse every other architecture's."""

from pathlib import Path

import pytest
import timm
import torch
from huggingface_hub import constants
from torch import nn

from crackpipe.classify import classifier
from crackpipe.errors import ModelError
from crackpipe.models import backbones
from crackpipe.segment.networks import trunks

LITE = "tf_efficientnet_lite0"


def features(name: str) -> nn.Module:
    return timm.create_model(name, pretrained=False, features_only=True)


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "test_convnext"])
def test_an_encoder_computes_what_the_classifiers_trunk_computes(name: str) -> None:
    torch.manual_seed(0)
    trunk, encoder = timm.create_model(name, num_classes=2).eval(), features(name).eval()
    trunks.copy(trunk, into=encoder, encoder=name)
    inputs = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        for found, expected in zip(encoder(inputs), trunk.forward_intermediates(inputs)[1], strict=True):
            torch.testing.assert_close(found, expected)


def test_a_classifier_with_a_head_of_1000_units_gives_the_same_trunk() -> None:
    trunk, encoder = (
        backbones.create("test_resnet", classes=2, weights="none", head="hidden_1000"),
        features("test_resnet"),
    )
    trunks.copy(trunk, into=encoder, encoder="test_resnet")
    expected = trunk.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in encoder.state_dict().items())


def test_the_trunk_stays_as_it_was_and_is_not_shared() -> None:
    trunk, encoder = timm.create_model("test_resnet", num_classes=2), features("test_resnet")
    before = {name: value.clone() for name, value in trunk.state_dict().items()}
    trunks.copy(trunk, into=encoder, encoder="test_resnet")
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.zero_()
    assert all(torch.equal(value, before[name]) for name, value in trunk.state_dict().items())


@pytest.mark.parametrize(
    ("trained", "encoder"),
    [("test_resnet", "test_efficientnet"), ("resnet34", "resnet18"), ("resnet18", "resnet34")],
    ids=["other names", "longer trunk", "shorter trunk"],
)
def test_a_trunk_of_another_architecture_is_refused(trained: str, encoder: str) -> None:
    trunk = timm.create_model(trained, num_classes=2)
    said = (
        rf"encoder {encoder}: the pretrained trunk is of another architecture; \d+ tensors .*; set encoder to the arch"
    )
    with pytest.raises(ModelError, match=said):
        trunks.copy(trunk, into=features(encoder), encoder=encoder)


def test_the_packages_weights_are_those_of_the_classifier() -> None:
    made = classifier.create(backbone=LITE, weights="package", side_px=64).network
    trunk = trunks.pretrained(LITE, weights="package", classifier=None)
    assert trunk is not None
    assert torch.equal(trunk.conv_stem.weight, made.conv_stem.weight)
    assert torch.equal(trunk.conv_head.weight, made.conv_head.weight)


def test_a_trained_classifier_is_its_own_trunk() -> None:
    made = classifier.create(backbone="test_resnet", weights="none", side_px=64)
    assert trunks.pretrained("test_resnet", weights="classifier", classifier=made.network) is made.network


def test_without_weights_there_is_no_trunk() -> None:
    assert trunks.pretrained("resnet50", weights="none", classifier=None) is None


def test_a_missing_classifier_says_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"weights=classifier needs a trained patch classifier, got none; train one"):
        trunks.pretrained("resnet18", weights="classifier", classifier=None)


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(ModelError, match=r"encoder 'resnet51': timm .* has no such architecture; name another"):
        trunks.pretrained("resnet51", weights="none", classifier=None)


def test_weights_that_cannot_be_had_say_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"encoder resnet18: its weights=hub cannot be had; set weights to package"):
        trunks.pretrained("resnet18", weights="hub", classifier=None)
    with pytest.raises(ModelError, match=r"encoder resnet18: its weights=package cannot be had"):
        trunks.pretrained("resnet18", weights="package", classifier=None)
