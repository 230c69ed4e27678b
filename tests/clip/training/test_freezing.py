"""Parts of encoders: what each choice of freezing trains, and images before and after the projection."""

from typing import Literal

import pytest
import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import freezing
from crackpipe.compute.runtime import Runtime

ALWAYS = {"projection.weight", "projection.bias", "text.text_projection", "log_scale"}


@pytest.fixture(scope="module")
def named() -> OpenClipEncoder:
    torch.manual_seed(0)
    return OpenClipEncoder("ViT-S-32-alt", weights="none").eval()


def names(encoder: DualEncoder | OpenClipEncoder, *, prefix: str) -> set[str]:
    return {name for name, _ in encoder.named_parameters() if name.startswith(prefix)}


def test_projections_and_temperature_are_trained_alone_where_no_block_is(encoder: DualEncoder) -> None:
    trained = freezing.thaw(encoder, freeze="blocks", train_blocks=0)
    assert set(trained) == ALWAYS
    assert {name for name, parameter in encoder.named_parameters() if parameter.requires_grad} == ALWAYS


@pytest.mark.parametrize(
    ("freeze", "prefixes"), [("image", ["text."]), ("text", ["trunk."]), ("none", ["trunk.", "text."])]
)
def test_whole_towers_are_frozen_by_name(
    encoder: DualEncoder, freeze: Literal["image", "text", "none"], prefixes: list[str]
) -> None:
    towers = {name for prefix in prefixes for name in names(encoder, prefix=prefix)}
    assert set(freezing.thaw(encoder, freeze=freeze, train_blocks=1)) == towers | ALWAYS


def test_the_last_block_of_a_trunk_is_its_last_stage_with_what_follows(encoder: DualEncoder) -> None:
    trained = set(freezing.thaw(encoder, freeze="blocks", train_blocks=1)) - ALWAYS
    seen = {name for name in trained if name.startswith("trunk.")}
    assert seen == {name for name in names(encoder, prefix="trunk.") if "blocks.4." in name or "head" in name} | {
        "trunk.bn2.weight",
        "trunk.bn2.bias",
    }
    assert {name for name in trained if not name.startswith("trunk.")} == names(
        encoder, prefix="text.transformer.resblocks.0."
    ) | {"text.ln_final.weight", "text.ln_final.bias"}


def test_more_blocks_than_there_are_train_everything(encoder: DualEncoder) -> None:
    assert len(freezing.thaw(encoder, freeze="blocks", train_blocks=99)) == len(list(encoder.parameters()))


def test_a_choice_replaces_the_one_before(encoder: DualEncoder) -> None:
    freezing.thaw(encoder, freeze="none", train_blocks=0)
    freezing.thaw(encoder, freeze="blocks", train_blocks=0)
    assert not any(parameter.requires_grad for parameter in encoder.trunk.parameters())


def test_a_vision_transformers_last_blocks_end_with_its_norm(named: OpenClipEncoder) -> None:
    trained = set(freezing.thaw(named, freeze="blocks", train_blocks=2))
    visual, text = len(named.model.visual.transformer.resblocks), len(named.model.transformer.resblocks)
    wanted = {"model.visual.proj", "model.text_projection", "model.logit_scale"}
    for prefix, count in (("model.visual.transformer.resblocks.", visual), ("model.transformer.resblocks.", text)):
        wanted |= names(named, prefix=f"{prefix}{count - 1}.") | names(named, prefix=f"{prefix}{count - 2}.")
    assert trained == wanted | names(named, prefix="model.visual.ln_post.") | names(named, prefix="model.ln_final.")


def test_embedding_layers_come_before_the_first_block(named: OpenClipEncoder) -> None:
    """The image tower has 12 blocks, the text tower 10."""
    everything = {name for name, _ in named.named_parameters()}
    rest = everything - set(freezing.thaw(named, freeze="blocks", train_blocks=12))
    image = {"class_embedding", "positional_embedding", "conv1.weight", "ln_pre.weight", "ln_pre.bias"}
    assert rest == {f"model.visual.{name}" for name in image}
    rest = everything - set(freezing.thaw(named, freeze="blocks", train_blocks=10))
    text = {name for name in rest if not name.startswith("model.visual.")}
    assert text == {"model.positional_embedding", "model.token_embedding.weight"}


@pytest.mark.parametrize(("freeze", "kept"), [("image", True), ("blocks", False), ("text", False), ("none", False)])
def test_images_can_be_kept_where_no_block_of_their_tower_is_trained(
    encoder: DualEncoder, named: OpenClipEncoder, freeze: freezing.Freeze, kept: bool
) -> None:
    for each in (encoder, named):
        freezing.thaw(each, freeze=freeze, train_blocks=1)
        assert freezing.image_kept(each) == kept


def test_features_and_projection_together_are_the_image_embedding(
    encoder: DualEncoder, named: OpenClipEncoder, runtime: Runtime
) -> None:
    for each, side in ((encoder, 64), (named, named.image_px)):
        pixels = torch.randint(
            0, 256, (2, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
        )
        inputs = each.prepare(pixels, runtime)
        with torch.no_grad():
            seen = freezing.features(each, inputs)
            assert seen.shape == (2, freezing.feature_width(each))
            torch.testing.assert_close(freezing.projected(each, seen), each.image_embedding(inputs))


def test_a_projection_that_was_left_out_is_there_again(named: OpenClipEncoder, runtime: Runtime) -> None:
    before = list(named.state_dict())
    with torch.no_grad():
        freezing.features(named, torch.zeros(1, 3, named.image_px, named.image_px))
    assert list(named.state_dict()) == before


def test_biases_norms_and_the_temperature_do_not_decay(encoder: DualEncoder) -> None:
    trained = freezing.thaw(encoder, freeze="none", train_blocks=0)
    decaying, rest = freezing.optimiser(trained, lr=0.1, weight_decay=0.3).param_groups
    assert (decaying["weight_decay"], rest["weight_decay"]) == (0.3, 0.0)
    by_id = {id(parameter): name for name, parameter in trained.items()}
    spared = {by_id[id(parameter)] for parameter in rest["params"]}
    assert {"log_scale", "projection.bias", "text.ln_final.weight", "trunk.bn1.weight"} <= spared
    assert not any(name.endswith(("conv1.weight", "in_proj_weight", "text_projection")) for name in spared)
    assert len(spared) + len(decaying["params"]) == len(trained)


def test_the_temperature_is_the_encoders_own(encoder: DualEncoder, named: OpenClipEncoder) -> None:
    assert freezing.log_scale(encoder) is encoder.log_scale
    assert freezing.log_scale(named) is named.model.logit_scale
