"""DeepCrack of Liu et al.: its side outputs and their fusion."""

import torch
from torch import nn
from torch.nn.functional import interpolate

from crackpipe.segment.networks.deepcrack_liu import DeepCrackLiu


def network(*, width: float = 1 / 16) -> DeepCrackLiu:
    torch.manual_seed(0)
    return DeepCrackLiu(encoder="vgg16_bn", trunk=None, width=width).eval()


def test_five_side_outputs_and_their_fusion_have_the_photographs_size() -> None:
    with torch.no_grad():
        maps = network()(torch.randn(2, 3, 32, 48))
    assert [tuple(one.shape) for one in maps] == [(2, 32, 48)] * 6


def test_the_fusion_begins_as_the_mean_of_the_side_outputs() -> None:
    with torch.no_grad():
        *sides, fused = network()(torch.randn(1, 3, 32, 32))
    torch.testing.assert_close(fused, torch.stack(sides).mean(dim=0))


def test_with_offsets_alone_the_fusion_is_computed_by_hand() -> None:
    made = network()
    with torch.no_grad():
        for weight in made.parameters():
            weight.zero_()
        for number, side in enumerate(made.sides):
            side.bias.fill_(number + 1)
        made.fuse.weight.copy_(torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0]).view(1, 5, 1, 1))
        made.fuse.bias.fill_(0.25)
        maps = made(torch.randn(1, 3, 16, 16))
    assert [one.unique().tolist() for one in maps[:5]] == [[1], [2], [3], [4], [5]]
    assert maps[5].unique().tolist() == [1 - 2 * 2 + 0.5 * 3 + 3 * 5 + 0.25]


def test_the_coarsest_side_output_sees_one_value_for_sixteen_pixels() -> None:
    made = network()
    seen = []
    made.sides[4].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    with torch.no_grad():
        maps = made(torch.randn(1, 3, 64, 64))
    assert seen[0].shape == (1, 1, 4, 4)
    expected = interpolate(seen[0], scale_factor=16, mode="bilinear", align_corners=False)
    torch.testing.assert_close(maps[4], expected[:, 0], atol=1e-5, rtol=1e-5)


def test_at_full_width_it_has_vgg16s_convolutions() -> None:
    with torch.device("meta"):
        made = DeepCrackLiu(encoder="vgg16", trunk=None, width=1.0)
    convolutions = [layer for layer in made.encoder.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert sum(weight.numel() for weight in made.encoder.parameters()) == 14_714_688  # VGG-16 without its top
