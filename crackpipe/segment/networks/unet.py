"""U-Net on a pretrained encoder (the only file that knows segmentation_models_pytorch)."""

from collections.abc import Sequence

import segmentation_models_pytorch as smp
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.errors import ModelError
from crackpipe.segment.networks import trunks

DECODER_CHANNELS = (256, 128, 64, 32, 16)  # coarsest first


class UNet(nn.Module):
    """U-Net (Ronneberger, Fischer and Brox 2015) with a timm encoder in place of the contracting path.

    The decoder doubles its map five times by nearest upsampling, joins the encoder's features of the same scale (none
    at full resolution) and convolves twice. There is no side output.

    Args:
        encoder: a timm architecture with features at strides 2, 4 … 32, e.g. ``tf_efficientnet_lite0``.
        trunk: a timm network of that architecture to take the encoder from; ``None`` draws a random one.
        decoder_channels: of the five decoder blocks, coarsest first.

    Raises:
        ModelError: the encoder cannot be had in this form, or the trunk is of another architecture.
    """

    def __init__(self, *, encoder: str, trunk: nn.Module | None, decoder_channels: Sequence[int]) -> None:
        super().__init__()
        trunks.known(encoder)
        try:
            self.net = smp.Unet(
                f"tu-{encoder}", encoder_weights=None, decoder_channels=tuple(decoder_channels), classes=1
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"segmenter's encoder {encoder}: a U-Net needs its features at strides 2, 4 … 32 ({error}); "
                "set encoder to one that has them, e.g. resnet50 or tf_efficientnet_lite0"
            ) from error
        self.multiple_px = int(self.net.encoder.output_stride)
        if trunk is not None:
            trunks.copy(trunk, into=self.net.encoder.model, encoder=encoder)

    def forward(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b h w"]]:
        """Logits of the prediction, alone."""
        return [self.net(inputs)[:, 0].float()]
