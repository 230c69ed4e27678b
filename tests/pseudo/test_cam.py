"""Activation maps: the head's gradient against pytorch-grad-cam and against the literal form by full autograd."""

import copy
import itertools
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn

from crackpipe.classify.classifier import Classifier
from crackpipe.classify.final_layer import final_linear
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.errors import CrackpipeError
from crackpipe.models import backbones, heads
from crackpipe.pseudo import cam

Build = Callable[[], nn.Module]


def lite() -> nn.Module:
    torch.manual_seed(0)
    return backbones.create("tf_efficientnet_lite0", classes=2, weights="package").eval().requires_grad_(False)


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("resnet18", num_classes=2).eval().requires_grad_(False)


@pytest.fixture(scope="module", autouse=True)
def runtime() -> Runtime:
    return start_runtime(device="cpu", precision="fp32", threads=1)


def hidden() -> nn.Module:
    torch.manual_seed(0)
    network = timm.create_model("resnet18", num_classes=2)
    heads.attach_hidden(network, classes=2)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module", params=[lite, resnet, hidden], ids=["lite0", "resnet18", "hidden_1000"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    return request.param()


def inputs(*, n: int = 2, height: int = 96, width: int = 128) -> Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(1))


def scaled(network: nn.Module, factor: float) -> nn.Module:
    """The same network with its logits multiplied."""
    loud = copy.deepcopy(network)
    head = final_linear(loud)
    head.weight.mul_(factor)
    head.bias.mul_(factor)
    return loud


def head_maps(network: nn.Module, pixels: Tensor, *, kind: cam.Kind, target: cam.Target) -> Tensor:
    """The head engine's maps of inputs, as the library engine takes them."""
    with torch.no_grad():
        return cam.head_maps(network, network.forward_features(pixels), kind=kind, target=target)


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
    own = head_maps(network, inputs(), kind="gradcam", target=target)
    theirs = cam.library_maps(network, inputs(), kind="gradcam", target=target)
    assert own.shape == (2, 3, 4)
    assert torch.allclose(own, theirs, atol=1e-4)
    assert own.amax(dim=(1, 2)).tolist() == [1, 1]


def test_grad_cam_plus_plus_equals_the_literal_form_by_full_autograd(network: nn.Module) -> None:
    pixels = inputs(height=160)
    double = copy.deepcopy(network).double()  # so that p (1 − p) is exact where the softmax is not flat
    probability = double(pixels.double()).softmax(dim=1)
    assert probability.min() > 1e-6
    own = head_maps(network, pixels, kind="gradcam++", target="crack")
    assert torch.allclose(own.double(), literal(double, pixels.double()), atol=1e-4)
    assert own.std() > 0.01


def test_a_saturated_softmax_leaves_the_map_as_it_was(network: nn.Module) -> None:
    pixels = inputs()
    margin = network(pixels).diff(dim=1).abs().min()
    loud = scaled(network, float(400 / margin))
    assert torch.isnan(literal(loud, pixels)).any()  # what the public code's users saw
    own = head_maps(loud, pixels, kind="gradcam++", target="crack")
    assert torch.allclose(own, head_maps(network, pixels, kind="gradcam++", target="crack"), atol=1e-5)


@pytest.mark.parametrize("kind", ["gradcam", "gradcam++"])
@pytest.mark.parametrize("maps", [head_maps, cam.library_maps])
def test_where_nothing_speaks_for_crack_the_map_is_zero(maps: Callable[..., Tensor], kind: cam.Kind) -> None:
    network = resnet()  # its activations are never negative
    with torch.no_grad():
        network.fc.weight.copy_(torch.stack([torch.ones(512), -torch.ones(512)]))
    assert torch.equal(maps(network, inputs(), kind=kind, target="crack"), torch.zeros(2, 3, 4))


def test_argmax_explains_the_class_that_wins(network: nn.Module) -> None:
    swapped = copy.deepcopy(network)
    head = final_linear(swapped)
    head.weight.copy_(head.weight.flip(0))
    head.bias.copy_(head.bias.flip(0))
    pixels = inputs(n=1)
    crack, other = (net if net(pixels).argmax() == 1 else None for net in (network, swapped))
    wins = crack or other
    loses = swapped if wins is network else network
    for kind in ("gradcam", "gradcam++"):
        explained = head_maps(wins, pixels, kind=kind, target="crack")
        assert torch.equal(head_maps(wins, pixels, kind=kind, target="argmax"), explained)
        assert torch.allclose(head_maps(loses, pixels, kind=kind, target="argmax"), explained, atol=1e-6)


def test_inputs_and_network_are_left_alone(network: nn.Module) -> None:
    pixels = inputs()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for maps in (head_maps, cam.library_maps):
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


def cells_of(
    photographs: list[np.ndarray],
    network: nn.Module | None = None,
    *,
    batch_px: int = 1 << 20,
    kind: cam.Kind = "gradcam++",
    target: cam.Target = "crack",
    engine: Literal["head", "library"] = "head",
    tile_px: int = 2048,
) -> list[np.ndarray]:
    model = Classifier(network or lite(), "tf_efficientnet_lite0", 32, (0.5,) * 3, (0.5,) * 3)
    runtime = start_runtime(device="cpu", precision="fp32", threads=1)
    return cam.activation_cells(
        photographs, model, runtime, kind=kind, target=target, engine=engine, batch_px=batch_px, tile_px=tile_px
    )


