"""Towers built for another square than their own."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from open_clip.model import resize_pos_embed
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.transformer import VisionTransformer
from torch import nn

from crackpipe.clip.encoders import image_size
from crackpipe.errors import ModelError

SMALL: dict[str, Any] = {"patch_size": 14, "width": 8, "layers": 4, "heads": 2, "mlp_ratio": 2.0, "output_dim": 6}


def transformer(*, image_px: int) -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(image_size=image_px, **SMALL).eval()


def resnet(*, image_px: int) -> ModifiedResNet:
    torch.manual_seed(0)
    return ModifiedResNet(layers=[1, 1, 1, 1], output_dim=8, heads=2, image_size=image_px, width=8).eval()


def test_a_transformer_becomes_what_open_clip_builds_for_that_size() -> None:
    visual, wanted = transformer(image_px=56), transformer(image_px=98)
    weights = {f"visual.{name}": value for name, value in visual.state_dict().items()}
    resize_pos_embed(weights, SimpleNamespace(visual=wanted))
    wanted.load_state_dict({name.removeprefix("visual."): value for name, value in weights.items()})
    image_size.change(visual, side_px=98)
    assert image_size.image_px(visual) == 98
    inputs = torch.randn(2, 3, 98, 98)
    with torch.no_grad():
        torch.testing.assert_close(visual(inputs), wanted(inputs))


def test_a_resnets_pooling_is_resampled() -> None:
    visual = resnet(image_px=64)
    before = visual.attnpool.positional_embedding.detach().clone()
    image_size.change(visual, side_px=96)
    after = visual.attnpool.positional_embedding.detach()
    grid = before[1:].T.reshape(1, -1, 2, 2)
    larger = nn.functional.interpolate(grid, (3, 3), mode="bicubic", antialias=True)
    torch.testing.assert_close(after, torch.cat([before[:1], larger[0].flatten(1).T]))
    with torch.no_grad():
        assert visual(torch.randn(1, 3, 96, 96)).shape == (1, 8)


@pytest.mark.parametrize("name", ["test_convnext", "test_vit"])
def test_timms_towers_are_changed_too(name: str) -> None:
    visual = TimmModel(name, embed_dim=8, image_size=160, pool="" if "conv" in name else "token").eval()
    image_size.change(visual, side_px=96)
    assert image_size.image_px(visual) == 96
    with torch.no_grad():
        visual(torch.randn(1, 3, 96, 96))


def test_its_own_size_changes_nothing() -> None:
    visual = transformer(image_px=56)
    before = visual.positional_embedding
    image_size.change(visual, side_px=56)
    assert visual.positional_embedding is before


def test_a_side_between_two_patches_names_both_neighbours() -> None:
    with pytest.raises(ModelError) as caught:
        image_size.change(transformer(image_px=56), side_px=512)
    assert (
        str(caught.value)
        == "align_clip.image_px: got 512, but this model takes multiples of 14 px; nearest: 504 or 518"
    )


def test_a_side_below_one_patch_names_the_patch() -> None:
    with pytest.raises(ModelError, match=r"got 9, but this model takes multiples of 14 px; nearest: 14$"):
        image_size.change(transformer(image_px=56), side_px=9)


def test_a_tower_of_one_size_names_it() -> None:
    visual = TimmModel("test_resnet", embed_dim=8, image_size=64, pool="avg", proj="linear")
    with pytest.raises(ModelError, match=r"align_clip.image_px: got 96, but this model's image tower takes 64 px only"):
        image_size.change(visual, side_px=96)


def test_the_size_of_training_is_told_by_the_positions() -> None:
    small, large = transformer(image_px=56), transformer(image_px=98)
    assert image_size.trained_px(small, large.state_dict(), prefix="") == 98
    assert image_size.trained_px(resnet(image_px=64), resnet(image_px=96).state_dict(), prefix="") == 96
    assert image_size.trained_px(small, {}, prefix="") is None
    assert image_size.trained_px(small, {"positional_embedding": torch.ones(7, 8)}, prefix="") is None
