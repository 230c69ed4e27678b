"""A network cut in two: a trunk that keeps its weights, and the rest, which is trained on what the trunk has seen."""

from torch import nn

from crackpipe.errors import ModelError


def split(network: nn.Module, *, train_from: str) -> tuple[nn.Sequential, nn.Sequential]:
    """The parts of a network before one of them, and that one with all that follow it, to the final layer.

    Holds for networks that run their parts one after another in the order in which they list them, as timm's
    EfficientNets, ResNets and VGGs do: ``rest(trunk(x)) == network(x)`` in inference mode. The parts are shared with
    ``network``, not copied.

    Args:
        train_from: a part by its name, e.g. ``blocks.6`` or ``layer4``.

    Raises:
        ModelError: there is no such part, or none before it.
    """
    names, modules = [], []
    for name, child in network.named_children():
        inside = list(child.named_children()) if isinstance(child, nn.Sequential) else [("", child)]
        names += [f"{name}.{inner}".rstrip(".") for inner, _ in inside]
        modules += [module for _, module in inside]
    whole = [name.partition(".")[0] for name in names]
    place = next((at for at, found in enumerate(zip(names, whole, strict=True)) if train_from in found), 0)
    if place == 0:
        raise ModelError(
            f"calibrate.train_from: got {train_from}, but parts of {type(network).__name__} to train from are "
            f"{', '.join(names[1:])}; choose one, or null to train everything"
        )
    return nn.Sequential(*modules[:place]), nn.Sequential(*modules[place:])