def test_every_photograph_has_a_map_of_its_cells_in_0_to_1() -> None:
    photographs = [photograph(*size) for size in ((1, 1), (33, 97), (20, 64), (96, 31), (64, 65))]
    for pixels, found in zip(photographs, cells_of(photographs), strict=True):
        assert found.shape == tuple(-(-length // 32) for length in pixels.shape[:2])
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() in (0, 1)


def test_batches_of_one_size_keep_each_photograph_its_map() -> None:
    photographs = [photograph(64, 64), photograph(40, 96), photograph(50, 60), photograph(64, 63), photograph(40, 90)]
    together = cells_of(photographs)
    alone = cells_of(photographs, batch_px=1)
    for one, other in zip(together, alone, strict=True):
        assert np.allclose(one, other, atol=1e-4)
    assert not np.allclose(together[0], together[2], atol=0.01)


def test_no_photographs_have_no_maps() -> None:
    assert cells_of([]) == []


# ── photographs in tiles ───────────────────────────────────────────────────────────────────────────────────────────


class Near(nn.Module):
    """Convolutions to cells of 32 px that see less than 64 px around each, and a head that is not linear.

    It keeps the sizes of what it was given.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((3, 4, 6, 8, 8, 8)):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.hidden = nn.Linear(16, 8)
        self.last = nn.Linear(8, 2)
        self.sizes: list[tuple[int, ...]] = []

    def forward_features(self, inputs: Tensor) -> Tensor:
        self.sizes.append(tuple(inputs.shape))
        return self.layers(inputs)

    def forward_head(self, activation: Tensor) -> Tensor:
        pooled = torch.cat([activation.mean(dim=(2, 3)), activation.amax(dim=(2, 3))], dim=1)
        return self.last(torch.tanh(self.hidden(pooled)))


def near() -> Near:
    torch.manual_seed(8)  # neither kind of map is empty
    return Near().eval().requires_grad_(False)


def lit(height: int, width: int) -> np.ndarray:
    """A photograph whose light changes from place to place, so that its cells differ."""
    row, col = np.mgrid[:height, :width]
    levels = 128 + 60 * np.sin(row / 90) + 60 * np.cos(col / 70 + row / 200)
    noise = np.random.default_rng(height + width).integers(-7, 8, (height, width, 3))
    return (levels[..., None] + noise).astype(np.uint8)


@pytest.mark.parametrize("kind", ["gradcam", "gradcam++"])
@pytest.mark.parametrize("target", ["crack", "argmax"])
@pytest.mark.parametrize("size", [(300, 660), (385, 270), (700, 130)])
def test_tiles_give_the_map_of_the_whole(kind: cam.Kind, target: cam.Target, size: tuple[int, int]) -> None:
    image = lit(*size)
    (whole,) = cells_of([image], near(), kind=kind, target=target)
    (tiled,) = cells_of([image], near(), kind=kind, target=target, tile_px=128)
    assert whole.std() > 0.05
    assert np.isfinite(tiled).all()
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_without_the_margin_the_tiles_show(monkeypatch: pytest.MonkeyPatch) -> None:
    image = lit(700, 530)
    (whole,) = cells_of([image], near())
    monkeypatch.setattr(cam, "MARGIN_PX", 0)
    (tiled,) = cells_of([image], near(), tile_px=128)
    assert np.abs(tiled - whole).max() > 1e-3


def test_no_piece_is_larger_than_a_tile_and_its_margins() -> None:
    network = near()
    cells_of([lit(660, 780), lit(660, 780)], network, tile_px=128, batch_px=1 << 24)
    assert len(network.sizes) == 2 * 6 * 7
    assert all(size[0] == 1 and max(size[2:]) <= 128 + 2 * 256 for size in network.sizes)


def test_a_photograph_of_just_a_tiles_pixels_runs_whole() -> None:
    network = near()
    (found,) = cells_of([lit(128, 128)], network, tile_px=128)
    assert network.sizes == [(1, 3, 128, 128)]
    inputs = torch.from_numpy(lit(128, 128)).permute(2, 0, 1)[None] / 127.5 - 1
    wanted = head_maps(near(), inputs, kind="gradcam++", target="crack")[0]
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    cells_of([lit(128, 129)], network, tile_px=128)
    assert len(network.sizes) == 3


def test_large_and_small_photographs_keep_their_places() -> None:
    photographs = [lit(300, 200), lit(64, 90), lit(200, 300), lit(60, 96)]
    for found, image in zip(cells_of(photographs, near(), tile_px=128), photographs, strict=True):
        np.testing.assert_allclose(found, cells_of([image], near())[0], atol=1e-5)


def test_the_library_engine_refuses_what_needs_tiles() -> None:
    with pytest.raises(CrackpipeError, match=r"engine=library: a photograph of 130×128 px has more pixels .* to head"):
        cells_of([lit(130, 128)], engine="library", tile_px=128)
