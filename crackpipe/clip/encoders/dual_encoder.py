"""A small encoder: a convolutional trunk beside a text transformer, aligned in the pipeline."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.clip.encoders import open_clip_models
from crackpipe.clip.encoders import stage_tokens as stages
from crackpipe.compute.runtime import Runtime
from crackpipe.models import backbones, normalise
from crackpipe.models.backbones import Network


class DualEncoder(nn.Module):
    """A convolutional trunk, pooled and projected linearly, beside a small text transformer."""

    multiple_px = 32

    def __init__(self, *, backbone: str, joint_width: int, text_width: int, text_layers: int) -> None:
        super().__init__()
        trunk: Network = backbones.create(backbone, classes=0, weights="none")
        self.trunk: Network = trunk
        self.joint_width = joint_width
        self.stage_widths = tuple(stage["num_chs"] for stage in trunk.feature_info[-stages.STAGES :])
        self._mean, self._std = (tuple(part) for part in backbones.normalisation(trunk))
        self.projection = nn.Linear(2 * trunk.num_features + 3 * sum(self.stage_widths), joint_width)
        self.text: Network = open_clip_models.text_tower(width=text_width, layers=text_layers, joint_width=joint_width)
        self.log_scale = nn.Parameter(torch.tensor(2.6593))  # ln(1 / 0.07), as CLIP starts

    def features(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
        """What is projected: mean, spread and maximum of each stage's channels, mean and maximum of the last layer's.

        A mean alone does not see a crack, which fills one part in a hundred of a photograph. Each of these 14 groups
        has mean 0 and variance 1 over its channels.
        """
        indices = list(range(-stages.STAGES, 0))
        last, maps = self.trunk.forward_intermediates(inputs, indices=indices)
        groups = [last.float().mean((2, 3)), last.amax((2, 3)).float()]
        for one in maps:
            spread, mean = torch.std_mean(one.float(), dim=(2, 3), correction=0)
            groups += [mean, spread, one.amax((2, 3)).float()]
        return torch.cat([nn.functional.layer_norm(group, group.shape[1:]) for group in groups], dim=1)

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images."""
        return nn.functional.normalize(self.projection(self.features(inputs)).float(), dim=1)

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts."""
        tokens = open_clip_models.tokenize(texts).to(self.projection.weight.device)
        return nn.functional.normalize(self.text(tokens).float(), dim=1)

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Feature maps of the trunk at 1/4, 1/8, 1/16 and 1/32 of the input."""
        return stages.of_timm(self.trunk, inputs)

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise.normalise(pixels, mean=self._mean, std=self._std, runtime=runtime)
