"""Stage tokens of every kind of image tower against forward hooks on the tower itself."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import open_clip
import pytest
import torch
from open_clip.model import resize_pos_embed
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn

from crackpipe.clip.encoders import attention, stage_tokens
from crackpipe.errors import ModelError

SMALL: dict[str, Any] = {"patch_size": 8, "width": 24, "heads": 2, "mlp_ratio": 2.0, "output_dim": 6}


def tower(*, image_px: int | tuple[int, int] = 32, layers: int = 8) -> VisionTransformer:
    """A vision transformer of 8 px patches, whose random weights tell places and channels apart."""
    torch.manual_seed(0)
    visual = VisionTransformer(image_size=image_px, layers=layers, **SMALL)
    return shaken(visual)


def shaken(visual: nn.Module) -> Any:
    """Random weights throughout: towers begin with zeros in places that then could be mixed up."""
    torch.manual_seed(1)
    for parameter in visual.parameters():
        nn.init.normal_(parameter, std=0.3)
    return visual.eval()


def by_name(name: str, *, image_px: int) -> VisionTransformer:
    """The image tower of an open_clip model, without its text tower."""
    settings = open_clip.get_model_config(name)
    own = settings["vision_cfg"]
    sizes = {"patch_size": own["patch_size"], "width": own["width"], "layers": own["layers"]}
    heads = own["width"] // 64
    return VisionTransformer(
        image_size=image_px, heads=heads, mlp_ratio=4.0, output_dim=settings["embed_dim"], **sizes
    ).eval()


def hooked(network: nn.Module, inputs: Tensor, parts: Sequence[nn.Module]) -> list[Tensor]:
    """Outputs of some parts during the network's own forward pass."""
    kept: dict[int, Tensor] = {}
    handles = [
        part.register_forward_hook(lambda _part, _given, output, place=place: kept.update({place: output.clone()}))
        for place, part in enumerate(parts)
    ]
    with torch.no_grad():
        network(inputs)
    for handle in handles:
        handle.remove()
    return [kept[place] for place in range(len(parts))]


def as_tokens(maps: Sequence[Tensor]) -> list[Tensor]:
    return [one.flatten(2).transpose(1, 2) for one in maps]


def assert_alike(actual: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("layers", "after"), [(4, [1, 2, 3, 4]), (8, [2, 4, 6, 8]), (12, [3, 6, 9, 12])])
def test_stage_tokens_are_those_of_hooks_after_each_quarter(layers: int, after: list[int]) -> None:
    visual, inputs = tower(layers=layers), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        maps = stage_tokens.reader(visual).read(inputs)
    assert [tuple(one.shape) for one in maps] == [(2, 24, 4, 4)] * 4
    seen = hooked(visual, inputs, [visual.transformer.resblocks[number - 1] for number in after])
    assert_alike(as_tokens(maps), [one[:, 1:] for one in seen])


def assert_as_hooks_see(name: str, *, own_px: int, side_px: int, after: list[int]) -> None:
    """At ``side_px``, against a twin of that size with the same weights and open_clip's own resampled positions."""
    torch.manual_seed(0)
    visual = by_name(name, image_px=own_px)
    with torch.device("meta"):
        twin = by_name(name, image_px=side_px)
    weights = {f"visual.{key}": value for key, value in visual.state_dict().items()}
    resize_pos_embed(weights, SimpleNamespace(visual=twin))
    twin.load_state_dict({key.removeprefix("visual."): value for key, value in weights.items()}, assign=True)
    attention.replace_self_attention(visual)
    inputs = torch.randn(1, 3, side_px, side_px)
    with torch.no_grad():
        maps = stage_tokens.reader(visual).read(inputs)
    seen = hooked(twin, inputs, [twin.transformer.resblocks[number - 1] for number in after])
    assert_alike(as_tokens(maps), [one[:, 1:] for one in seen])


def test_vit_b_32_at_another_size_has_the_tokens_that_hooks_see() -> None:
    assert_as_hooks_see("ViT-B-32", own_px=224, side_px=160, after=[3, 6, 9, 12])


@pytest.mark.nightly
def test_vit_l_14_at_518_px_has_the_tokens_that_hooks_see() -> None:
    """CrackCLIP's encoder: 37 × 37 tokens after blocks 6, 12, 18 and 24."""
    assert_as_hooks_see("ViT-L-14", own_px=224, side_px=518, after=[6, 12, 18, 24])


