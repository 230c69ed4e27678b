"""A dual encoder small enough for tests: timm's own test network as the trunk, one text layer."""

from typing import Any

import pytest
import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder

SIZES: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}


@pytest.fixture
def encoder() -> DualEncoder:
    torch.manual_seed(0)
    return DualEncoder(**SIZES).eval()
