"""What is used of open_clip: stage tokens against forward hooks, and errors that name the parameter."""

from pathlib import Path

import pytest
import torch
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import VisionTransformer
from safetensors.torch import save_file
from torch import Tensor, nn

from crackpipe.clip import towers
from crackpipe.errors import ModelError

SMALLEST = "ViT-S-32-alt"


def tower(*, image_px: int | tuple[int, int] = 32, layers: int = 8) -> VisionTransformer:
    """A vision transformer of 8 px patches, whose random weights tell places and channels apart."""
    torch.manual_seed(0)
    visual = VisionTransformer(
        image_size=image_px, patch_size=8, width=24, layers=layers, heads=2, mlp_ratio=2.0, output_dim=6
    )
    for parameter in visual.parameters():
        nn.init.normal_(parameter, std=0.3)
    return visual.eval()


def hooked(visual: VisionTransformer, inputs: Tensor, *, after: list[int]) -> list[Tensor]:
    """Outputs of some blocks (1 = first) during the tower's own forward pass, class token dropped."""
    kept: dict[int, Tensor] = {}
    handles = [
        visual.transformer.resblocks[number - 1].register_forward_hook(
            lambda _module, _inputs, output, number=number: kept.update({number: output})
        )
        for number in after
    ]
    with torch.no_grad():
        visual(inputs)
    for handle in handles:
        handle.remove()
    return [kept[number][:, 1:] for number in after]


@pytest.mark.parametrize(("layers", "after"), [(4, [1, 2, 3, 4]), (8, [2, 4, 6, 8]), (12, [3, 6, 9, 12])])
def test_stage_tokens_are_what_hooks_see_after_each_quarter(layers: int, after: list[int]) -> None:
    visual, inputs = tower(layers=layers), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        found = towers.vit_stage_tokens(visual, inputs)
    assert [tuple(one.shape) for one in found] == [(2, 24, 4, 4)] * 4
    for one, wanted in zip(found, hooked(visual, inputs, after=after), strict=True):
        torch.testing.assert_close(one.flatten(2).transpose(1, 2), wanted, atol=1e-4, rtol=1e-4)


def test_at_another_size_the_position_embeddings_are_resampled() -> None:
    """Against a twin built for the larger size, with embeddings resampled by hand."""
    visual, twin = tower(image_px=32), tower(image_px=(48, 64))
    weights = visual.state_dict()
    first, grid = weights["positional_embedding"][:1], weights["positional_embedding"][1:]
    square = grid.T.reshape(1, 24, 4, 4)
    larger = nn.functional.interpolate(square, (6, 8), mode="bicubic", antialias=True)
    twin.load_state_dict(weights | {"positional_embedding": torch.cat([first, larger[0].flatten(1).T])})
    inputs = torch.randn(1, 3, 48, 64)
    with torch.no_grad():
        found = towers.vit_stage_tokens(visual, inputs)
    for one, wanted in zip(found, hooked(twin, inputs, after=[2, 4, 6, 8]), strict=True):
        torch.testing.assert_close(one.flatten(2).transpose(1, 2), wanted, atol=1e-4, rtol=1e-4)


def test_a_token_map_keeps_rows_and_columns_apart() -> None:
    visual, inputs = tower(), torch.zeros(1, 3, 16, 40)
    with torch.no_grad():
        plain = towers.vit_stage_tokens(visual, inputs)[0]
        inputs[0, :, 8:16, 24:32] = 9.0
        moved = (towers.vit_stage_tokens(visual, inputs)[0] - plain).abs().sum(dim=1)[0]
    assert tuple(moved.shape) == (2, 5)
    assert int(moved.argmax()) == 1 * 5 + 3


def test_a_convolutional_tower_has_no_stage_tokens() -> None:
    visual = ModifiedResNet(layers=[1, 1, 1, 1], output_dim=8, heads=2, image_size=32, width=8)
    with pytest.raises(
        ModelError,
        match=r"align_clip.open_clip_model: its image tower is a ModifiedResNet, but stage tokens need a ViT",
    ):
        towers.vit_stage_tokens(visual, torch.zeros(1, 3, 32, 32))


def test_token_ids_are_padded_with_zeros_and_cut_at_the_context() -> None:
    short, long = towers.tokenize(["crack", "crack " * 60])
    assert short.shape == (towers.CONTEXT,)
    assert short[0] == long[0]  # start
    assert (short[3:] == 0).all()
    assert (long != 0).all()
    assert short[2] == long[-1]  # end
    assert towers.tokenize(["crack"], context=77).shape == (1, 77)


def test_a_text_tower_turns_ids_into_joint_embeddings() -> None:
    text = towers.text_tower(width=64, layers=2, joint_width=10)
    assert text(towers.tokenize(["a", "b", "c"])).shape == (3, 10)


def test_an_unknown_model_names_the_parameter_and_the_nearest() -> None:
    with pytest.raises(ModelError) as caught:
        towers.whole_model("ViT-L-41", pretrained="none")
    assert str(caught.value).startswith("align_clip.open_clip_model: 'ViT-L-41' is unknown to open_clip; nearest: ")
    assert "ViT-L-14" in str(caught.value)


def test_an_unknown_tag_names_the_parameter_and_the_nearest() -> None:
    with pytest.raises(ModelError) as caught:
        towers.whole_model("ViT-L-14", pretrained="laion2b")
    text = str(caught.value)
    assert text.startswith("align_clip.weights: ViT-L-14 has no weights named 'laion2b'; nearest: ")
    assert "laion2b_s32b_b82k" in text
    assert text.endswith("or name a .safetensors file, or none")


def test_a_model_without_any_tag_says_so_and_offers_a_file() -> None:
    with pytest.raises(ModelError, match=r"align_clip.weights: ViT-S-32-alt has no weights named 'openai'.*or none"):
        towers.whole_model(SMALLEST, pretrained="openai")


def test_weights_that_were_trained_with_another_activation_are_refused() -> None:
    """OpenAI's weights want QuickGELU; open_clip itself only warns, and every token would be a little wrong."""
    with pytest.raises(ModelError) as caught:
        towers.whole_model("ViT-L-14", pretrained="openai")
    assert str(caught.value) == (
        "align_clip.open_clip_model: the weights openai of ViT-L-14 were trained with another activation (QuickGELU) "
        "than ViT-L-14 has; set align_clip.open_clip_model to ViT-L-14-quickgelu"
    )


def test_a_missing_weights_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone.safetensors: cannot be read as safetensors"):
        towers.whole_model(SMALLEST, pretrained=str(tmp_path / "gone.safetensors"))


def test_weights_of_another_architecture_are_refused_by_name(tmp_path: Path) -> None:
    save_file({"other": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=r"align_clip.weights=.*other.safetensors: weights of another architecture"):
        towers.whole_model(SMALLEST, pretrained=str(tmp_path / "other.safetensors"))