def test_at_another_size_the_position_embeddings_are_resampled() -> None:
    """Rows and columns apart: against a twin built for the larger size, with embeddings resampled by hand."""
    visual, twin = tower(image_px=32), tower(image_px=(48, 64))
    weights = visual.state_dict()
    first, grid = weights["positional_embedding"][:1], weights["positional_embedding"][1:]
    square = grid.T.reshape(1, 24, 4, 4)
    larger = nn.functional.interpolate(square, (6, 8), mode="bicubic", antialias=True)
    twin.load_state_dict(weights | {"positional_embedding": torch.cat([first, larger[0].flatten(1).T])})
    inputs = torch.randn(1, 3, 48, 64)
    with torch.no_grad():
        maps = stage_tokens.reader(visual).read(inputs)
    seen = hooked(twin, inputs, [twin.transformer.resblocks[number] for number in (1, 3, 5, 7)])
    assert_alike(as_tokens(maps), [one[:, 1:] for one in seen])


def test_a_token_map_keeps_rows_and_columns_apart() -> None:
    read, inputs = stage_tokens.reader(tower()).read, torch.zeros(1, 3, 16, 40)
    with torch.no_grad():
        plain = read(inputs)[0]
        inputs[0, :, 8:16, 24:32] = 9.0
        moved = (read(inputs)[0] - plain).abs().sum(dim=1)[0]
    assert tuple(moved.shape) == (2, 5)
    assert int(moved.argmax()) == 1 * 5 + 3


def test_maps_of_a_resnet_are_the_outputs_of_its_four_layers() -> None:
    visual = shaken(ModifiedResNet(layers=[1, 2, 1, 1], output_dim=8, heads=2, image_size=64, width=8))
    inputs = torch.randn(2, 3, 64, 64)
    reader = stage_tokens.reader(visual)
    with torch.no_grad():
        maps = reader.read(inputs)
    assert [tuple(one.shape[1:]) for one in maps] == [(32, 16, 16), (64, 8, 8), (128, 4, 4), (256, 2, 2)]
    assert (reader.widths, reader.multiple_px) == ((32, 64, 128, 256), 32)
    assert_alike(maps, hooked(visual, inputs, [visual.layer1, visual.layer2, visual.layer3, visual.layer4]))


def test_maps_of_a_convnext_are_the_outputs_of_its_four_stages() -> None:
    visual = shaken(TimmModel("test_convnext", embed_dim=8, image_size=64, pool="", proj="linear"))
    inputs = torch.randn(2, 3, 64, 96)
    reader = stage_tokens.reader(visual)
    with torch.no_grad():
        maps = reader.read(inputs)
    assert reader.multiple_px == 32
    assert [tuple(one.shape[1:]) for one in maps] == [
        (width, 64 // step, 96 // step) for width, step in zip(reader.widths, (4, 8, 16, 32), strict=True)
    ]
    assert_alike(maps, hooked(visual.trunk, inputs, list(visual.trunk.stages)))


def test_a_timm_transformer_has_the_same_interface_at_any_size() -> None:
    """Against timm's own change of the input size."""
    visual = TimmModel("vit_tiny_patch16_224", embed_dim=8, image_size=224, pool="token", proj="linear").eval()
    inputs = torch.randn(1, 3, 64, 96)
    reader = stage_tokens.reader(visual)
    with torch.no_grad():
        maps = reader.read(inputs)
    assert (reader.widths, reader.multiple_px) == ((192,) * 4, 16)
    assert [tuple(one.shape) for one in maps] == [(1, 192, 4, 6)] * 4
    visual.trunk.set_input_size((64, 96))
    seen = hooked(visual.trunk, inputs, [visual.trunk.blocks[number] for number in (2, 5, 8, 11)])
    assert_alike(as_tokens(maps), [one[:, 1:] for one in seen])


def test_a_tower_without_stages_says_which_have_them() -> None:
    visual = TimmModel("test_resnet", embed_dim=8, image_size=64, pool="avg", proj="linear")
    with pytest.raises(ModelError) as caught:
        stage_tokens.reader(visual)
    text = str(caught.value)
    assert text.startswith(
        "align_clip.open_clip_model: its image tower is a ResNet, which gives embeddings but no stage"
    )
    assert text.endswith("and plain vision transformers (ViT-B-16-SigLIP …)")


def test_tokens_of_half_precision_come_out_in_float32() -> None:
    visual, inputs = tower(layers=4), torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        exact = stage_tokens.reader(visual).read(inputs)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = stage_tokens.reader(visual).read(inputs)
    for one, other in zip(rough, exact, strict=True):
        assert one.dtype == torch.float32
        assert nn.functional.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.98
