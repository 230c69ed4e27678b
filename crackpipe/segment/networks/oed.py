"""OED, the optimised deep encoder–decoder of König et al. (2021), Digital Signal Processing 108, 102907."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.errors import ModelError
from crackpipe.models.backbones import Network
from crackpipe.segment.networks import trunks
from crackpipe.segment.networks.blocks import conv_block, initialise, scaled
from crackpipe.segment.networks.upsampling import bilinear, doubled

CHANNELS = (256, 128, 64, 32, 16)  # of the decoder, coarsest first
STRIDES = [2, 4, 8, 16, 32]


class Oed(nn.Module):
    """A pretrained encoder and a decoder of residual blocks, with gated skips and a side output at each scale.

    The pseudo-label paper says no more than «a pretrained EfficientNet as an encoder and a custom decoder … loosely
    follows the U-Net shape», and cites two works for it: in its text this one, in its tables the authors' earlier
    network of residual blocks and attention gates (ICIP 2019, 1460–1464). The published code of OED settles the rest:
    EfficientNet-B5; a decoder block doubles its map (nearest), joins the encoder's features, convolves with batch norm
    and passes two residual blocks without; the photograph itself passes two convolutions that are joined at full
    resolution; each block but the last has a side output by a 1×1 convolution.

    Chosen here: the skips of strides 2 to 16 pass attention gates as in the earlier network (the published code of OED
    has none: ``gates=False``); the full-resolution skip is not gated, as in Oktay et al.; skips are taken between the
    encoder's stages, where timm gives them, and not inside a block; side outputs are upsampled as logits, not as
    probabilities; any timm encoder whose deepest features are at stride 32 will do, and where it has none at a finer
    stride (ConvNeXt at 2) the decoder goes on without that skip.

    Args:
        encoder: a timm architecture, e.g. ``tf_efficientnet_b5`` (the paper's) or ``tf_efficientnet_lite0``.
        trunk: a timm network of that architecture to take the encoder from; ``None`` draws a random one.
        width: the decoder's channels in units of the paper's.
        gates: whether the skips are gated.

    Raises:
        ModelError: the encoder's deepest features are not maps at stride 32, or the trunk is of another architecture.
    """

    multiple_px = 32

    def __init__(self, *, encoder: str, trunk: nn.Module | None, width: float, gates: bool = True) -> None:
        super().__init__()
        self.encoder = _features(encoder)
        if trunk is not None:
            trunks.copy(trunk, into=self.encoder, encoder=encoder)
        info = self.encoder.feature_info
        self.strides: list[int] = list(info.reduction())  # of the encoder's maps, finest first
        channels_at = dict(zip(self.strides, info.channels(), strict=True))
        *channels, finest = (scaled(channels, width) for channels in CHANNELS)
        self.blocks = nn.ModuleList(
            DecoderBlock(coarse=coarse, skip=channels_at.get(stride, 0), channels=outputs, gate=gates)
            for coarse, stride, outputs in zip(
                [channels_at[STRIDES[-1]], *channels[:-1]], STRIDES[-2::-1], channels, strict=True
            )
        )
        self.photograph = nn.Sequential(*conv_block(3, finest, norm=True), *conv_block(finest, finest, norm=True))
        joined = channels[-1] + finest
        self.last = nn.Sequential(*conv_block(joined, finest, norm=True), *conv_block(finest, finest, norm=True))
        self.sides = nn.ModuleList(nn.Conv2d(outputs, 1, kernel_size=1) for outputs in channels)
        self.head = nn.Conv2d(finest, 1, kernel_size=3, padding=1)
        for part in (self.blocks, self.photograph, self.last, self.sides, self.head):
            initialise(part)

    def forward(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b h w"]]:
        """Logits of the four side outputs, finest first, and of the prediction."""
        skips = dict(zip(self.strides, self.encoder(inputs), strict=True))
        features = skips[STRIDES[-1]]
        maps: list[Tensor] = []
        for stride, block, side in zip(STRIDES[-2::-1], self.blocks, self.sides, strict=True):
            features = block(features, skips.get(stride))
            maps.insert(0, bilinear(side(features)[:, 0], times=stride))
        full = self.last(torch.cat([doubled(features), self.photograph(inputs)], dim=1))
        return [*maps, self.head(full)[:, 0].float()]


class DecoderBlock(nn.Module):
    """Doubles a map, joins the (gated) skip of that scale, convolves, and passes two residual blocks.

    ``skip=0`` is a scale of which the encoder has no features.
    """

    def __init__(self, *, coarse: int, skip: int, channels: int, gate: bool) -> None:
        super().__init__()
        self.gate = AttentionGate(skip=skip, coarse=coarse) if gate and skip else None
        self.join = nn.Sequential(*conv_block(coarse + skip, channels, norm=True))
        self.residuals = nn.ModuleList(
            nn.Sequential(*conv_block(channels, channels, norm=False), *conv_block(channels, channels, norm=False))
            for _ in range(2)
        )

    def forward(
        self, coarse: Float[Tensor, "b _c h w"], skip: Float[Tensor, "b _s 2*h 2*w"] | None
    ) -> Float[Tensor, "b _k 2*h 2*w"]:
        """Features at the skip's scale."""
        if self.gate is not None:
            skip = self.gate(coarse, skip)
        features = self.join(doubled(coarse) if skip is None else torch.cat([doubled(coarse), skip], dim=1))
        for residual in self.residuals:
            features = features + residual(features)
        return features


class AttentionGate(nn.Module):
    """Lets through the parts of a skip that the coarser features ask for (Oktay et al. 2018, eq. 1 and 2).

    Each pixel's opening is ``σ(ψ · relu(W_x · skip + W_g · coarse + b_g) + b_ψ)``, one number for all channels. The
    paper leaves the channels between open: half of the skip's. ``W_g`` works before the upsampling, which changes
    nothing and costs a quarter.
    """

    def __init__(self, *, skip: int, coarse: int) -> None:
        super().__init__()
        between = max(1, skip // 2)
        self.of_skip = nn.Conv2d(skip, between, kernel_size=1, bias=False)
        self.of_coarse = nn.Conv2d(coarse, between, kernel_size=1)
        self.opening = nn.Conv2d(between, 1, kernel_size=1)

    def forward(
        self, coarse: Float[Tensor, "b _c h w"], skip: Float[Tensor, "b s 2*h 2*w"]
    ) -> Float[Tensor, "b s 2*h 2*w"]:
        """The skip, each pixel times its opening in (0, 1)."""
        joint = torch.relu(self.of_skip(skip) + doubled(self.of_coarse(coarse)))
        return skip * torch.sigmoid(self.opening(joint))


def _features(encoder: str) -> Network:
    """timm's feature extractor with random weights, for those of ``STRIDES`` that it has; checks them."""
    import timm  # takes seconds

    trunks.known(encoder)
    try:
        features: Network = timm.create_model(encoder, pretrained=False, features_only=True)
        strides, form = list(features.feature_info.reduction()), str(getattr(features, "output_fmt", "NCHW"))
    except RuntimeError:  # of architectures without feature maps
        strides, form = [], "NCHW"
    used = [index for index, stride in enumerate(strides) if stride in STRIDES]
    if [strides[index] for index in used] != sorted(set(strides) & set(STRIDES)) or strides[-1:] != STRIDES[-1:]:
        raise ModelError(
            f"segmenter's encoder {encoder}: OED needs its features at strides {STRIDES}, or some of these with the "
            f"last, got {strides}; set encoder to one that has them, e.g. resnet50 or tf_efficientnet_lite0"
        )
    if not form.endswith("NCHW"):
        raise ModelError(
            f"segmenter's encoder {encoder}: OED needs features as (channel, row, column), got {form}; set encoder to "
            "another, e.g. resnet50 or tf_efficientnet_lite0"
        )
    if len(used) == len(strides):
        return features
    return timm.create_model(encoder, pretrained=False, features_only=True, out_indices=tuple(used))
