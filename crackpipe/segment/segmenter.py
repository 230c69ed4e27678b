"""A trained text-guided segmenter: adapters, the stages they read and how their maps are combined."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from crackpipe import images, models
from crackpipe.clip.encoder import Encoder
from crackpipe.runtime import Runtime
from crackpipe.segment.adapters import TextAdapters, combined


@dataclass(frozen=True, slots=True)
class Segmenter:
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
) -> Segmenter:
    """An untrained segmenter for an encoder; ``text`` holds the directions of normal and crack in the joint space."""
    network = TextAdapters(stage_widths=[encoder.stage_widths[stage - 1] for stage in stages], text=text)
    return Segmenter(network, tuple(stages), combine)


def segment(
    image: UInt8[np.ndarray, "h w 3"],
    segmenter: Segmenter,
    encoder: Encoder,
    machine: Runtime,
    *,
    side_px: int | None,
    erosions: int,
) -> UInt8[np.ndarray, "h w"]:
    """Crack confidence of each pixel, 0–255.

    Args:
        image: RGB, 0–255, any size.
        side_px: ``None`` runs the photograph at its own size (mirrored to a multiple of the encoder's); a number
            squeezes it to a square of about that side first, as CrackCLIP does.
        erosions: 3×3 grey erosions of the result.
    """
    height, width = image.shape[:2]
    step = encoder.multiple_px
    if side_px is None:
        inputs = images.pad_reflect(image, bottom=-height % step, right=-width % step)
    else:
        side = -(-side_px // step) * step
        inputs = images.resize(image, height=side, width=side, method="area" if side < min(height, width) else "linear")
    pixels = torch.from_numpy(inputs).permute(2, 0, 1)[None]
    with torch.inference_mode():
        with machine.autocast():
            found = encoder.stage_tokens(encoder.prepare(pixels, machine))
        stages = [found[stage - 1].float() for stage in segmenter.stages]
        maps = segmenter.network(stages, height=inputs.shape[0], width=inputs.shape[1])
        crack = combined(maps, combine=segmenter.combine)[0].cpu().numpy()
    crack = (
        crack[:height, :width] if side_px is None else images.resize(crack, height=height, width=width, method="linear")
    )
    return images.erode(images.to_levels(crack), times=erosions)


def save(folder: Path, segmenter: Segmenter, *, labels: str) -> None:
    """Write a segmenter as safetensors and JSON; ``labels`` says what it was trained on."""
    card = {
        "kind": "segmenter",
        "architecture": "text_adapters",
        "labels": labels,
        "stages": list(segmenter.stages),
        "combine": segmenter.combine,
    }
    models.save(folder, segmenter.network, card)


def load(folder: Path, encoder: Encoder, machine: Runtime) -> Segmenter:
    """Read a segmenter for the encoder that it was trained with.

    Raises:
        ModelError: the folder holds no segmenter, or it was trained with another encoder.
    """
    card = models.card(folder, kind="segmenter")
    segmenter = create(
        encoder, stages=card["stages"], combine=card["combine"], text=torch.zeros(2, encoder.joint_width)
    )
    models.fill(segmenter.network, models.weights(folder / "model.safetensors"), where=str(folder))
    segmenter.network.to(machine.device).eval().requires_grad_(False)
    return segmenter
