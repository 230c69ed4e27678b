"""Heads of image classifiers: what stands between the pooled features of a backbone and its classes."""

from typing import Any, Literal

from torch import Tensor, nn

from crackpipe.errors import ModelError

Head = Literal["linear", "hidden_1000"]
HIDDEN = 1000  # units of hidden_1000


def attach_hidden(network: nn.Module, *, classes: int) -> None:
    """Replace the last layer of a timm classifier, in place, by 1 000 units, ReLU and a linear layer.

    With the backbone's own pooling this is the head of König et al.'s public code: global average pooling → 1 000
    units → ReLU → two classes; their paper does not mention it. VGG's two layers of 4 096 units are left out: pooling
    follows the last convolution.

    Args:
        network: a timm classifier that ends in one linear layer.
        classes: outputs, 1 or more.

    Raises:
        ModelError: the network ends in something else.
    """
    name = layer_name(network)
    last = network.get_submodule(name) if name else None
    if not isinstance(last, nn.Linear):
        raise ModelError(
            f"train_classifier.head=hidden_1000: {type(network).__name__} does not end in one linear layer; set head "
            "to linear, or choose another backbone, e.g. resnet50"
        )
    width = last.in_features
    pooled: Any = network  # timm's networks declare more than nn.Module
    if isinstance(getattr(network, "pre_logits", None), nn.Module):
        pooled.pre_logits, width = nn.Identity(), pooled.num_features
    network.set_submodule(name, nn.Sequential(nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, classes)))


def layer_name(network: nn.Module) -> str:
    """Name of the module that is a timm classifier's last layer, e.g. ``fc``; empty where there are several."""
    timm_network: Any = network
    name = timm_network.default_cfg["classifier"]
    return name if isinstance(name, str) else ""


def is_hidden(tensors: dict[str, Tensor], *, name: str) -> bool:
    """Whether a classifier's tensors, by name, are those of one with ``hidden_1000``.

    Args:
        tensors: the classifier's state.
        name: see :func:`layer_name`.
    """
    return f"{name}.2.weight" in tensors and tensors[f"{name}.2.weight"].shape[1:] == (HIDDEN,)
