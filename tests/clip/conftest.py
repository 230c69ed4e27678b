"""A dual encoder small enough for tests: timm's own test network as the trunk, one text layer."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from crackpipe.clip.encoder import DualEncoder
from crackpipe.runtime import Runtime

SIZES: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}


@pytest.fixture(scope="session")
def machine() -> Iterator[Runtime]:
    """The processor, one thread: two would wait for each other longer than networks of this size take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Runtime(torch.device("cpu"), None)
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def spec() -> dict[str, Any]:
    return {"architecture": "dual", **SIZES}


@pytest.fixture
def encoder() -> DualEncoder:
    torch.manual_seed(0)
    return DualEncoder(**SIZES).eval()
