"""Token maps of four stages of an image tower, whatever its kind: inputs of text adapters (CrackCLIP, section 3.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from crackpipe.errors import ModelError
from crackpipe.models.backbones import Network

STAGES = 4
SUPPORTED = (
    "vision transformers with a class token (ViT-B-32, ViT-L-14 …), ResNets (RN50 …), and of timm's towers ConvNeXt "
    "(convnext_base …), FastViT (MobileCLIP-S1 …) and plain vision transformers (ViT-B-16-SigLIP …)"
)

Tokens = list[Float[Tensor, "b _c _r _k"]]


@dataclass(frozen=True, slots=True)
class StageReader:
    """The four stages of one image tower.

    Attributes:
        widths: channels of the four maps.
        multiple_px: heights and widths of inputs are multiples of it.
        read: prepared images (b, 3, h, w) to four maps (b, c, r, k), float32.
    """

    widths: tuple[int, ...]
    multiple_px: int
    read: Callable[[Float[Tensor, "b 3 h w"]], Tokens]


def reader(visual: Network) -> StageReader:
    """A reader of the stages of an image tower of open_clip.

    Vision transformers: patch tokens after a quarter, a half, three quarters and all blocks; the raw residual stream
    without final norm or projection, class token dropped. Any input size that is a multiple of the patch: position
    embeddings are resampled bicubically, antialiased. Convolutional towers: the maps of their four stages, at 1/4 to
    1/32 of the input.

    Raises:
        ModelError: the tower is of another kind.
    """
    from timm.layers import PatchEmbed
    from timm.models.convnext import ConvNeXt
    from timm.models.fastvit import FastVit
    from timm.models.vision_transformer import VisionTransformer

    trunk = getattr(visual, "trunk", None)
    if hasattr(visual, "class_embedding") and hasattr(visual, "transformer"):
        width, patch_px = int(visual.conv1.out_channels), int(visual.patch_size[0])
        return StageReader((width,) * STAGES, patch_px, partial(_of_transformer, visual))
    if all(hasattr(visual, name) for name in ("stem", "layer1", "layer2", "layer3", "layer4")):
        widths = tuple(int(layer[-1].conv3.out_channels) for layer in _layers(visual))
        return StageReader(widths, 32, partial(_of_resnet, visual))
    if isinstance(trunk, ConvNeXt | FastVit):
        info: list[dict[str, Any]] = trunk.feature_info[-STAGES:]
        return StageReader(tuple(stage["num_chs"] for stage in info), info[-1]["reduction"], partial(of_timm, trunk))
    if type(trunk) is VisionTransformer and type(trunk.patch_embed) is PatchEmbed:
        patch_px = int(trunk.patch_embed.patch_size[0])
        return StageReader((int(trunk.embed_dim),) * STAGES, patch_px, partial(_of_timm_transformer, trunk))
    kind = type(visual if trunk is None else trunk).__name__
    raise ModelError(
        f"align_clip.open_clip_model: its image tower is a {kind}, which gives embeddings but no stage tokens; those "
        f"come from {SUPPORTED}"
    )


def _of_transformer(visual: Network, inputs: Float[Tensor, "b 3 h w"]) -> Tokens:
    from timm.layers import resample_abs_pos_embed

    grid = visual.conv1(inputs)
    batch, _, rows, cols = grid.shape
    tokens = grid.flatten(2).transpose(1, 2)
    classes = visual.class_embedding.expand(batch, 1, -1).to(tokens.dtype)
    position = resample_abs_pos_embed(
        visual.positional_embedding[None], new_size=[rows, cols], old_size=list(visual.grid_size), num_prefix_tokens=1
    )
    tokens = visual.ln_pre(torch.cat([classes, tokens], dim=1) + position.to(tokens.dtype))
    blocks = visual.transformer.resblocks
    ends = {len(blocks) * stage // STAGES for stage in range(1, STAGES + 1)}
    maps = []
    for number, block in enumerate(blocks, start=1):
        tokens = block(tokens)
        if number in ends:
            maps.append(tokens[:, 1:].float().transpose(1, 2).reshape(batch, -1, rows, cols))
    return maps


def _of_resnet(visual: Network, inputs: Float[Tensor, "b 3 h w"]) -> Tokens:
    maps, features = [], visual.stem(inputs)
    for layer in _layers(visual):
        features = layer(features)
        maps.append(features.float())
    return maps


def of_timm(trunk: Network, inputs: Float[Tensor, "b 3 h w"]) -> Tokens:
    """Maps of the last four stages of one of timm's convolutional networks, float32.

    Args:
        trunk: the network, built without a classifier.
        inputs: prepared images; height and width are multiples of 32.
    """
    indices = list(range(-STAGES, 0))
    maps = trunk.forward_intermediates(inputs, indices=indices, intermediates_only=True)
    return [stage.float() for stage in maps]


def _of_timm_transformer(trunk: Network, inputs: Float[Tensor, "b 3 h w"]) -> Tokens:
    from timm.layers import Format

    embed, depth = trunk.patch_embed, len(trunk.blocks)
    before = (trunk.dynamic_img_size, embed.strict_img_size, embed.flatten, embed.output_fmt)
    trunk.dynamic_img_size, embed.strict_img_size, embed.flatten, embed.output_fmt = True, False, False, Format.NHWC
    try:
        indices = [depth * stage // STAGES - 1 for stage in range(1, STAGES + 1)]
        maps = trunk.forward_intermediates(inputs, indices=indices, intermediates_only=True)
        return [stage.float() for stage in maps]
    finally:
        trunk.dynamic_img_size, embed.strict_img_size, embed.flatten, embed.output_fmt = before


def _layers(visual: Network) -> list[Network]:
    return [visual.layer1, visual.layer2, visual.layer3, visual.layer4]
