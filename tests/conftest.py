"""Settings of all tests."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# a busy machine is no fault of the code, and the same commit must give the same verdict twice
settings.register_profile("crackpipe", deadline=None, derandomize=True)
settings.load_profile("crackpipe")


@pytest.fixture(autouse=True)
def _denormals_as_they_were() -> Iterator[None]:
    """Training flushes denormals to zero for its whole process, and hypothesis draws them."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
