"""Settings of all tests."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from crackpipe.compute.runtime import Runtime

# a busy machine is no fault of the code, and the same commit must give the same verdict twice
settings.register_profile("crackpipe", deadline=None, derandomize=True)
settings.load_profile("crackpipe")


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """A run sets these for its whole process; hypothesis draws denormals, and references are not all deterministic."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
        sys.modules["torch"].use_deterministic_algorithms(False)


@pytest.fixture(scope="session")
def runtime() -> "Iterator[Runtime]":
    """The processor, one thread: two would wait for each other longer than the small networks of tests take."""
    import torch

    from crackpipe.compute.runtime import Runtime

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Runtime(torch.device("cpu"), None)
    torch.set_num_threads(threads)
