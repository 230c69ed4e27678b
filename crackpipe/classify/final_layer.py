"""The linear layer that a network ends in, and the features that enter it."""

import contextlib
from collections.abc import Callable, Iterator

from torch import Tensor, nn

from crackpipe.errors import ModelError


def of(network: nn.Module) -> nn.Linear:
    """The last linear layer.

    Raises:
        ModelError: there is none.
    """
    found = [module for module in network.modules() if isinstance(module, nn.Linear)]
    if not found:
        raise ModelError(f"{type(network).__name__}: has no linear layer, so it has no features that one could attack")
    return found[-1]


@contextlib.contextmanager
def watched(final: nn.Linear, see: Callable[[Tensor], None]) -> Iterator[None]:
    """Show ``see`` the features that enter ``final`` in each run of the network, with their graph."""
    hook = final.register_forward_pre_hook(lambda _, inputs: see(inputs[0]))
    try:
        yield
    finally:
        hook.remove()
