"""The convolutions of VGG-16 (Simonyan and Zisserman 2015), on which both DeepCracks build."""

from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.errors import ModelError
from crackpipe.segment.networks import trunks
from crackpipe.segment.networks.blocks import conv_block, initialise, scaled

CHANNELS = (64, 128, 256, 512, 512)  # of the five stages
DEPTHS = (2, 2, 3, 3, 3)  # convolutions in each


class Vgg16(nn.Module):
    """Thirteen 3×3 convolutions in five stages, no fully connected layers; tensors are named as in timm.

    Args:
        encoder: ``vgg16_bn`` (batch norm after each convolution) or ``vgg16`` (none).
        trunk: a timm network of this architecture whose convolutions are taken over; ``None`` draws random ones.
        width: channels in units of the paper's.

    Attributes:
        channels: of the five stages.
        norm: whether there is batch norm.

    Raises:
        ModelError: another architecture, or a trunk together with a width other than 1.
    """

    def __init__(self, *, encoder: str, trunk: nn.Module | None, width: float) -> None:
        super().__init__()
        if encoder not in ("vgg16", "vgg16_bn"):
            raise ModelError(
                f"segmenter's encoder {encoder!r}: a DeepCrack is a VGG-16; set encoder to vgg16_bn or vgg16"
            )
        if trunk is not None and width != 1:
            raise ModelError(
                f"segmenter's width {width}: pretrained weights fit width 1 only; set width=1 or weights=none"
            )
        self.channels = [scaled(channels, width) for channels in CHANNELS]
        self.norm = encoder == "vgg16_bn"
        layers: list[nn.Module] = []
        self.spans: list[slice] = []  # of the stages in ``features``
        last = 3
        for channels, depth in zip(self.channels, DEPTHS, strict=True):
            start = len(layers)
            for _ in range(depth):
                layers += conv_block(last, channels, norm=self.norm)
                last = channels
            self.spans.append(slice(start, len(layers)))
            layers.append(nn.MaxPool2d(2))  # holds timm's place; the networks pool in ways of their own
        self.features = nn.Sequential(*layers)
        initialise(self)
        if trunk is not None:
            trunks.copy(trunk, into=self, encoder=encoder)

    def stage(self, number: int, inputs: Float[Tensor, "b _c h w"]) -> Float[Tensor, "b _k h w"]:
        """The convolutions of one stage (0 to 4), on the photograph or on the pooled result of the stage before."""
        return self.features[self.spans[number]](inputs)
