"""A small encoder: a convolutional trunk beside a text transformer, aligned in the pipeline."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.clip.encoders import block_depths, open_clip_models, vocabulary
from crackpipe.clip.encoders import stage_tokens as stages
from crackpipe.clip.encoders.encoder import BlockDepth, TrainableEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.models import backbones, normalise
from crackpipe.models.backbones import Network


class DualEncoder(TrainableEncoder):
    """A convolutional trunk, pooled and projected linearly, beside a small text transformer."""

    multiple_px = 32
    image_px = None  # pooling takes any size

    def __init__(
        self,
        *,
        backbone: str,
        joint_width: int,
        text_width: int,
        text_layers: int,
        tokens: Sequence[int] | None = None,
    ) -> None:
        """Build an encoder with random weights.

        Args:
            backbone: timm's name of the trunk.
            joint_width: dimensions of the space that images and texts share.
            text_width, text_layers: channels and blocks of the text transformer.
            tokens: ids that the text transformer knows, ascending; ``None``: the whole vocabulary, as in training.
        """
        super().__init__()
        trunk: Network = backbones.create(backbone, classes=0, weights="none")
        self.trunk: Network = trunk
        self.joint_width = joint_width
        self._mean, self._std = (tuple(part) for part in backbones.normalisation(trunk))
        self.projection = nn.Linear(2 * trunk.num_features + 3 * sum(self.stage_widths), joint_width)
        self.tokens = None if tokens is None else tuple(tokens)
        count = open_clip_models.VOCABULARY if tokens is None else len(tokens)
        self.text: Network = open_clip_models.text_tower(
            width=text_width, layers=text_layers, joint_width=joint_width, vocabulary=count
        )
        self.log_scale = nn.Parameter(torch.tensor(2.6593))  # ln(1 / 0.07), as CLIP starts

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps of the four stages."""
        return tuple(stage["num_chs"] for stage in self.trunk.feature_info[-stages.STAGES :])

    @property
    def feature_width(self) -> int:
        """Length of the features of an image."""
        return self.projection.in_features

    def features(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
        """Mean, spread and maximum of each stage's channels, mean and maximum of the last layer's.

        A mean alone does not see a crack, which fills one part in a hundred of a photograph. Each of these 14 groups
        has mean 0 and variance 1 over its channels.
        """
        indices = list(range(-stages.STAGES, 0))
        last, maps = self.trunk.forward_intermediates(inputs, indices=indices)
        groups = [last.float().mean((2, 3)), last.amax((2, 3)).float()]
        for stage in maps:
            spread, mean = torch.std_mean(stage.float(), dim=(2, 3), correction=0)
            groups += [mean, spread, stage.amax((2, 3)).float()]
        return torch.cat([nn.functional.layer_norm(group, group.shape[1:]) for group in groups], dim=1)

    def project(self, features: Float[Tensor, "b f"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of images from their features, float32."""
        return nn.functional.normalize(self.projection(features).float(), dim=1)

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, float32."""
        return self.project(self.features(inputs))

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts, float32.

        Raises:
            ModelError: the encoder was packed with some words alone, and a text has another.
        """
        ids = open_clip_models.tokenize(texts) if self.tokens is None else vocabulary.rows_of(texts, self.tokens)
        return nn.functional.normalize(self.text(ids.to(self.projection.weight.device)).float(), dim=1)

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Feature maps of the trunk at 1/4, 1/8, 1/16 and 1/32 of the input, float32."""
        return stages.of_timm(self.trunk, inputs)

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise.normalise(pixels, mean=self._mean, std=self._std, runtime=runtime)

    def feature_parameters(self) -> list[nn.Parameter]:
        """Parameters of the trunk."""
        return list(self.trunk.parameters())

    def log_inverse_temperature(self) -> nn.Parameter:
        """Logarithm of the factor that cosines are multiplied by in the contrastive loss."""
        return self.log_scale

    def block_depths(self) -> dict[str, BlockDepth]:
        """Tower and block of each parameter; see :meth:`TrainableEncoder.block_depths`."""
        names = [name for name, _ in self.named_parameters()]
        depths: dict[str, BlockDepth] = dict.fromkeys(names, ("both", 0))  # projection and temperature
        for name, depth in block_depths.of_timm(self.trunk, prefix="trunk.").items():
            depths[name] = ("image", depth)
        read = [name for name in names if name.startswith("text.")]
        for name, depth in block_depths.of_transformer(read, prefix="text.").items():
            depths[name] = ("text", depth)
        return depths
