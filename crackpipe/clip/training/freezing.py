"""Parameters of an encoder that are trained, and those that are frozen."""

from typing import Literal

import torch
from torch import nn

from crackpipe.clip.encoders.encoder import TrainableEncoder

Freeze = Literal["image", "text", "none", "blocks"]
TrainedParameters = dict[str, nn.Parameter]

ALL = 10**6  # more blocks than any tower has


def thaw(encoder: TrainableEncoder, *, freeze: Freeze, train_blocks: int) -> TrainedParameters:
    """Choose the parameters that are trained: only these get gradients.

    The projections into the joint space and the temperature are always trained. A norm behind the last block goes with
    it, the embedding layers come before the first. A block of a convolutional network is one of its stages.

    Args:
        encoder: its parameters' ``requires_grad`` is set.
        freeze: blocks of the ``image`` tower, blocks of the ``text`` tower, ``none``, or all but the last
            ``train_blocks`` of each tower (``blocks``).
        train_blocks: at least 0; used with ``blocks`` alone.

    Returns:
        the trained parameters by name.
    """
    image, text = {"image": (0, ALL), "text": (ALL, 0), "none": (ALL, ALL), "blocks": (train_blocks,) * 2}[freeze]
    depths = encoder.block_depths()
    for name, parameter in encoder.named_parameters():
        tower, depth = depths[name]
        parameter.requires_grad_(depth <= (image if tower == "image" else text))
    return {name: parameter for name, parameter in encoder.named_parameters() if parameter.requires_grad}


def image_tower_frozen(encoder: TrainableEncoder) -> bool:
    """Look up whether no trained parameter changes the features of images, so that these can be cached."""
    return not any(parameter.requires_grad for parameter in encoder.feature_parameters())


def optimiser(trained: TrainedParameters, *, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW over the trained parameters; vectors and numbers (biases, norms, the temperature) do not decay.

    Args:
        trained: parameters by name, from :func:`thaw`.
        lr: at the start; a schedule may change it.
        weight_decay: of matrices.
    """
    matrices = [value for value in trained.values() if value.ndim > 1]
    others = [value for value in trained.values() if value.ndim < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr)
