"""The dual encoder before it has seen a text."""

from pathlib import Path

import pytest
import torch

from crackpipe.classify import classifier
from crackpipe.clip.encoders import build, encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.errors import ModelError
from crackpipe.models import backbones, heads, model_files

SIZES = {"joint_width": 8, "text_width": 32, "text_layers": 1}


@pytest.mark.parametrize("head", ["linear", "hidden_1000"])
def test_the_trunk_is_the_trained_classifiers_own(tmp_path: Path, head: heads.Head) -> None:
    torch.manual_seed(5)
    trained = classifier.create(backbone="test_efficientnet", weights="none", side_px=32, head=head)
    classifier.save(tmp_path, trained)
    found, spec = build.dual(tmp_path, trunk="classifier", **SIZES)
    assert spec == {"architecture": "dual", "backbone": "test_efficientnet", **SIZES}
    inputs = torch.randn(1, 3, 64, 64)
    network = trained.network.eval()
    with torch.no_grad():
        pooled = network.forward_head(network.forward_features(inputs), pre_logits=True)
        own = found.eval().features(inputs)[:, : pooled.shape[1]]
    torch.testing.assert_close(own, torch.nn.functional.layer_norm(pooled, pooled.shape[1:]))


def test_a_classifier_that_lacks_tensors_of_the_trunk_is_refused(tmp_path: Path) -> None:
    """As a VGG with a head of 1 000 units does: it has no layers of 4 096."""
    bare = torch.nn.Linear(2, 2)
    model_files.save(tmp_path, bare, {"kind": "classifier", "architecture": "test_efficientnet"})
    with pytest.raises(ModelError, match=r"weights of another architecture; .* tensors are missing"):
        build.dual(tmp_path, trunk="classifier", **SIZES)


def test_without_a_classifier_the_trunk_has_imagenets_weights(tmp_path: Path) -> None:
    found, spec = build.dual(tmp_path / "nowhere", trunk="package", **SIZES)
    wanted = backbones.create("tf_efficientnet_lite0", classes=0, weights="package").state_dict()
    assert spec["backbone"] == "tf_efficientnet_lite0"
    assert all(torch.equal(value, wanted[name]) for name, value in found.trunk.state_dict().items())


def test_its_card_builds_the_same_architecture(tmp_path: Path) -> None:
    found, spec = build.dual(tmp_path, trunk="package", **SIZES)
    again = encoder_files.create(spec)
    assert isinstance(again, DualEncoder)
    assert {name: value.shape for name, value in again.state_dict().items()} == {
        name: value.shape for name, value in found.state_dict().items()
    }


def test_a_folder_of_another_kind_is_refused(encoder: DualEncoder, tmp_path: Path) -> None:
    model_files.save(tmp_path, encoder, {"kind": "clip"})
    with pytest.raises(ModelError, match="holds a model of the kind 'encoder', but 'classifier' is needed here"):
        build.dual(tmp_path, trunk="classifier", **SIZES)


def test_a_named_encoder_is_built_for_its_own_square_or_for_another() -> None:
    own, spec = build.named("ViT-S-32-alt", weights="none", image_px=None)
    other, _ = build.named("ViT-S-32-alt", weights="none", image_px=96)
    assert spec == {"architecture": "open_clip", "name": "ViT-S-32-alt"}
    assert (own.image_px, other.image_px) == (224, 96)
