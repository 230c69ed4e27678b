"""Activation maps: the head's gradient against pytorch-grad-cam and against the literal form by full autograd."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn

from crackpipe import runtime
from crackpipe.classify import backbones
from crackpipe.classify.classifier import Classifier
from crackpipe.pseudo import cam

Build = Callable[[], nn.Module]


def lite() -> nn.Module:
    torch.manual_seed(0)
    return backbones.create("tf_efficientnet_lite0", classes=2, weights="package").eval().requires_grad_(False)


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("resnet18", num_classes=2).eval().requires_grad_(False)


@pytest.fixture(scope="module", autouse=True)
def machine() -> runtime.Runtime:
    return runtime.start(device="cpu", precision="fp32", threads=1)


@pytest.fixture(scope="module", params=[lite, resnet], ids=["lite0", "resnet18"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    return request.param()


def inputs(*, n: int = 2, height: int = 96, width: int = 128) -> Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(1))


def scaled(network: nn.Module, factor: float) -> nn.Module:
    """The same network with its logits multiplied."""
    loud = copy.deepcopy(network)
    head = loud.get_classifier()
    head.weight.mul_(factor)
    head.bias.mul_(factor)
    return loud


def literal(network: nn.Module, pixels: Tensor) -> Tensor:
    """relu(Σ_k relu(∂p/∂A_k) · A_k) / max, p the softmax probability of crack, through the whole network."""
    kept: list[Tensor] = []
    layer = network.bn2 if hasattr(network, "conv_head") else network.layer4
    hook = layer.register_forward_hook(lambda _module, _given, out: kept.append(out))
    logits = network(pixels.detach().clone().requires_grad_())
    hook.remove()
    (gradient,) = torch.autograd.grad(logits.softmax(dim=1)[:, 1].sum(), kept[0])
    maps = (gradient.relu() * kept[0].detach()).sum(dim=1).relu()
    return maps / maps.amax(dim=(1, 2), keepdim=True)


@pytest.mark.parametrize("target", ["crack", "argmax"])
def test_grad_cam_of_the_head_equals_the_librarys(network: nn.Module, target: cam.Target) -> None:
    own = cam.head_maps(network, inputs(), kind="gradcam", target=target)
    theirs = cam.library_maps(network, inputs(), kind="gradcam", target=target)
    assert own.shape == (2, 3, 4)
    assert torch.allclose(own, theirs, atol=1e-4)
    assert own.amax(dim=(1, 2)).tolist() == [1, 1]


def test_grad_cam_plus_plus_equals_the_literal_form_by_full_autograd(network: nn.Module) -> None:
    pixels = inputs(height=160)
    double = copy.deepcopy(network).double()  # so that p (1 − p) is exact where the softmax is not flat
    probability = double(pixels.double()).softmax(dim=1)
    assert probability.min() > 1e-6
    own = cam.head_maps(network, pixels, kind="gradcam++", target="crack")
    assert torch.allclose(own.double(), literal(double, pixels.double()), atol=1e-4)
    assert own.std() > 0.01


def test_a_saturated_softmax_leaves_the_map_as_it_was(network: nn.Module) -> None:
    pixels = inputs()
    margin = network(pixels).diff(dim=1).abs().min()
    loud = scaled(network, float(400 / margin))
    assert torch.isnan(literal(loud, pixels)).any()  # what the public code's users saw
    own = cam.head_maps(loud, pixels, kind="gradcam++", target="crack")
    assert torch.allclose(own, cam.head_maps(network, pixels, kind="gradcam++", target="crack"), atol=1e-5)


@pytest.mark.parametrize("kind", ["gradcam", "gradcam++"])
@pytest.mark.parametrize("maps", [cam.head_maps, cam.library_maps])
def test_where_nothing_speaks_for_crack_the_map_is_zero(maps: Callable[..., Tensor], kind: cam.Kind) -> None:
    network = resnet()  # its activations are never negative
    with torch.no_grad():
        network.fc.weight.copy_(torch.stack([torch.ones(512), -torch.ones(512)]))
    assert torch.equal(maps(network, inputs(), kind=kind, target="crack"), torch.zeros(2, 3, 4))


def test_argmax_explains_the_class_that_wins(network: nn.Module) -> None:
    swapped = copy.deepcopy(network)
    head = swapped.get_classifier()
    head.weight.copy_(head.weight.flip(0))
    head.bias.copy_(head.bias.flip(0))
    pixels = inputs(n=1)
    crack, other = (net if net(pixels).argmax() == 1 else None for net in (network, swapped))
    wins = crack or other
    loses = swapped if wins is network else network
    for kind in ("gradcam", "gradcam++"):
        explained = cam.head_maps(wins, pixels, kind=kind, target="crack")
        assert torch.equal(cam.head_maps(wins, pixels, kind=kind, target="argmax"), explained)
        assert torch.allclose(cam.head_maps(loses, pixels, kind=kind, target="argmax"), explained, atol=1e-6)


def test_inputs_and_network_are_left_alone(network: nn.Module) -> None:
    pixels = inputs()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for maps in (cam.head_maps, cam.library_maps):
        found = maps(network, pixels, kind="gradcam++", target="crack")
        assert not found.requires_grad
    assert not pixels.requires_grad
    assert torch.equal(pixels, inputs())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_an_unknown_network_is_refused_by_the_library_engine() -> None:
    with pytest.raises(ValueError, match="Linear has no layer known to explain; use engine=head"):
        cam.library_maps(nn.Linear(2, 2), inputs(), kind="gradcam", target="crack")


# ── whole photographs ──────────────────────────────────────────────────────────────────────────────────────────────


def photograph(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def maps_of(
    photographs: list[np.ndarray], *, batch_px: int = 1 << 20, kind: cam.Kind = "gradcam++"
) -> list[np.ndarray]:
    model = Classifier(lite(), "tf_efficientnet_lite0", 32, (0.5,) * 3, (0.5,) * 3)
    machine = runtime.start(device="cpu", precision="fp32", threads=1)
    return cam.activation_maps(
        photographs, model, machine, kind=kind, target="crack", engine="head", upsample="lanczos", batch_px=batch_px
    )


def test_every_photograph_has_a_map_of_its_own_size_in_0_to_1() -> None:
    photographs = [photograph(*size) for size in ((1, 1), (33, 97), (20, 64), (96, 31), (64, 65))]
    for pixels, found in zip(photographs, maps_of(photographs), strict=True):
        assert found.shape == pixels.shape[:2]
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        assert 0 <= found.min() <= found.max() <= 1


def test_batches_of_one_size_keep_each_photograph_its_map() -> None:
    photographs = [photograph(64, 64), photograph(40, 96), photograph(50, 60), photograph(64, 63), photograph(40, 90)]
    together = maps_of(photographs)
    alone = maps_of(photographs, batch_px=1)
    for one, other in zip(together, alone, strict=True):
        assert np.allclose(one, other, atol=1e-4)
    assert not np.allclose(together[0][:50, :60], together[2], atol=0.01)


def test_no_photographs_have_no_maps() -> None:
    assert maps_of([]) == []
