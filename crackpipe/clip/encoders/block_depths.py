"""Blocks that the parameters of a tower belong to, counted from its end: what is frozen or trained together.

Blocks of timm's networks come from timm, those of transformers from the names of their parameters.
"""

import re
from collections.abc import Iterable

from crackpipe.models.backbones import Network

PROJECTIONS = ("proj", "text_projection", "projection", "head", "attnpool")
EMBEDDINGS = ("conv1", "class_embedding", "positional_embedding", "token_embedding", "embeddings", "ln_pre")
BLOCK = re.compile(r"(?:^|\.)(?:resblocks|layers?|blocks|stages)\.?(\d+)\.")


def of_timm(network: Network, *, prefix: str) -> dict[str, int]:
    """Depths of all parameters of one of timm's networks, as timm itself groups them into stages.

    Args:
        prefix: put before each name, e.g. ``trunk.``.

    Returns:
        depth by name; the last stage, with what follows it, has depth 1.
    """
    from timm.models import group_parameters  # 2 s

    groups = group_parameters(network, network.group_matcher(coarse=True))
    count = len(groups)
    return {prefix + name: count - index for index, key in enumerate(sorted(groups)) for name in groups[key]}


def of_transformer(names: Iterable[str], *, prefix: str) -> dict[str, int]:
    """Depths of parameters of a transformer, by the numbers in their names.

    Args:
        names: of parameters, each with ``prefix``.
        prefix: of the tower, e.g. ``model.visual.``.

    Returns:
        depth by name: 0 for projections, 1 for the last block and a norm behind it, one more than there are blocks for
        the embedding layers.
    """
    names = list(names)
    blocks = {name: int(match[1]) for name in names if (match := BLOCK.search(name.removeprefix(prefix)))}
    count = max(blocks.values(), default=-1) + 1
    depths = {}
    for name in names:
        parts = name.removeprefix(prefix).removeprefix("text.").split(".")
        if name in blocks:
            depths[name] = count - blocks[name]
        elif parts[0] in PROJECTIONS:
            depths[name] = 0
        else:
            depths[name] = count + 1 if any(part in EMBEDDINGS for part in parts) else 1
    return depths
