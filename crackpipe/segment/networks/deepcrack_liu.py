"""DeepCrack of Liu, Yao, Lu, Xie and Li (2019), Neurocomputing 338, 139–153: VGG-16 with deep supervision."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.segment.networks.blocks import fusion, initialise
from crackpipe.segment.networks.upsampling import bilinear
from crackpipe.segment.networks.vgg import Vgg16


class DeepCrackLiu(nn.Module):
    """A side output behind each stage of VGG-16, and their fusion.

    Every stage's features become one map by a 1×1 convolution, which is upsampled bilinearly to the photograph; a
    1×1 convolution of the five maps gives the prediction. All six are trained against the label. The paper's last step,
    the guided filter with the first side output as its guide, is :func:`crackpipe.imaging.guided_filter.guided_filter`.

    The published code has no offsets in the 1×1 convolutions and aligns corners when it upsamples. Here they have
    offsets, which learn how rare crack pixels are, and pixels keep their centres.

    Args:
        encoder: ``vgg16_bn`` (the paper has batch norm) or ``vgg16``.
        trunk: a timm network of that architecture to take the convolutions from; ``None`` draws random ones.
        width: channels in units of the paper's; 1 with a trunk.
    """

    multiple_px = 16

    def __init__(self, *, encoder: str, trunk: nn.Module | None, width: float) -> None:
        super().__init__()
        self.encoder = Vgg16(encoder=encoder, trunk=trunk, width=width)
        self.sides = nn.ModuleList(nn.Conv2d(channels, 1, kernel_size=1) for channels in self.encoder.channels)
        initialise(self.sides)
        self.fuse = fusion(len(self.sides))

    def forward(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b h w"]]:
        """Logits of the five side outputs, finest first, and of the fused prediction."""
        maps = []
        features = inputs
        for number, side in enumerate(self.sides):
            if number > 0:
                features = nn.functional.max_pool2d(features, 2)
            features = self.encoder.stage(number, features)
            maps.append(bilinear(side(features)[:, 0], times=2**number))
        fused = self.fuse(torch.stack(maps, dim=1))
        return [*maps, fused[:, 0].float()]
