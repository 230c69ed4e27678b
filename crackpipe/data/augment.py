"""Photometric augmentation of patches (König et al., section IV-A): colour jitter and noise."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

GAUSSIAN_SIGMA = 2.55  # grey levels
MULTIPLICATIVE = 0.25


def jitter(
    patch: UInt8[Tensor, "3 h w"],
    random: np.random.Generator,
    *,
    colour_jitter: float,
    colour_jitter_p: float,
    noise_p: float,
) -> UInt8[Tensor, "3 h w"]:
    """Change brightness, contrast, saturation and hue, then add noise, each with its probability.

    The colour factors are uniform in 1 ± ``colour_jitter`` (hue: ± ``colour_jitter`` / 2 of the colour circle). The
    noise is Gaussian with σ up to 2.55 grey levels, or multiplicative in 0.75–1.25, with equal odds.

    Args:
        patch: RGB, 0–255; it is not changed.
        random: draws all changes.
        colour_jitter: size of the changes of colour, in [0, 1].
        colour_jitter_p, noise_p: probabilities of a change of colour and of noise.
    """
    if random.random() < colour_jitter_p:
        from torchvision.transforms.v2 import functional as F  # takes a second

        low, high = 1 - colour_jitter, 1 + colour_jitter
        patch = F.adjust_brightness(patch, random.uniform(low, high))
        patch = F.adjust_contrast(patch, random.uniform(low, high))
        patch = F.adjust_saturation(patch, random.uniform(low, high))
        patch = F.adjust_hue(patch, random.uniform(-colour_jitter / 2, colour_jitter / 2))
    if random.random() < noise_p:
        patch = _add_noise(patch, random)
    return patch


def _add_noise(patch: UInt8[Tensor, "3 h w"], random: np.random.Generator) -> UInt8[Tensor, "3 h w"]:
    levels: Float[Tensor, "3 h w"] = patch.float()
    shape = tuple(patch.shape)
    if random.random() < 0.5:
        sigma = random.uniform(0, GAUSSIAN_SIGMA)
        levels = levels + sigma * torch.from_numpy(random.standard_normal(shape, np.float32))
    else:
        factor = random.random(shape, np.float32) * (2 * MULTIPLICATIVE) + (1 - MULTIPLICATIVE)
        levels = levels * torch.from_numpy(factor)
    return levels.round_().clamp_(0, 255).to(torch.uint8)
