"""Image and text encoders behind one interface: the small dual encoder, and any open_clip model by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.clip.encoders import image_size, open_clip_models, weights
from crackpipe.clip.encoders import stage_tokens as stages
from crackpipe.compute.runtime import Runtime
from crackpipe.models import backbones, model_files, normalise
from crackpipe.models.backbones import Network

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

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps."""

    @property
    def multiple_px(self) -> int:
        """Step of the sizes of inputs."""

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, float32."""

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts, float32."""

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Token maps of the four stages, float32."""

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""


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

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise.normalise(pixels, mean=self._mean, std=self._std, runtime=machine)


class OpenClipEncoder(nn.Module):
    """Any model of open_clip: an image tower with its text tower.

    ``mean`` and ``std`` (RGB, in units of [0, 1]) belong to the weights, not to the architecture: a saved encoder
    names them, else those of the pretrained tag are taken. ``image_px`` builds it for another square than its own.
    """

    def __init__(
        self,
        name: str,
        *,
        weights: str,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        image_px: int | None = None,
    ) -> None:
        super().__init__()
        model: Network = open_clip_models.whole_model(name, pretrained=weights, image_px=image_px)
        visual = model.visual
        self.name = name
        self.model: Network = model
        self.joint_width = int(open_clip_models.joint_width(name))
        self.image_px = image_size.image_px(visual)
        self.mean = tuple(mean or getattr(visual, "image_mean", None) or OPENAI_MEAN)
        self.std = tuple(std or getattr(visual, "image_std", None) or OPENAI_STD)

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps of the four stages."""
        return stages.of(self.model.visual).widths

    @property
    def multiple_px(self) -> int:
        """Heights and widths of what :meth:`stage_tokens` takes are multiples of it."""
        return stages.of(self.model.visual).multiple_px

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, resized to the tower's own square; float32."""
        if inputs.shape[2:] != (self.image_px, self.image_px):
            inputs = nn.functional.interpolate(inputs, (self.image_px, self.image_px), mode="bicubic", antialias=True)
        return nn.functional.normalize(self.model.encode_image(inputs).float(), dim=1)

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts, float32."""
        tokens = open_clip_models.tokenizer_of(self.name)(texts).to(next(self.parameters()).device)
        return nn.functional.normalize(self.model.encode_text(tokens).float(), dim=1)

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _c _r _k"]]:
        """Token maps of the four stages (see :func:`crackpipe.clip.encoders.stage_tokens.of`), float32.

        Raises:
            ModelError: the image tower is of a kind that has none.
        """
        return stages.of(self.model.visual).run(inputs)

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise.normalise(pixels, mean=self.mean, std=self.std, runtime=machine)


def create(spec: dict[str, Any], *, weights: str = "none") -> DualEncoder | OpenClipEncoder:
    """Build an encoder from the ``spec`` of its card: architecture ``dual`` or ``open_clip`` and their sizes.

    Args:
        spec: of ``open_clip``: its ``name``; ``image_px``, ``mean`` and ``std`` where they are not the model's own.
        weights: of ``open_clip``, see :func:`crackpipe.clip.encoders.open_clip_models.whole_model`.
    """
    if spec["architecture"] == "dual":
        return DualEncoder(**{name: spec[name] for name in ("backbone", "joint_width", "text_width", "text_layers")})
    return OpenClipEncoder(
        spec["name"], weights=weights, mean=spec.get("mean"), std=spec.get("std"), image_px=spec.get("image_px")
    )


def save(folder: Path, encoder: nn.Module, spec: dict[str, Any]) -> None:
    """Write an encoder as safetensors and JSON; ``spec`` as :func:`create` takes it."""
    own: dict[str, Any] = {}
    if isinstance(encoder, OpenClipEncoder):
        own = {"mean": list(encoder.mean), "std": list(encoder.std), "image_px": encoder.image_px}
    model_files.save(folder, encoder, {"kind": "clip", **spec, **own})


def load(folder: Path, machine: Runtime) -> DualEncoder | OpenClipEncoder:
    """Read an encoder, place it on the device, frozen and in inference mode.

    On the processor its weights are mapped from the file: a tower that is not used takes no memory.

    Raises:
        ModelError: the folder holds no encoder, or its weights do not fit its card.
    """
    with weights.to_come():
        encoder = create(model_files.card(folder, kind="clip"))
    tensors = model_files.weights(folder / "model.safetensors")
    weights.fit(encoder, tensors, where=str(folder), advice="run `dvc repro align_clip`, or restore the folder")
    return place(encoder, machine).eval().requires_grad_(False)


def place(encoder: DualEncoder | OpenClipEncoder, machine: Runtime) -> DualEncoder | OpenClipEncoder:
    """Move an encoder to the device; convolutional trunks in channels-last order.

    Not vision transformers: their one convolution, of whole patches, runs ten times slower so on a processor.
    """
    if isinstance(encoder, OpenClipEncoder) and hasattr(encoder.model.visual, "class_embedding"):
        encoder.to(machine.device)
    else:
        machine.place(encoder)
    return encoder
