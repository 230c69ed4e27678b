"""Properties of all networks: shapes, gradients, equal bytes for equal seeds, and that they learn."""

import re
from collections.abc import Callable, Iterator

import pytest
import timm
import torch
from torch import Tensor

from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.segment.networks import catalogue

ENCODERS = {
    "unet": "test_efficientnet",
    "deepcrack_liu": "vgg16_bn",
    "deepcrack_zou": "vgg16_bn",
    "oed": "test_efficientnet",
}
SIDES = {"unet": 0, "deepcrack_liu": 5, "deepcrack_zou": 5, "oed": 4}
# kernels that torch.use_deterministic_algorithms(True) refuses on CUDA, or replaces by slow ones
REFUSED = (
    "Upsample(Linear|Bilinear|Bicubic)",
    "MaxUnpool",
    "Adaptive",
    "Reflection",
    "Replication",
    "Scatter",
    "Gather",
)

OTHERS = [name for name in catalogue.NETWORKS if name != "unet"]
every = pytest.mark.parametrize("name", catalogue.NETWORKS)


@pytest.fixture
def deterministic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")  # the other call loads torch's compiler, 3 s
    yield
    torch.set_deterministic_debug_mode("default")


def small(name: str, *, seed: int = 0, width: float = 1 / 8) -> catalogue.Network:
    torch.manual_seed(seed)
    return catalogue.create(name, encoder=ENCODERS[name], weights="none", width=width, trunk=None)


@every
def test_maps_are_logits_at_the_photographs_size(name: str) -> None:
    made = small(name).eval()
    height, width = made.multiple_px, 2 * made.multiple_px
    with torch.no_grad():
        maps = made(torch.randn(2, 3, height, width))
    assert [tuple(one.shape) for one in maps] == [(2, height, width)] * (SIDES[name] + 1)
    assert all(float(one.min()) < 0 or float(one.max()) > 1 for one in maps)


@every
def test_channels_last_and_in_bfloat16_the_maps_are_nearly_the_same(name: str) -> None:
    made, inputs = small(name).eval(), torch.randn(1, 3, 64, 64)
    runtime = Runtime(torch.device("cpu"), torch.bfloat16)
    with torch.inference_mode():
        expected = torch.stack(made(inputs))
        runtime.place(made)
        with runtime.autocast():
            maps = made(inputs.to(memory_format=torch.channels_last))
    assert [one.dtype for one in maps] == [torch.float32] * len(maps)
    found = torch.stack(maps)
    assert float((found - expected).norm() / expected.norm()) < 0.05


@every
def test_gradients_reach_every_parameter(name: str) -> None:
    made = small(name).eval()  # in training, batch norm takes away what a convolution's offset adds
    maps = made(torch.randn(2, 3, 64, 64))
    sum((one * torch.randn_like(one)).sum() for one in maps).backward()
    assert [key for key, value in made.named_parameters() if value.grad is None or not value.grad.any()] == []


@every
def test_the_prediction_alone_trains_the_encoder(name: str) -> None:
    made = small(name).eval()
    (made(torch.randn(1, 3, 64, 64))[-1] * torch.randn(1, 64, 64)).sum().backward()
    first = next(iter(made.parameters()))
    assert first.grad is not None
    assert first.grad.any()


@every
@pytest.mark.usefixtures("deterministic")
def test_equal_seeds_train_to_equal_bytes(name: str, train: Callable) -> None:
    states = []
    for seed in (1, 1, 2):
        made = small(name, seed=seed)
        train(made, steps=2)
        states.append(made.state_dict())
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert not all(torch.equal(value, states[2][key]) for key, value in states[0].items())


@pytest.mark.parametrize("name", ["unet", *(pytest.param(one, marks=pytest.mark.nightly) for one in OTHERS)])
def test_every_network_learns_two_cracks(name: str, cracks: tuple[Tensor, Tensor], train: Callable) -> None:
    made = small(name, width=1 / 8 if name.startswith("deepcrack") else 1 / 2)
    train(made, steps=40)
    inputs, label = cracks
    with torch.inference_mode():
        found = made(inputs)[-1] > 0
    truth = label > 0.5
    assert float((found & truth).sum() / (found | truth).sum()) > 0.9


