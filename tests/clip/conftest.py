"""A small dual encoder and the specification in its card."""

from typing import Any

import pytest
import small_encoder

from crackpipe.clip.encoders.dual_encoder import DualEncoder


@pytest.fixture(scope="session")
def spec() -> dict[str, Any]:
    return small_encoder.SPEC


@pytest.fixture
def encoder() -> DualEncoder:
    return small_encoder.create()
