"""torch's compiler left out: nothing here compiles a network, and loading it takes every process two to three seconds.

Optimisers and torchvision import ``torch._dynamo``, the first to ask at each step that they are not compiled, the
second for one function. A stand-in gives the answers that hold as long as nothing is compiled; whatever else is asked
of it loads the real module in its place, so that ``torch.compile`` works as ever.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


class _StandIn(ModuleType):
    """Stands for a module of the compiler until something of it is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and (attribute, self.__name__) != ("__path__", NAME):
            raise AttributeError(attribute)  # asked for by import statements; only the package has a path
        _withdraw()
        return getattr(importlib.import_module(self.__name__), attribute)


def leave_out() -> None:
    """Put the stand-in in the compiler's place, unless the compiler is loaded already."""
    if NAME in sys.modules:
        return
    package, utils = _StandIn(NAME), _StandIn(f"{NAME}.utils")
    package.__dict__.update(graph_break=_graph_break, disable=_disable)
    utils.__dict__.update(is_compile_supported=_is_compile_supported)
    sys.modules.update({module.__name__: module for module in (package, utils)})


def _withdraw() -> None:
    """Take the stand-ins away, so that the next import finds the real modules."""
    for name in [name for name, module in sys.modules.items() if isinstance(module, _StandIn)]:
        del sys.modules[name]


def _graph_break(*_: Any, **__: Any) -> None:
    """End a compiled graph: there is none."""


def _disable(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Any:
    """Keep a function from being compiled: it is not."""
    return (lambda decorated: decorated) if function is None else function


def _is_compile_supported(device: Any) -> Any:
    """Forward to the real function."""
    _withdraw()
    return importlib.import_module(f"{NAME}.utils").is_compile_supported(device)