@every
def test_no_step_of_training_needs_a_kernel_that_is_refused_on_cuda(name: str) -> None:
    loss = sum(one.sum() for one in small(name)(torch.randn(2, 3, 64, 64)))
    assert steps(loss, like=REFUSED) == set()


def test_a_refused_kernel_would_be_found() -> None:
    inputs = torch.randn(1, 1, 4, 4, requires_grad=True)
    up = torch.nn.functional.interpolate(inputs, scale_factor=2, mode="bilinear")
    pooled, places = torch.nn.functional.max_pool2d(inputs, 2, return_indices=True)
    loss = up.sum() + torch.nn.functional.max_unpool2d(pooled, places, 2).sum()
    assert len(steps(loss, like=REFUSED)) == 2


@every
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.usefixtures("deterministic")
def test_equal_seeds_train_to_equal_bytes_on_cuda(name: str) -> None:
    states = []
    for _run in range(2):
        made = small(name).cuda().train()
        optimise = torch.optim.SGD(made.parameters(), lr=1e-2)
        for _step in range(3):
            optimise.zero_grad()
            torch.manual_seed(7)
            sum(one.square().mean() for one in made(torch.randn(2, 3, 64, 64).cuda())).backward()
            optimise.step()
        states.append(made.state_dict())
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())


@pytest.mark.parametrize(("name", "encoder"), [("unet", "test_resnet"), ("oed", "test_resnet")])
def test_a_trained_classifiers_trunk_is_taken_over(name: str, encoder: str) -> None:
    trunk = timm.create_model(encoder, num_classes=2)
    made = catalogue.create(name, encoder=encoder, weights="classifier", width=1 / 8, trunk=trunk)
    own = [value for key, value in made.state_dict().items() if key.endswith("layer4.0.conv1.weight")]
    assert len(own) == 1
    assert torch.equal(own[0], trunk.layer4[0].conv1.weight)


def test_with_other_weights_the_classifier_is_not_looked_at() -> None:
    made = catalogue.create("unet", encoder="test_resnet", weights="none", width=1 / 8, trunk=torch.nn.Identity())
    assert made.multiple_px == 32


def test_width_scales_the_decoders() -> None:
    unet, oed = small("unet", width=0.5), small("oed", width=0.5)
    assert [block.conv2[0].out_channels for block in unet.net.decoder.blocks] == [128, 64, 32, 16, 8]
    assert [block.join[0].out_channels for block in oed.blocks] == [128, 64, 32, 16]


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(
        ModelError, match=r"segmenter 'segnet': .*expected one of unet, deepcrack_liu, deepcrack_zou, oed"
    ):
        catalogue.create("segnet", encoder="resnet18", weights="none", width=1.0, trunk=None)


def test_a_deepcrack_of_another_encoder_is_refused() -> None:
    with pytest.raises(ModelError, match=r"encoder 'resnet18': a DeepCrack is a VGG-16"):
        catalogue.create("deepcrack_zou", encoder="resnet18", weights="none", width=1.0, trunk=None)


@every
def test_sizes_that_do_not_fit_say_which_would(name: str) -> None:
    made = small(name)
    catalogue.check_size(made, height=made.multiple_px, width=3 * made.multiple_px)
    for height, width in [(65, 64), (64, 65), (8, 8)]:
        up = f"{-(-height // made.multiple_px) * made.multiple_px}×{-(-width // made.multiple_px) * made.multiple_px}"
        with pytest.raises(
            ModelError, match=rf"got photographs of {height}×{width} px .* of {made.multiple_px}; pad .*{up}"
        ):
            catalogue.check_size(made, height=height, width=width)


def steps(loss: Tensor, *, like: tuple[str, ...]) -> set[str]:
    """Names of the gradient's steps that match one of the patterns."""
    found, waiting = set(), [loss.grad_fn]
    seen = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if re.match("|".join(like), node.name()):
            found.add(node.name())
        waiting += [after for after, _ in node.next_functions]
    return found
