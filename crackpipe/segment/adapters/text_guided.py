"""A trained text-guided segmenter: adapters, the stages they read and how their maps are combined."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.models import cards, model_files
from crackpipe.segment.adapters.network import TextAdapters, combined


@dataclass(frozen=True, slots=True)
class TextGuided:
    """Adapters with what is needed to run them; the encoder lies in a folder of its own.

    Attributes:
        network: the adapters and the text matrix.
        stages: the encoder's stages that they read, 1 (finest) to 4.
        combine: how the stages' maps become one.
    """

    network: TextAdapters
    stages: tuple[int, ...]
    combine: Literal["mean", "sum"]


def create(
    encoder: Encoder, *, stages: Sequence[int], combine: Literal["mean", "sum"], text: Float[Tensor, "2 d"]
) -> TextGuided:
    """An untrained segmenter for an encoder.

    Args:
        encoder: whose tokens the adapters read.
        stages: 1 (finest) to 4.
        combine: how the stages' maps become one.
        text: directions of normal and crack in the joint space.
    """
    network = TextAdapters(stage_widths=[encoder.stage_widths[stage - 1] for stage in stages], text=text)
    return TextGuided(network, tuple(stages), combine)


def predict(
    pixels: UInt8[Tensor, "b 3 h w"], segmenter: TextGuided, encoder: Encoder, runtime: Runtime
) -> Float[Tensor, "b h w"]:
    """Crack confidence of each pixel in [0, 1], float32 on the CPU.

    Args:
        pixels: RGB levels 0–255; height and width are multiples of the encoder's ``multiple_px``.
        segmenter: trained for this encoder.
        encoder: frozen, placed.
        runtime: device and precision.
    """
    with torch.inference_mode():
        with runtime.autocast():
            tokens = encoder.stage_tokens(encoder.prepare(pixels, runtime))
        stages = [tokens[stage - 1].float() for stage in segmenter.stages]
        maps = segmenter.network(stages, height=pixels.shape[2], width=pixels.shape[3])
        return combined(maps, combine=segmenter.combine).cpu()


def save(folder: Path, segmenter: TextGuided, *, labels: str, encoder: str) -> None:
    """Write a segmenter as safetensors and JSON.

    Args:
        folder: takes both files.
        segmenter: trained.
        labels: kind of the labels that it was trained on.
        encoder: its fingerprint; see :func:`crackpipe.clip.encoders.encoder_files.digest`.
    """
    card = {
        "kind": "segmenter",
        "architecture": "text_adapters",
        "labels": labels,
        "encoder": encoder,
        "stages": list(segmenter.stages),
        "combine": segmenter.combine,
    }
    model_files.save(folder, segmenter.network, card)


def load(folder: Path, encoder: Encoder, runtime: Runtime) -> TextGuided:
    """Read a segmenter for the encoder that it was trained with.

    Args:
        folder: that :func:`save` wrote.
        encoder: frozen.
        runtime: gives the device.

    Raises:
        ModelError: the folder holds no segmenter, or it was trained with another encoder.
    """
    card = cards.read(folder, kind="segmenter")
    segmenter = create(
        encoder, stages=card["stages"], combine=card["combine"], text=torch.zeros(2, encoder.joint_width)
    )
    model_files.fill(segmenter.network, model_files.weights(folder / "model.safetensors"), where=str(folder))
    segmenter.network.to(runtime.device).eval().requires_grad_(False)
    return segmenter
