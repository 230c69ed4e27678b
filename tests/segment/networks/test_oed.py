"""OED: its gates, its residual blocks and its side outputs."""

import math

import pytest
import timm
import torch
from torch import nn

from crackpipe.errors import ModelError
from crackpipe.models import backbones
from crackpipe.segment.networks.oed import AttentionGate, DecoderBlock, Oed


def network(*, gates: bool = True) -> Oed:
    torch.manual_seed(0)
    return Oed(encoder="test_efficientnet", trunk=None, width=1 / 16, gates=gates).eval()


def gate() -> AttentionGate:
    torch.manual_seed(0)
    return AttentionGate(skip=4, coarse=6)


def dot(first: list[float], second: list[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def test_four_side_outputs_and_the_prediction_have_the_photographs_size() -> None:
    with torch.no_grad():
        maps = network()(torch.randn(2, 3, 32, 64))
    assert [tuple(one.shape) for one in maps] == [(2, 32, 64)] * 5


def test_side_outputs_are_ordered_from_fine_to_coarse() -> None:
    made = network()
    with torch.no_grad():
        for number, side in enumerate(made.sides):  # coarsest first, as the decoder goes
            side.weight.zero_()
            side.bias.fill_(number)
        maps = made(torch.randn(1, 3, 32, 32))
    assert [one.unique().tolist() for one in maps[:4]] == [[3], [2], [1], [0]]


@pytest.mark.parametrize(("offset", "share"), [(-100.0, 0.0), (100.0, 1.0), (0.0, 0.5)])
def test_a_gate_closes_and_opens(offset: float, share: float) -> None:
    made, skip = gate(), torch.randn(2, 4, 6, 4)
    with torch.no_grad():
        made.opening.weight.zero_()
        made.opening.bias.fill_(offset)
        found = made(torch.randn(2, 6, 3, 2), skip)
    torch.testing.assert_close(found, share * skip)


def test_a_gate_is_additive_attention_in_plain_numbers() -> None:
    made = gate()
    coarse, skip = torch.randn(1, 6, 2, 3), torch.randn(1, 4, 4, 6)
    with torch.no_grad():
        found = made(coarse, skip)
    of_skip, of_coarse = made.of_skip.weight.flatten(1).tolist(), made.of_coarse.weight.flatten(1).tolist()
    offsets, opening = made.of_coarse.bias.tolist(), made.opening.weight.flatten().tolist()
    for row in range(4):
        for col in range(6):
            fine, rough = skip[0, :, row, col].tolist(), coarse[0, :, row // 2, col // 2].tolist()
            asked = [
                max(0.0, dot(a, fine) + dot(b, rough) + offset)
                for a, b, offset in zip(of_skip, of_coarse, offsets, strict=True)
            ]
            share = 1 / (1 + math.exp(-dot(opening, asked) - made.opening.bias.item()))
            assert found[0, :, row, col].tolist() == pytest.approx([share * one for one in fine], abs=1e-5)


def test_the_coarse_features_decide_where_a_gate_opens() -> None:
    made = gate()
    coarse = torch.zeros(1, 6, 1, 2)
    coarse[..., 1] = 1
    with torch.no_grad():
        made.of_skip.weight.zero_()
        made.of_coarse.weight.fill_(1)
        made.of_coarse.bias.zero_()
        made.opening.weight.fill_(10)
        made.opening.bias.fill_(-50)
        found = made(coarse, torch.ones(1, 4, 2, 4))
    assert found[0, 0].round().tolist() == [[0, 0, 1, 1]] * 2


def test_a_closed_gate_hides_the_skip_from_its_block() -> None:
    torch.manual_seed(0)
    block = DecoderBlock(coarse=6, skip=4, channels=5, gate=True).eval()
    coarse = torch.randn(1, 6, 2, 2)
    with torch.no_grad():
        first, second = (block(coarse, torch.randn(1, 4, 4, 4)) for _ in range(2))
        assert not torch.allclose(first, second)
        block.gate.opening.bias.fill_(-1000)
        first, second = (block(coarse, torch.randn(1, 4, 4, 4)) for _ in range(2))
    torch.testing.assert_close(first, second)


def test_residual_blocks_without_weights_let_features_pass() -> None:
    torch.manual_seed(0)
    block = DecoderBlock(coarse=6, skip=4, channels=5, gate=False).eval()
    joined = []
    block.join.register_forward_hook(lambda _module, _inputs, output: joined.append(output))
    with torch.no_grad():
        for weight in block.residuals.parameters():
            weight.zero_()
        found = block(torch.randn(1, 6, 2, 2), torch.randn(1, 4, 4, 4))
    torch.testing.assert_close(found, joined[0])


def test_without_gates_it_is_the_published_decoder() -> None:
    assert not any(isinstance(module, AttentionGate) for module in network(gates=False).modules())
    assert sum(isinstance(module, AttentionGate) for module in network().modules()) == 4
    with torch.device("meta"):
        made = Oed(encoder="tf_efficientnet_b5", trunk=None, width=1.0, gates=False)
    assert [block.join[0].out_channels for block in made.blocks] == [256, 128, 64, 32]
    assert [layer.out_channels for layer in made.last if isinstance(layer, nn.Conv2d)] == [16, 16]


def test_the_packages_weights_reach_the_encoder() -> None:
    trunk = backbones.create("tf_efficientnet_lite0", classes=2, weights="package")
    own = Oed(encoder="tf_efficientnet_lite0", trunk=trunk, width=1 / 16).encoder.state_dict()
    expected = trunk.state_dict()
    assert len(own) > 200
    assert all(torch.equal(value, expected[name]) for name, value in own.items())


def test_a_classifier_of_another_architecture_is_refused() -> None:
    trained = timm.create_model("test_resnet", num_classes=2)
    with pytest.raises(ModelError, match=r"encoder test_efficientnet: the pretrained trunk is of another architecture"):
        Oed(encoder="test_efficientnet", trunk=trained, width=1 / 16)


@pytest.mark.parametrize("encoder", ["test_vit", "vit_tiny_patch16_224"])
def test_an_encoder_with_other_strides_is_refused(encoder: str) -> None:
    said = (
        rf"encoder {encoder}: OED needs its features at strides \[2, 4, 8, 16, 32\], .*, got \[.*; set encoder to one"
    )
    with torch.device("meta"), pytest.raises(ModelError, match=said):
        Oed(encoder=encoder, trunk=None, width=1 / 16)


def test_an_encoder_with_channels_last_is_refused() -> None:
    said = (
        r"encoder swin_tiny_patch4_window7_224: OED needs features as \(channel, row, column\), got .*NHWC; set encoder"
    )
    with torch.device("meta"), pytest.raises(ModelError, match=said):
        Oed(encoder="swin_tiny_patch4_window7_224", trunk=None, width=1 / 16)


@pytest.mark.parametrize("gates", [True, False])
@pytest.mark.parametrize(("encoder", "skips"), [("test_resnet", 4), ("test_convnext", 3), ("mobilenetv3_small_050", 4)])
def test_other_encoders_take_part_with_the_strides_that_they_have(encoder: str, skips: int, gates: bool) -> None:
    torch.manual_seed(0)
    made = Oed(encoder=encoder, trunk=None, width=1 / 16, gates=gates).eval()
    with torch.no_grad():
        maps = made(torch.randn(1, 3, 64, 32))
    assert [tuple(one.shape) for one in maps] == [(1, 64, 32)] * 5
    assert sum(isinstance(module, AttentionGate) for module in made.modules()) == gates * skips
    assert sum(stride < 32 for stride in made.strides) == skips


def test_of_a_vgg_the_features_at_full_resolution_are_left_out() -> None:
    with torch.device("meta"):
        made = Oed(encoder="vgg16_bn", trunk=None, width=1 / 16)
        maps = made(torch.zeros(1, 3, 64, 64))
    assert made.strides == [2, 4, 8, 16, 32]
    assert [tuple(one.shape) for one in maps] == [(1, 64, 64)] * 5


@pytest.mark.slow
@pytest.mark.parametrize("gates", [True, False])
def test_on_efficientnet_b5_as_published_it_maps_a_window(gates: bool) -> None:
    torch.manual_seed(0)
    made = Oed(encoder="tf_efficientnet_b5", trunk=None, width=1.0, gates=gates).eval()
    with torch.no_grad():
        maps = made(torch.randn(1, 3, 64, 64))
    assert [tuple(one.shape) for one in maps] == [(1, 64, 64)] * 5
    assert all(one.isfinite().all() for one in maps)
