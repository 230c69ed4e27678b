"""A network cut in two: a trunk that keeps its weights, and the rest, which is trained on the trunk's features."""

from torch import nn

from crackpipe.errors import ModelError


def split(network: nn.Module, *, train_from: str) -> tuple[nn.Sequential, nn.Sequential]:
    """Cut a network before one of its parts: the parts that run before it, and it with all that follow.

    Holds for networks that run their parts one after another in the order in which they list them, as timm's
    EfficientNets, ResNets and VGGs do: ``rest(trunk(x)) == network(x)`` in inference mode. The parts are shared with
    ``network``, not copied.

    Args:
        network: whole, from inputs to logits.
        train_from: a part by its name, e.g. ``blocks.6`` or ``layer4``.

    Returns:
        Trunk and rest.

    Raises:
        ModelError: there is no such part, or none before it.
    """
    names, modules = [], []
    for name, child in network.named_children():
        inside = list(child.named_children()) if isinstance(child, nn.Sequential) else [("", child)]
        names += [f"{name}.{inner}".rstrip(".") for inner, _ in inside]
        modules += [module for _, module in inside]
    outer = [name.partition(".")[0] for name in names]
    cut = next((index for index, part in enumerate(zip(names, outer, strict=True)) if train_from in part), 0)
    if cut == 0:
        raise ModelError(
            f"calibrate.train_from: got {train_from}, but parts of {type(network).__name__} to train from are "
            f"{', '.join(names[1:])}; choose one, or null to train everything"
        )
    return nn.Sequential(*modules[:cut]), nn.Sequential(*modules[cut:])
