"""The linear layer that a network ends in, and the features that enter it."""

import contextlib
from collections.abc import Callable, Iterator

from torch import Tensor, nn

from crackpipe.errors import ModelError


def final_linear(network: nn.Module) -> nn.Linear:
    """Return the last linear layer of a network.

    Raises:
        ModelError: there is none.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ModelError(
            f"{type(network).__name__}: has no linear layer, so it has no features to attack; choose a backbone that "
            "ends in one"
        )
    return layers[-1]


@contextlib.contextmanager
def capture_inputs(layer: nn.Linear, receive: Callable[[Tensor], None]) -> Iterator[None]:
    """Hand the features that enter a layer to ``receive``, in each run of the network, with their graph.

    Args:
        layer: as :func:`final_linear` gives it.
        receive: called with features (b, d).
    """
    hook = layer.register_forward_pre_hook(lambda _, inputs: receive(inputs[0]))
    try:
        yield
    finally:
        hook.remove()
