"""Blocks of parameters, counted from the end of their tower, by the names that open_clip and timm give them."""

import timm
import torch

from crackpipe.clip.encoders import block_depths


def test_blocks_of_a_transformer_are_counted_from_the_last() -> None:
    depths = {
        "model.visual.conv1.weight": 4,
        "model.visual.positional_embedding": 4,
        "model.visual.ln_pre.bias": 4,
        "model.visual.transformer.resblocks.0.ln_1.weight": 3,
        "model.visual.transformer.resblocks.1.ln_1.weight": 2,
        "model.visual.transformer.resblocks.2.ln_1.weight": 1,
        "model.visual.ln_post.weight": 1,
        "model.visual.proj": 0,
    }
    assert block_depths.of_transformer(depths, prefix="model.visual.") == depths


def test_a_text_tower_of_another_library_is_read_by_its_names_too() -> None:
    depths = {
        "model.text.transformer.embeddings.word_embeddings.weight": 3,
        "model.text.transformer.encoder.layer.0.output.dense.weight": 2,
        "model.text.transformer.encoder.layer.1.output.dense.weight": 1,
        "model.text.proj.weight": 0,
    }
    assert block_depths.of_transformer(depths, prefix="model.") == depths


def test_every_parameter_of_a_convolutional_trunk_belongs_to_a_stage() -> None:
    torch.manual_seed(0)
    trunk = timm.create_model("test_efficientnet", num_classes=0)
    depths = block_depths.of_timm(trunk, prefix="trunk.")
    assert set(depths) == {f"trunk.{name}" for name, _ in trunk.named_parameters()}
    last = max(int(name.split(".")[2]) for name in depths if name.startswith("trunk.blocks."))
    assert {depth for name, depth in depths.items() if name.startswith(f"trunk.blocks.{last}.")} == {1}
    assert depths["trunk.bn2.weight"] == 1  # behind the last stage
    assert depths["trunk.conv_stem.weight"] == max(depths.values())
