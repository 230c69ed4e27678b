"""What is used of open_clip: its tokenizer, its text transformer and its whole models (the only file that knows it)."""

import difflib
import functools
from pathlib import Path

import open_clip
import torch
from jaxtyping import Float, Int
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transformer import TextTransformer
from timm.layers import resample_abs_pos_embed
from torch import Tensor, nn

from crackpipe import models
from crackpipe.classify.backbones import Network
from crackpipe.errors import ModelError

CONTEXT = 40  # tokens: the longest caption of an inspection report fits
STAGES = 4


def text_tower(*, width: int, layers: int, joint_width: int) -> nn.Module:
    """A small open_clip text transformer: token ids (n, 40) → embeddings (n, joint_width)."""
    return TextTransformer(
        context_length=CONTEXT, width=width, heads=max(1, width // 32), layers=layers, output_dim=joint_width
    )


def tokenize(texts: list[str], *, context: int = CONTEXT) -> Int[Tensor, "n t"]:
    """Byte-pair token ids, zero padded; longer texts are cut at ``context`` tokens."""
    return _tokenizer(context)(texts)


def whole_model(name: str, *, pretrained: str) -> nn.Module:
    """An open_clip model by its names.

    Args:
        name: as ``open_clip.list_models()`` spells it, e.g. ``ViT-L-14``.
        pretrained: a tag of that model such as ``openai`` (downloaded), a ``.safetensors`` file, or ``none``.

    Raises:
        ModelError: a name is unknown (the nearest are shown), the weights want another activation than the model
            has, or they cannot be had.
    """
    known = open_clip.list_models()
    if name not in known:
        raise ModelError(f"align_clip.open_clip_model: {name!r} is unknown to open_clip; nearest: {_near(name, known)}")
    if pretrained == "none":
        return open_clip.create_model(name, pretrained=None)
    if pretrained.endswith(".safetensors"):
        model = open_clip.create_model(name, pretrained=None)
        models.fill(model, models.weights(Path(pretrained)), where=f"align_clip.weights={pretrained}")
        return model
    tags = open_clip.list_pretrained_tags_by_model(name)
    if pretrained not in tags:
        raise ModelError(
            f"align_clip.weights: {name} has no weights named {pretrained!r}; nearest: {_near(pretrained, tags)}; "
            "or name a .safetensors file, or none"
        )
    _check_activation(name, tag=pretrained)
    try:
        return open_clip.create_model(name, pretrained=pretrained)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"align_clip.weights={pretrained}: the weights of {name} could not be downloaded ({type(error).__name__}); "
            "set align_clip.encoder to dual, or align_clip.weights to a .safetensors file that you have"
        ) from error


def vit_stage_tokens(visual: Network, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
    """Patch tokens after a quarter, a half, three quarters and all blocks of a vision transformer, as maps.

    The raw residual stream without final norm or projection, class token dropped (CrackCLIP, section 3.3). Any input
    size that is a multiple of the patch: position embeddings are resampled bicubically, antialiased.

    Raises:
        ModelError: the tower is no vision transformer with a class token.
    """
    if not hasattr(visual, "class_embedding") or not hasattr(visual, "transformer"):
        raise ModelError(
            f"align_clip.open_clip_model: its image tower is a {type(visual).__name__}, but stage tokens need a ViT"
        )
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
            maps.append(tokens[:, 1:].transpose(1, 2).reshape(batch, -1, rows, cols))
    return maps


def _check_activation(name: str, *, tag: str) -> None:
    """Refuse what open_clip only warns of: QuickGELU weights in a GELU model make every token a little wrong."""
    wanted = bool(open_clip.get_pretrained_cfg(name, tag).get("quick_gelu", False))
    twin = f"{name}-quickgelu"
    if wanted and not open_clip.get_model_config(name).get("quick_gelu", False):
        raise ModelError(
            f"align_clip.open_clip_model: the weights {tag} of {name} were trained with another activation (QuickGELU) "
            f"than {name} has; set align_clip.open_clip_model to {twin}"
        )


@functools.cache
def _tokenizer(context: int) -> SimpleTokenizer:
    """Reading its vocabulary takes longer than a training step: once per process."""
    return SimpleTokenizer(context_length=context)


def _near(name: str, known: list[str]) -> str:
    return ", ".join(difflib.get_close_matches(name, known, n=4, cutoff=0.3)) or ", ".join(sorted(known)[:8])
