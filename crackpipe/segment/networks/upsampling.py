"""Upsampling whose gradients have deterministic kernels on every device.

Training runs under ``torch.use_deterministic_algorithms(True)``. On CUDA that refuses ``max_unpool2d`` and the gradient
of bilinear ``interpolate``, whose threads add into one element in any order; both are written here without scatter.
The nearest ``interpolate`` and ``max_pool2d`` have deterministic gradients and are used as they are.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def doubled(features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c 2*h 2*w"]:
    """Each value four times, as a square."""
    return torch.nn.functional.interpolate(features, scale_factor=2, mode="nearest")


def bilinear(maps: Float[Tensor, "b h w"], *, times: int) -> Float[Tensor, "b {times}*h {times}*w"]:
    """Linear interpolation between pixel centres (``align_corners=False``), ``times`` as wide; in float32 at least."""
    return _linear(_linear(maps, times).mT, times).mT


def unpooled(values: Float[Tensor, "b c h w"], indices: Int[Tensor, "b c h w"]) -> Float[Tensor, "b c 2*h 2*w"]:
    """Put each value where the maximum of its 2×2 window was, zeros elsewhere.

    Args:
        values: maxima of 2×2 windows.
        indices: as ``max_pool2d(…, 2, return_indices=True)`` gave: row · width + col, before pooling.
    """
    height, width = 2 * values.shape[2], 2 * values.shape[3]
    position = torch.arange(height * width, device=values.device).view(height, width)
    maximum = indices.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    # a comparison instead of a scatter: each output asks whether it was the maximum
    return torch.where(maximum == position, doubled(values), 0)


def _linear(maps: Float[Tensor, "b h w"], times: int) -> Float[Tensor, "b h {times}*w"]:
    """Interpolate along the last axis: every input lies under ``times`` outputs and mixes with its neighbours."""
    before = torch.cat([maps[..., :1], maps[..., :-1]], dim=-1)
    after = torch.cat([maps[..., 1:], maps[..., -1:]], dim=-1)
    shift = (torch.arange(times, device=maps.device) + 0.5) / times - 0.5  # of the outputs, from the input's centre
    left, right = (-shift).clamp(min=0), shift.clamp(min=0)
    mixed = before[..., None] * left + maps[..., None] * (1 - left - right) + after[..., None] * right
    return mixed.flatten(-2)
