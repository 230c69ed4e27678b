"""Tokenizers, text transformer and whole models of open_clip (the only file that knows it)."""

import contextlib
import difflib
import functools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jaxtyping import Int
from torch import Tensor, nn

from crackpipe.clip.encoders import attention, hub, image_size, weights
from crackpipe.errors import ModelError
from crackpipe.models.backbones import Network

if TYPE_CHECKING:
    from open_clip.tokenizer import SimpleTokenizer

CONTEXT = 40  # tokens: the longest caption of an inspection report fits
VOCABULARY = 49408  # tokens of CLIP's byte-pair encoding

Tokenizer = Callable[[list[str]], Int[Tensor, "n t"]]


def text_tower(*, width: int, layers: int, joint_width: int, vocabulary: int = VOCABULARY) -> nn.Module:
    """A small open_clip text transformer: token ids (n, 40) → embeddings (n, joint_width).

    Args:
        width, layers: channels and blocks.
        joint_width: dimensions of the space that images and texts share.
        vocabulary: number of token ids; the highest in a text is read as its end.
    """
    from open_clip.transformer import TextTransformer

    heads = max(1, width // 32)
    return TextTransformer(
        context_length=CONTEXT, vocab_size=vocabulary, width=width, heads=heads, layers=layers, output_dim=joint_width
    )


def tokenize(texts: list[str], *, context: int = CONTEXT) -> Int[Tensor, "n t"]:
    """Byte-pair token ids, zero padded; longer texts are cut at ``context`` tokens, with the start and end tokens."""
    return _tokenizer(context)(texts)


def word(token: int) -> str:
    """What a token id stands for; of start, end and padding nothing that a user would write."""
    return _tokenizer(CONTEXT).decode([token]).strip()


@functools.cache
def tokenizer_of(name: str) -> Tokenizer:
    """The tokenizer of an open_clip model: token ids of its own length, longer texts are cut.

    Raises:
        ModelError: it is no part of open_clip and cannot be had.
    """
    import open_clip

    try:
        with _hub_if("hf_tokenizer_name" in _text_settings(name)):
            tokenizer: Tokenizer = open_clip.get_tokenizer(name)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"align_clip.open_clip_model: the tokenizer of {name} cannot be had ({_first_line(error)}); it needs the "
            "package transformers and the hub; name a model with open_clip's own tokenizer, e.g. ViT-B-32"
        ) from error
    return tokenizer


def whole_model(name: str, *, pretrained: str, image_px: int | None = None) -> nn.Module:
    """An open_clip model by its names.

    Args:
        name: as ``open_clip.list_models()`` spells it, e.g. ``ViT-L-14``.
        pretrained: a tag of that model such as ``openai`` (downloaded), a ``.safetensors`` file, a checkpoint (see
            :func:`crackpipe.clip.encoders.weights.read`), or ``none``: random.
        image_px: side of the squares that it is built for, ``None`` for its own; position embeddings are resampled.

    Raises:
        ModelError: a name is unknown (the nearest are shown), the weights want another activation than the model
            has, belong to another model, or cannot be had.
    """
    import open_clip

    known = open_clip.list_models()
    if name not in known:
        raise ModelError(f"align_clip.open_clip_model: {name!r} is unknown to open_clip; nearest: {_near(name, known)}")
    if pretrained.endswith(weights.FORMS):
        model = _from_file(name, Path(pretrained), image_px=image_px)
    else:
        model = _untrained(name) if pretrained == "none" else _from_tag(name, pretrained)
        image_size.change(model.visual, side_px=image_px or image_size.image_px(model.visual))
    attention.replace_self_attention(model)
    return model


def joint_width(name: str) -> int:
    """Dimensions of the space that images and texts of an open_clip model share."""
    import open_clip

    return int(open_clip.get_model_config(name)["embed_dim"])


def _untrained(name: str) -> Network:
    import open_clip

    try:
        with _hub_if("hf_model_name" in _text_settings(name)), _quiet():
            return open_clip.create_model(name, pretrained=None, pretrained_text=False)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"align_clip.open_clip_model: {name} cannot be built ({_first_line(error)}); a text tower of another "
            "library needs the package transformers and the hub; name a model of open_clip's own, e.g. ViT-B-32"
        ) from error


