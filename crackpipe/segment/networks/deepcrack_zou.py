"""DeepCrack of Zou, Zhang, Li, Qi, Wang and Wang (2019), IEEE Transactions on Image Processing 28(3), 1498–1512."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.segment.networks.blocks import conv_block, fusion, initialise
from crackpipe.segment.networks.upsampling import bilinear, unpooled
from crackpipe.segment.networks.vgg import DEPTHS, Vgg16


class DeepCrackZou(nn.Module):
    """SegNet whose encoder and decoder are fused at each of five scales.

    The decoder mirrors VGG-16: it puts values back where the encoder's maxima were and convolves them. At each scale
    the features of encoder and decoder are concatenated, made one map by a 1×1 convolution and upsampled to the
    photograph; a 1×1 convolution of the five maps gives the prediction. All six are trained against the label.

    The paper's fusion is built here; the published code upsamples first and fuses by two 3×3 convolutions with 64
    channels between, and has no batch norm (``encoder="vgg16"``), while SegNet, on which the paper builds, has.
    Upsampling is bilinear instead of by a learnt transposed convolution.

    Args:
        encoder: ``vgg16_bn`` (batch norm in encoder and decoder) or ``vgg16`` (none).
        trunk: a timm network of that architecture to take the encoder from; ``None`` draws a random one.
        width: channels in units of the paper's; 1 with a trunk.
    """

    multiple_px = 32

    def __init__(self, *, encoder: str, trunk: nn.Module | None, width: float) -> None:
        super().__init__()
        self.encoder = Vgg16(encoder=encoder, trunk=trunk, width=width)
        channels = self.encoder.channels
        ends = [channels[0], *channels[:-1]]  # each decoder stage ends with as many channels as the next one unpools
        self.decoder = nn.ModuleList(
            nn.Sequential(*_mirrored(start, end, depth=depth, norm=self.encoder.norm))
            for start, end, depth in zip(channels, ends, DEPTHS, strict=True)
        )
        self.sides = nn.ModuleList(
            nn.Conv2d(start + end, 1, kernel_size=1) for start, end in zip(channels, ends, strict=True)
        )
        initialise(self.decoder)
        initialise(self.sides)
        self.fuse = fusion(len(self.sides))

    def forward(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b h w"]]:
        """Logits of the five side outputs, finest first, and of the fused prediction."""
        encoded, indices = [], []
        features = inputs
        for number in range(len(DEPTHS)):
            encoded.append(self.encoder.stage(number, features))
            features, index = nn.functional.max_pool2d(encoded[-1], 2, return_indices=True)
            indices.append(index)
        maps: list[Tensor] = []
        for number in reversed(range(len(DEPTHS))):
            features = self.decoder[number](unpooled(features, indices[number]))
            side = self.sides[number](torch.cat([encoded[number], features], dim=1))
            maps.insert(0, bilinear(side[:, 0], times=2**number))
        fused = self.fuse(torch.stack(maps, dim=1))
        return [*maps, fused[:, 0].float()]


def _mirrored(start: int, end: int, *, depth: int, norm: bool) -> list[nn.Module]:
    """The convolutions of one decoder stage: ``start`` channels up to the last one, which gives ``end``."""
    layers: list[nn.Module] = []
    for _ in range(depth - 1):
        layers += conv_block(start, start, norm=norm)
    return layers + conv_block(start, end, norm=norm)
