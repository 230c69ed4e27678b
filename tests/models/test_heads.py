"""The head of König et al.'s code: pooled features, 1 000 units, ReLU, two classes."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from crackpipe.errors import ModelError
from crackpipe.models import backbones, heads

SMALL = "test_resnet"


@pytest.mark.parametrize("name", [SMALL, "test_efficientnet", "test_convnext", "mobilenetv3_small_050"])
def test_the_head_is_pooling_1000_units_relu_and_two_classes(name: str) -> None:
    torch.manual_seed(0)
    network = backbones.create(name, classes=2, weights="none", head="hidden_1000").eval()
    head = network.get_submodule(heads.layer_name(network))
    assert [type(part) for part in head] == [nn.Linear, nn.ReLU, nn.Linear]
    assert [head[0].out_features, head[2].in_features, head[2].out_features] == [1000, 1000, 2]
    pixels = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        pooled = network.forward_head(network.forward_features(pixels), pre_logits=True)
        hidden = (pooled @ head[0].weight.T + head[0].bias).clamp_min(0)
        expected = hidden @ head[2].weight.T + head[2].bias
        torch.testing.assert_close(network(pixels), expected)


@pytest.mark.parametrize("name", ["resnet50", "resnet101", "resnet152"])
def test_koenigs_three_classifiers_have_it_on_2048_features(name: str) -> None:
    with torch.device("meta"):
        network = backbones.create(name, classes=2, weights="none", head="hidden_1000")
    head = network.get_submodule(heads.layer_name(network))
    assert [head[0].in_features, head[2].out_features] == [2048, 2]


def test_vggs_two_wide_layers_make_way_for_global_average_pooling() -> None:
    with torch.device("meta"):
        network = backbones.create("vgg16", classes=2, weights="none", head="hidden_1000")
    assert network.head.fc[0].in_features == 512
    assert sum(value.numel() for value in network.head.parameters()) == 513 * 1000 + 1001 * 2
    assert not list(network.pre_logits.parameters())
    activation = torch.rand(1, 512, 3, 5)
    network.head.to_empty(device="cpu")
    with torch.no_grad():
        network.head.fc[0].weight.fill_(1)
        network.head.fc[0].bias.zero_()
        network.head.fc[2].weight.fill_(1)
        network.head.fc[2].bias.zero_()
        found = network.forward_head(activation)
    torch.testing.assert_close(found, 1000 * activation.mean(dim=(2, 3)).sum().expand(1, 2), rtol=1e-4, atol=0)


def test_the_backbone_keeps_its_pretrained_weights() -> None:
    plain = backbones.create("tf_efficientnet_lite0", classes=2, weights="package").state_dict()
    hidden = backbones.create("tf_efficientnet_lite0", classes=2, weights="package", head="hidden_1000").state_dict()
    shared = [name for name in plain if not name.startswith("classifier")]
    assert len(shared) > 200
    assert all(torch.equal(plain[name], hidden[name]) for name in shared)
    assert set(hidden) - set(plain) == {f"classifier.{n}.{part}" for n in (0, 2) for part in ("weight", "bias")}


@pytest.mark.parametrize(("stored", "kept"), [("hidden_1000", True), ("linear", False)])
def test_a_file_of_such_a_classifier_is_kept_whole_and_one_of_a_linear_gives_its_trunk(
    tmp_path: Path, stored: heads.Head, kept: bool
) -> None:
    torch.manual_seed(0)
    trained = backbones.create(SMALL, classes=2, weights="none", head=stored).state_dict()
    save_file(trained, tmp_path / "w.safetensors")
    found = backbones.create(SMALL, classes=2, weights=str(tmp_path / "w.safetensors"), head="hidden_1000")
    found = found.state_dict()
    assert all(torch.equal(found[name], value) for name, value in trained.items() if not name.startswith("fc."))
    assert ("fc.2.weight" in trained and torch.equal(found["fc.2.weight"], trained["fc.2.weight"])) == kept


def test_of_a_file_with_other_classes_the_last_layer_alone_is_new(tmp_path: Path) -> None:
    trained = backbones.create(SMALL, classes=3, weights="none", head="hidden_1000").state_dict()
    save_file(trained, tmp_path / "w.safetensors")
    found = backbones.create(SMALL, classes=2, weights=str(tmp_path / "w.safetensors"), head="hidden_1000")
    assert torch.equal(found.state_dict()["fc.0.weight"], trained["fc.0.weight"])
    assert found(torch.randn(1, 3, 64, 64)).shape == (1, 2)


def test_a_file_of_such_a_classifier_fits_no_linear_head(tmp_path: Path) -> None:
    network = backbones.create(SMALL, classes=2, weights="none", head="hidden_1000")
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match=r"weights of another architecture; .* first 'fc.weight'"):
        backbones.create(SMALL, classes=2, weights=str(tmp_path / "w.safetensors"))


def test_a_network_with_several_last_layers_is_refused() -> None:
    said = (
        r"train_classifier.head=hidden_1000: VisionTransformerDistilled does not end in one linear layer; set head to "
        r"linear, or choose another backbone, e.g. resnet50"
    )
    with torch.device("meta"), pytest.raises(ModelError, match=said):
        heads.attach_hidden(timm.create_model("deit_tiny_distilled_patch16_224"), classes=2)
