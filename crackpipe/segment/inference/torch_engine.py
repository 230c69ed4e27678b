"""Trained segmenters of any kind, run by PyTorch."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.models import cards
from crackpipe.segment.inference.segmenter import Segmenter
from crackpipe.segment.networks import catalogue, pixel_network


def load(folder: Path, runtime: Runtime, *, clip: Path) -> Segmenter:
    """Read a segmenter.

    Args:
        folder: of the segmenter.
        runtime: device and precision.
        clip: folder of the encoder; read for a text-guided segmenter only.

    Raises:
        ModelError: the folder holds no segmenter, or one that belongs to another encoder.
    """
    (segmenter,) = load_all([folder], runtime, clip=clip)
    return segmenter


def load_all(folders: Sequence[Path], runtime: Runtime, *, clip: Path) -> list[Segmenter]:
    """Read segmenters, and the encoder of the text-guided ones once.

    Args:
        folders: of the segmenters.
        runtime, clip: see :func:`load`.

    Raises:
        ModelError: as :func:`load` does.
    """
    found, encoder = [], None
    for folder in folders:
        card = cards.read(folder, kind="segmenter")
        if catalogue.has(card["architecture"]):
            network = pixel_network.for_inference(pixel_network.load(folder, runtime), runtime)
            found.append(from_network(partial(network.predict, runtime=runtime), network.multiple_px))
            continue
        from crackpipe.clip.encoders import encoder_files
        from crackpipe.segment.adapters import text_guided

        if encoder is None:
            encoder, digest = encoder_files.load(clip, runtime), encoder_files.digest(clip)
        if card.get("encoder", digest) != digest:  # cards of earlier versions tell none
            raise ModelError(
                f"{folder}: trained on another encoder than the one in {clip}; train the adapters again, as "
                "`dvc repro` does, or name the encoder that belongs to them"
            )
        adapters = text_guided.load(folder, encoder, runtime)
        predict = partial(text_guided.predict, segmenter=adapters, encoder=encoder, runtime=runtime)
        found.append(from_network(predict, encoder.multiple_px))
    return found


def from_network(
    predict: Callable[[UInt8[Tensor, "b 3 h w"]], Float32[Tensor, "b h w"]], multiple_px: int
) -> Segmenter:
    """A segmenter whose network is a function in PyTorch.

    Args:
        predict: RGB levels 0–255 to confidences in [0, 1].
        multiple_px: see :class:`.segmenter.Segmenter`.
    """

    def run(pixels: UInt8[np.ndarray, "b h w 3"]) -> Float32[np.ndarray, "b h w"]:
        with torch.inference_mode():
            return predict(torch.from_numpy(pixels).permute(0, 3, 1, 2)).cpu().numpy()

    return Segmenter(run, multiple_px)
