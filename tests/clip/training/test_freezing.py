"""Parameters that each choice of freezing trains, and the image towers that it leaves frozen."""

from typing import Literal

import pytest
import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import freezing

ALWAYS = {"projection.weight", "projection.bias", "text.text_projection", "log_scale"}


@pytest.fixture(scope="module")
def named() -> OpenClipEncoder:
    torch.manual_seed(0)
    return OpenClipEncoder("ViT-S-32-alt", weights="none").eval()


def names(encoder: TrainableEncoder, *, prefix: str) -> set[str]:
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
    image = {name for name in trained if name.startswith("trunk.")}
    assert image == {name for name in names(encoder, prefix="trunk.") if "blocks.4." in name or "head" in name} | {
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


@pytest.mark.parametrize(("freeze", "frozen"), [("image", True), ("blocks", False), ("text", False), ("none", False)])
def test_an_image_tower_is_frozen_where_none_of_its_blocks_is_trained(
    encoder: DualEncoder, named: OpenClipEncoder, freeze: freezing.Freeze, frozen: bool
) -> None:
    for each in (encoder, named):
        freezing.thaw(each, freeze=freeze, train_blocks=1)
        assert freezing.image_tower_frozen(each) == frozen


def test_biases_norms_and_the_temperature_do_not_decay(encoder: DualEncoder) -> None:
    trained = freezing.thaw(encoder, freeze="none", train_blocks=0)
    decaying, rest = freezing.optimiser(trained, lr=0.1, weight_decay=0.3).param_groups
    assert (decaying["weight_decay"], rest["weight_decay"]) == (0.3, 0.0)
    by_id = {id(parameter): name for name, parameter in trained.items()}
    spared = {by_id[id(parameter)] for parameter in rest["params"]}
    assert {"log_scale", "projection.bias", "text.ln_final.weight", "trunk.bn1.weight"} <= spared
    assert not any(name.endswith(("conv1.weight", "in_proj_weight", "text_projection")) for name in spared)
    assert len(spared) + len(decaying["params"]) == len(trained)
