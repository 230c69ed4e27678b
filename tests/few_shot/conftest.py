"""A small dual encoder."""

import pytest
import small_encoder

from crackpipe.clip.encoders.dual_encoder import DualEncoder


@pytest.fixture
def encoder() -> DualEncoder:
    return small_encoder.create()
