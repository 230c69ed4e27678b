"""Image and text encoders behind one interface: the small dual encoder, and any open_clip ViT by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe import models
from crackpipe.classify import backbones
from crackpipe.classify.backbones import Network
from crackpipe.classify.classifier import normalise
from crackpipe.clip import towers
from crackpipe.runtime import Runtime

OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@runtime_checkable  # so that tests can check calls against it
class Encoder(Protocol):
    """What adapters and heads need of an encoder.

    Attributes:
        joint_width: dimensions of the space that images and texts share.
        stage_widths: channels of the token maps of the four stages.
        multiple_px: heights and widths of inputs are multiples of it.
    """

    joint_width: int
    stage_widths: tuple[int, ...]
    multiple_px: int

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images."""

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts."""

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Token maps of the four stages."""

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""


class DualEncoder(nn.Module):
    """A convolutional trunk with a linear projection beside a small text transformer."""

    multiple_px = 32

    def __init__(self, *, backbone: str, joint_width: int, text_width: int, text_layers: int) -> None:
        super().__init__()
        trunk: Network = backbones.create(backbone, classes=0, weights="none")
        self.trunk: Network = trunk
        self.joint_width = joint_width
        self.stage_widths = tuple(stage["num_chs"] for stage in trunk.feature_info[-towers.STAGES :])
        self._mean, self._std = (tuple(part) for part in backbones.normalisation(trunk))
        self.projection = nn.Linear(trunk.num_features, joint_width)
        self.text: Network = towers.text_tower(width=text_width, layers=text_layers, joint_width=joint_width)
        self.log_scale = nn.Parameter(torch.tensor(2.6593))  # ln(1 / 0.07), as CLIP starts

    def features(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
        """Pooled features of the trunk, before the projection."""
        return self.trunk(inputs)

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images."""
        return nn.functional.normalize(self.projection(self.features(inputs)), dim=1)

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts."""
        tokens = towers.tokenize(texts).to(self.projection.weight.device)
        return nn.functional.normalize(self.text(tokens), dim=1)

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Feature maps of the trunk at 1/4, 1/8, 1/16 and 1/32 of the input."""
        stages: list[Tensor] = self.trunk.forward_intermediates(
            inputs, indices=list(range(-towers.STAGES, 0)), intermediates_only=True
        )
        return stages

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise(pixels, mean=self._mean, std=self._std, runtime=machine)


class OpenClipEncoder(nn.Module):
    """A vision transformer of open_clip with its text tower.

    ``mean`` and ``std`` (RGB, in units of [0, 1]) belong to the weights, not to the architecture: a saved encoder
    names them, else those of the pretrained tag are taken.
    """

    def __init__(
        self, name: str, *, weights: str, mean: Sequence[float] | None = None, std: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        model: Network = towers.whole_model(name, pretrained=weights)
        visual = model.visual
        self.model: Network = model
        self.joint_width = int(visual.output_dim)
        self.stage_widths = (int(visual.conv1.out_channels),) * towers.STAGES
        self.multiple_px = int(visual.patch_size[0])
        self.image_px = int(visual.image_size[0])
        self.context = int(model.context_length)
        self.mean = tuple(mean or getattr(visual, "image_mean", None) or OPENAI_MEAN)
        self.std = tuple(std or getattr(visual, "image_std", None) or OPENAI_STD)

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, resized to the tower's own square."""
        if inputs.shape[2:] != (self.image_px, self.image_px):
            inputs = nn.functional.interpolate(inputs, (self.image_px, self.image_px), mode="bicubic", antialias=True)
        return nn.functional.normalize(self.model.encode_image(inputs), dim=1)

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts."""
        tokens = towers.tokenize(texts, context=self.context).to(next(self.parameters()).device)
        return nn.functional.normalize(self.model.encode_text(tokens), dim=1)

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Token maps after a quarter, a half, three quarters and all blocks."""
        return towers.vit_stage_tokens(self.model.visual, inputs)

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise(pixels, mean=self.mean, std=self.std, runtime=machine)


def create(spec: dict[str, Any], *, weights: str = "none") -> DualEncoder | OpenClipEncoder:
    """Build an encoder from the ``spec`` of its card: architecture ``dual`` or ``open_clip`` and their sizes."""
    if spec["architecture"] == "dual":
        return DualEncoder(**{name: spec[name] for name in ("backbone", "joint_width", "text_width", "text_layers")})
    return OpenClipEncoder(spec["name"], weights=weights, mean=spec.get("mean"), std=spec.get("std"))


def save(folder: Path, encoder: nn.Module, spec: dict[str, Any]) -> None:
    """Write an encoder as safetensors and JSON; ``spec`` as :func:`create` takes it."""
    scaling = {"mean": list(encoder.mean), "std": list(encoder.std)} if isinstance(encoder, OpenClipEncoder) else {}
    models.save(folder, encoder, {"kind": "clip", **spec, **scaling})


def load(folder: Path, machine: Runtime) -> DualEncoder | OpenClipEncoder:
    """Read an encoder, place it on the device, frozen and in inference mode.

    Raises:
        ModelError: the folder holds no encoder, or its weights do not fit its card.
    """
    encoder = create(models.card(folder, kind="clip"))
    models.fill(encoder, models.weights(folder / "model.safetensors"), where=str(folder))
    machine.place(encoder)
    return encoder.eval().requires_grad_(False)
