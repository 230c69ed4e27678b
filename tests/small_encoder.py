"""A dual encoder small enough for tests: timm's own test network as the trunk, one text layer."""

from typing import Any

import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder

SIZES: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}
SPEC: dict[str, Any] = {"architecture": "dual", **SIZES}  # of its card


def create() -> DualEncoder:
    """The same weights in every call."""
    torch.manual_seed(0)
    return DualEncoder(**SIZES).eval()
