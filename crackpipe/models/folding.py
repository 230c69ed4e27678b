"""Batch normalisation folded into the convolutions before it: it is a product and a sum."""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

PROBE_PX = 64
Network = TypeVar("Network", bound=nn.Module)


def folded(network: Network) -> Network:
    """Copy a network for inference alone: it computes the same, but for rounding, with fewer passes over memory.

    A convolution takes over the batch normalisation that reads its output, where both run once; one run on zeros shows
    which ones these are. Whatever a normalisation does beside (timm's apply the activation too) stays.
    """
    copy = deepcopy(network).eval().requires_grad_(False)
    names = {module: name for name, module in copy.named_modules()}
    for convolution, norm in _pairs(copy):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        weight, bias = fuse_conv_bn_weights(
            convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        convolution.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
        convolution.bias = nn.Parameter(bias, requires_grad=False)
        copy.set_submodule(names[norm], _rest(norm))
    return copy


def _pairs(network: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Convolutions that run once, each with the normalisation that reads its output."""
    made: dict[int, tuple[nn.Conv2d, Tensor]] = {}  # outputs are held, or ids would be given again
    runs: dict[nn.Module, int] = {}
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []

    def convolved(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        made[id(output)] = module, output
        runs[module] = runs.get(module, 0) + 1

    def normalised(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        runs[module] = runs.get(module, 0) + 1
        if id(inputs[0]) in made:
            pairs.append((made[id(inputs[0])][0], module))

    hooks = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(convolved))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(normalised))
    first = next(network.parameters())
    with torch.inference_mode():
        network(torch.zeros(1, 3, PROBE_PX, PROBE_PX, device=first.device, dtype=first.dtype))
    for hook in hooks:
        hook.remove()
    return [pair for pair in pairs if all(runs[module] == 1 for module in pair)]


def _rest(norm: nn.BatchNorm2d) -> nn.Module:
    """Parts that timm's normalisation runs after normalising: dropout, activation."""
    rest = [part for name in ("drop", "act") if isinstance(part := getattr(norm, name, None), nn.Module)]
    return nn.Sequential(*rest) if rest else nn.Identity()
