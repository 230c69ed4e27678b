"""DeepCrack of Zou et al.: unpooling, the fusion at each scale and of the five scales."""

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from crackpipe.segment.networks.deepcrack_zou import DeepCrackZou


def network(*, encoder: str = "vgg16_bn") -> DeepCrackZou:
    torch.manual_seed(0)
    return DeepCrackZou(encoder=encoder, trunk=None, width=1 / 16).eval()


def watched(module: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """(input, output) of each later call."""
    calls: list[tuple[Tensor, Tensor]] = []
    module.register_forward_hook(lambda _module, inputs, output: calls.append((inputs[0], output)))
    return calls


def test_five_side_outputs_and_their_fusion_have_the_photographs_size() -> None:
    with torch.no_grad():
        maps = network()(torch.randn(2, 3, 32, 64))
    assert [tuple(one.shape) for one in maps] == [(2, 32, 64)] * 6


def test_side_outputs_are_ordered_from_fine_to_coarse() -> None:
    made = network()
    with torch.no_grad():
        for side, channels in zip(made.sides, (8, 12, 24, 48, 64), strict=True):
            assert side.in_channels == channels
            side.weight.zero_()
            side.bias.fill_(channels)
        maps = made(torch.randn(1, 3, 32, 32))
    assert [one.unique().tolist() for one in maps[:5]] == [[8], [12], [24], [48], [64]]


def test_the_fusion_weighs_the_side_outputs() -> None:
    made = network()
    weights = torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0])
    with torch.no_grad():
        made.fuse.weight.copy_(weights.view(1, 5, 1, 1))
        made.fuse.bias.fill_(0.25)
        *sides, fused = made(torch.randn(1, 3, 32, 32))
    expected = sum(weight * side for weight, side in zip(weights, sides, strict=True)) + 0.25
    torch.testing.assert_close(fused, expected, atol=1e-5, rtol=1e-5)


def test_the_decoder_gets_values_where_the_encoders_maxima_were_and_zeros_elsewhere() -> None:
    made = network()
    decoded = [watched(stage) for stage in made.decoder]
    fused = [watched(side) for side in made.sides]
    with torch.no_grad():
        made(torch.randn(1, 3, 32, 32))
    for number in range(5):
        encoded = fused[number][0][0][:, : made.encoder.channels[number]]
        coarser = decoded[number + 1][0][1] if number < 4 else max_pool2d(encoded, 2)
        unpooled = decoded[number][0][0]
        windows = unpooled.unfold(2, 2, 2).unfold(3, 2, 2).flatten(-2)
        assert ((windows != 0).sum(dim=-1) <= 1).all()
        torch.testing.assert_close(windows.sum(dim=-1), coarser, atol=0, rtol=0)
        maxima = max_pool2d(encoded, 2).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        assert (encoded == maxima)[unpooled != 0].all()


def test_each_scale_fuses_the_encoders_features_with_the_decoders() -> None:
    made = network()
    stages = [made.encoder.channels[number] for number in range(5)]
    decoded, fused = ([watched(one) for one in parts] for parts in (made.decoder, made.sides))
    features = inputs = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        made(inputs)
        for number in range(5):
            encoded = made.encoder.stage(number, features)
            found = fused[number][0][0]
            torch.testing.assert_close(found[:, : stages[number]], encoded)
            torch.testing.assert_close(found[:, stages[number] :], decoded[number][0][1])
            features = max_pool2d(encoded, 2)


def test_at_full_width_its_decoder_mirrors_vgg16() -> None:
    with torch.device("meta"):
        made = DeepCrackZou(encoder="vgg16", trunk=None, width=1.0)
    channels = [
        [layer.out_channels for layer in stage if isinstance(layer, nn.Conv2d)] for stage in reversed(made.decoder)
    ]
    assert channels == [[512, 512, 512], [512, 512, 256], [256, 256, 128], [128, 64], [64, 64]]


def test_without_batch_norm_in_the_encoder_there_is_none_in_the_decoder() -> None:
    with_norm, without = (
        sum(isinstance(layer, nn.BatchNorm2d) for layer in network(encoder=one).modules())
        for one in ("vgg16_bn", "vgg16")
    )
    assert (with_norm, without) == (26, 0)