def _from_file(name: str, path: Path, *, image_px: int | None) -> Network:
    tensors = weights.read(path)
    with weights.uninitialised():
        model = _untrained(name)
    side_px = image_px or image_size.image_px(model.visual)
    trained_px = image_size.trained_px(model.visual, tensors, prefix="visual.")
    if trained_px is not None:
        image_size.change(model.visual, side_px=trained_px)
    fitting = _fitting_models(tensors)
    advice = (
        f"set align_clip.open_clip_model to the model that they were trained for{fitting}, or name weights of {name}"
    )
    weights.assign(model, tensors, where=f"align_clip.weights={path}", advice=advice)
    image_size.change(model.visual, side_px=side_px)
    _normalise_as_published(model.visual, name)
    return model


def _from_tag(name: str, tag: str) -> Network:
    import open_clip

    tags = open_clip.list_pretrained_tags_by_model(name)
    files = f"name a {', '.join(weights.FORMS)} file, or none"
    if tag not in tags:
        near = f"; nearest: {_near(tag, tags)}" if tags else ", and no others"
        raise ModelError(f"align_clip.weights: {name} has no weights named {tag!r}{near}; or {files}")
    _check_activation(name, tag=tag)
    try:
        with hub.failing_fast(), _quiet():
            return open_clip.create_model(name, pretrained=tag)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"align_clip.weights={tag}: the weights of {name} could not be downloaded ({type(error).__name__}); "
            f"set align_clip.encoder to dual, or align_clip.weights to a file that you have: {files}"
        ) from error


def _check_activation(name: str, *, tag: str) -> None:
    """Refuse what open_clip only warns of: QuickGELU weights in a GELU model make every token a little wrong."""
    import open_clip

    wanted = bool(open_clip.get_pretrained_cfg(name, tag).get("quick_gelu", False))
    twin = f"{name}-quickgelu"
    if wanted and not open_clip.get_model_config(name).get("quick_gelu", False):
        raise ModelError(
            f"align_clip.open_clip_model: the weights {tag} of {name} were trained with another activation (QuickGELU) "
            f"than {name} has; set align_clip.open_clip_model to {twin}"
        )


def _normalise_as_published(visual: Network, name: str) -> None:
    """Set mean and std of inputs, which no file of weights holds, to those of all published weights, if these agree."""
    import open_clip

    published = [open_clip.get_pretrained_cfg(name, tag) for tag in open_clip.list_pretrained_tags_by_model(name)]
    scalings = {
        (tuple(config["mean"]), tuple(config["std"]))
        for config in published
        if config.get("mean") and config.get("std")
    }
    if len(scalings) == 1:
        visual.image_mean, visual.image_std = scalings.pop()


def _fitting_models(tensors: dict[str, Tensor]) -> str:
    """Names, in brackets, of models whose image tower has as many blocks of the same widths as these weights; or ""."""
    import open_clip

    stem, joint = tensors.get("visual.conv1.weight"), tensors.get("visual.proj")
    if stem is None or joint is None:
        return ""
    depth = len({name.split(".")[3] for name in tensors if name.startswith("visual.transformer.resblocks.")})
    sizes = {"width": stem.shape[0], "patch_size": stem.shape[-1], "layers": depth}
    configs = {name: open_clip.get_model_config(name) for name in open_clip.list_models()}
    fitting = [
        name
        for name, config in configs.items()
        if config["embed_dim"] == joint.shape[1] and sizes.items() <= config["vision_cfg"].items()
    ]
    return f" ({', '.join(sorted(fitting, key=len)[:3])} fit)" if fitting else ""


def _hub_if(needed: bool) -> contextlib.AbstractContextManager[None]:
    return hub.failing_fast() if needed else contextlib.nullcontext()


def _text_settings(name: str) -> dict[str, object]:
    import open_clip

    settings: dict[str, object] = open_clip.get_model_config(name)["text_cfg"]
    return settings


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence open_clip's warnings on the root logger that weights are random, which are about to be replaced."""
    root = logging.getLogger()
    before, root.disabled = root.disabled, True
    try:
        yield
    finally:
        root.disabled = before


@functools.cache
def _tokenizer(context: int) -> "SimpleTokenizer":
    """A byte-pair tokenizer, made once per process: reading its vocabulary takes longer than a training step."""
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer(context_length=context)


def _near(name: str, known: list[str]) -> str:
    return ", ".join(difflib.get_close_matches(name, known, n=4, cutoff=0.3)) or ", ".join(sorted(known)[:8])


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:120]}"
