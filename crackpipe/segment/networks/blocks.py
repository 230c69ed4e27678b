"""Layers that the networks share: convolutions, their widths and first weights, and the fusion of side outputs."""

from torch import nn


def scaled(channels: int, width: float) -> int:
    """Channels of a layer in a network of ``width`` times the paper's channels; at least one."""
    return max(1, round(channels * width))


def conv_block(inputs: int, outputs: int, *, norm: bool) -> list[nn.Module]:
    """3×3 convolution, batch norm (where ``norm``) and ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()] if norm else [conv, nn.ReLU()]


def initialise(network: nn.Module) -> None:
    """Give all convolutions He's normal weights and no offset, so that depth neither fades nor swells what passes."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def fusion(sides: int) -> nn.Conv2d:
    """1×1 convolution of the side outputs; it begins as their mean, as in the nets for edges (Xie and Tu 2015)."""
    fuse = nn.Conv2d(sides, 1, kernel_size=1)
    nn.init.constant_(fuse.weight, 1 / sides)
    nn.init.zeros_(fuse.bias)  # type: ignore[arg-type]
    return fuse
