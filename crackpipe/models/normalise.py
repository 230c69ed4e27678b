"""Grey levels of photographs to the inputs of a network."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from crackpipe.compute.runtime import Runtime


def normalise(
    pixels: UInt8[Tensor, "b 3 h w"], *, mean: Sequence[float], std: Sequence[float], runtime: Runtime
) -> Float[Tensor, "b 3 h w"]:
    """RGB levels 0–255 to ``(x / 255 − mean) / std`` on the device, channels last.

    Args:
        pixels: RGB, 0–255; they are not changed.
        mean, std: RGB, in units of [0, 1].
        runtime: gives the device.
    """
    count, _, height, width = pixels.shape
    # whole rows of R G B R G B … times a row of factors: sums over three channels alone are too short to be fast
    rows = pixels.to(runtime.device, non_blocking=True).permute(0, 2, 3, 1).reshape(count, height, width * 3)
    levels = rows.contiguous().float()
    factor = 1 / (255 * torch.tensor(std, device=runtime.device))
    shift = -torch.tensor(mean, device=runtime.device) / torch.tensor(std, device=runtime.device)
    inputs = levels.mul_(factor.repeat(width)).add_(shift.repeat(width))
    return inputs.view(count, height, width, 3).permute(0, 3, 1, 2)
