"""Parts of an encoder: blocks and projections of its towers, which of them are trained, and where images can be kept.

Names and orders of blocks come from timm for its networks, and from the parameters' names for transformers.
"""

import re
from typing import Literal

import torch
from jaxtyping import Float
from timm.models import group_parameters
from torch import Tensor, nn

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.models.backbones import Network

Freeze = Literal["image", "text", "none", "blocks"]
Trained = dict[str, nn.Parameter]

TEMPERATURE = ("log_scale", "model.logit_scale", "model.logit_bias")
PROJECTIONS = ("proj", "text_projection", "projection", "head", "attnpool")
EMBEDDINGS = ("conv1", "class_embedding", "positional_embedding", "token_embedding", "embeddings", "ln_pre")
BLOCK = re.compile(r"(?:^|\.)(?:resblocks|layers?|blocks|stages)\.?(\d+)\.")
ALL = 10**6  # more blocks than any tower has


def thaw(encoder: DualEncoder | OpenClipEncoder, *, freeze: Freeze, train_blocks: int) -> Trained:
    """Leave gradients to the parameters that are trained only; return these by name.

    The projections into the joint space and the temperature are always trained. ``freeze`` says what is not:
    the blocks of the ``image`` tower, those of the ``text`` tower, ``none``, or all but the last ``train_blocks``
    blocks of each tower (``blocks``). A norm behind the last block goes with it, the embedding layers come before the
    first. A block of a convolutional network is one of its stages.
    """
    image, text = {"image": (0, ALL), "text": (ALL, 0), "none": (ALL, ALL), "blocks": (train_blocks,) * 2}[freeze]
    depths = _depths(encoder)
    for name, parameter in encoder.named_parameters():
        tower, depth = depths[name]
        parameter.requires_grad_(depth <= (image if tower == "image" else text))
    return {name: parameter for name, parameter in encoder.named_parameters() if parameter.requires_grad}


def image_kept(encoder: DualEncoder | OpenClipEncoder) -> bool:
    """Whether training leaves what :func:`features` gives as it is, so that it can be kept."""
    trained = {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}
    return not any(name.startswith(("trunk.", "model.visual.")) for name in trained - {"model.visual.proj"})


def features(encoder: DualEncoder | OpenClipEncoder, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
    """What the image tower sees of prepared images, before its projection where that is a matrix of its own."""
    if isinstance(encoder, DualEncoder):
        return encoder.features(inputs)
    visual = _visual(encoder)
    projection = _matrix(encoder)
    if projection is None:
        return visual(inputs)
    visual.proj = None  # open_clip's own way to leave it out
    try:
        return visual(inputs)
    finally:
        visual.proj = projection


def feature_width(encoder: DualEncoder | OpenClipEncoder) -> int:
    """Length of what :func:`features` gives."""
    if isinstance(encoder, DualEncoder):
        return encoder.projection.in_features
    projection = _matrix(encoder)
    return encoder.joint_width if projection is None else len(projection)


def projected(encoder: DualEncoder | OpenClipEncoder, seen: Float[Tensor, "b f"]) -> Float[Tensor, "b d"]:
    """L2-normalised embeddings of images from what :func:`features` gave, float32."""
    if isinstance(encoder, DualEncoder):
        seen = encoder.projection(seen)
    elif (projection := _matrix(encoder)) is not None:
        seen = seen @ projection
    return nn.functional.normalize(seen.float(), dim=1)


def log_scale(encoder: DualEncoder | OpenClipEncoder) -> nn.Parameter:
    """The trained logarithm of the inverse temperature."""
    scale: nn.Parameter = encoder.log_scale if isinstance(encoder, DualEncoder) else encoder.model.logit_scale
    return scale


def optimiser(trained: Trained, *, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW; vectors and numbers (biases, norms, the temperature) do not decay."""
    matrices = [value for value in trained.values() if value.ndim > 1]
    rest = [value for value in trained.values() if value.ndim < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr)


def _visual(encoder: OpenClipEncoder) -> Network:
    return encoder.model.visual


def _matrix(encoder: OpenClipEncoder) -> nn.Parameter | None:
    """The projection of the image tower; ``None`` where it is a part of other layers."""
    found: nn.Parameter | None = getattr(_visual(encoder), "proj", None)
    return found


def _depths(encoder: DualEncoder | OpenClipEncoder) -> dict[str, tuple[str, int]]:
    """Tower of each parameter and its block, counted from the end: 1 is the last one, 0 a projection."""
    names = [name for name, _ in encoder.named_parameters()]
    dual = isinstance(encoder, DualEncoder)
    image, text = ("trunk.", "text.") if dual else ("model.visual.", "model.")
    found = {name: ("both", 0) for name in names if name in TEMPERATURE or name.startswith("projection.")}
    seen = [name for name in names if name.startswith(image) and name not in found]
    read = [name for name in names if name.startswith(text) and name not in found and name not in seen]
    trunk = "trunk." if dual else "model.visual.trunk."
    network = encoder.trunk if isinstance(encoder, DualEncoder) else getattr(_visual(encoder), "trunk", None)
    for tower, prefix, part in (("image", image, seen), ("text", text, read)):
        by_timm = _stages(network, trunk) if network is not None and tower == "image" else {}
        depths = _blocks([name for name in part if name not in by_timm], prefix) | by_timm
        found |= {name: (tower, depths[name]) for name in part}
    return found


def _stages(network: Network, prefix: str) -> dict[str, int]:
    """Stages of one of timm's networks from the end, as timm itself groups its parameters."""
    groups = group_parameters(network, network.group_matcher(coarse=True))
    last = len(groups)
    return {prefix + name: last - place for place, key in enumerate(sorted(groups)) for name in groups[key]}


def _blocks(names: list[str], prefix: str) -> dict[str, int]:
    """Blocks of a transformer from the end, by the numbers in its parameters' names."""
    numbers = {name: int(match[1]) for name in names if (match := BLOCK.search(name.removeprefix(prefix)))}
    count = max(numbers.values(), default=-1) + 1
    found = {}
    for name in names:
        parts = name.removeprefix(prefix).removeprefix("text.").split(".")
        if name in numbers:
            found[name] = count - numbers[name]
        elif parts[0] in PROJECTIONS:
            found[name] = 0
        else:
            found[name] = count + 1 if any(part in EMBEDDINGS for part in parts) else 1
    return found
