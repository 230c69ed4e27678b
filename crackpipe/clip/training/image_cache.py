"""Images of a contrastive training, ready for its epochs: squares of pixels, or what a frozen tower sees of them.

Both lie in a temporary file that is mapped: memory holds the batches in use, the system's page cache the rest.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float16, Int, UInt8
from torch import Tensor

from crackpipe import console
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import freezing
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging import patch_grid

SCRATCH = Path(".checkpoints")


@dataclass(frozen=True, slots=True)
class Squares:
    """Pixels, for an image tower of which blocks are trained."""

    pixels: UInt8[np.ndarray, "n s s 3"]

    def features(
        self,
        encoder: DualEncoder | OpenClipEncoder,
        index: Int[np.ndarray, "b"],
        view: Int[np.ndarray, "b"],
        runtime: Runtime,
    ) -> Float[Tensor, "b f"]:
        """What the tower sees of the images at ``index``, each in its view; see :func:`parts.features`."""
        chosen = [
            patch_grid.apply_symmetry(self.pixels[i], patch_grid.SYMMETRIES[v])
            for i, v in zip(index, view, strict=True)
        ]
        pixels = torch.from_numpy(np.stack(chosen)).permute(0, 3, 1, 2)
        return freezing.features(encoder, encoder.prepare(pixels, runtime))


@dataclass(frozen=True, slots=True)
class Features:
    """What a frozen image tower sees of each view, before its projection."""

    values: Float16[np.ndarray, "n v f"]

    def features(
        self,
        encoder: DualEncoder | OpenClipEncoder,
        index: Int[np.ndarray, "b"],
        view: Int[np.ndarray, "b"],
        runtime: Runtime,
    ) -> Float[Tensor, "b f"]:
        """What the tower sees of the images at ``index``, each in its view; see :func:`parts.features`."""
        return torch.from_numpy(self.values[index, view]).to(runtime.device, torch.float32)


def keep_squares(squares: Iterable[tuple[int, UInt8[np.ndarray, "s s 3"]]], *, count: int, side_px: int) -> Squares:
    """Gather ``count`` squares of ``side_px``, which come with their places, in any order."""
    pixels = _file((count, side_px, side_px, 3), np.uint8)
    for place, square in squares:
        pixels[place] = square
    return Squares(pixels)


def keep_features(
    squares: Squares, encoder: DualEncoder | OpenClipEncoder, runtime: Runtime, *, views: int, batch: int
) -> Features:
    """Run the frozen image tower once over the first ``views`` symmetries (1–8) of each square."""
    pixels = squares.pixels
    values = None
    starts = range(0, len(pixels), batch)
    for start in console.bar(starts, what="encode images", total=len(starts), unit="batches"):
        for view, symmetry in enumerate(patch_grid.SYMMETRIES[:views]):
            turned = [patch_grid.apply_symmetry(one, symmetry) for one in pixels[start : start + batch]]
            inputs = encoder.prepare(torch.from_numpy(np.stack(turned)).permute(0, 3, 1, 2), runtime)
            with torch.no_grad(), runtime.autocast():
                seen = freezing.features(encoder, inputs).half().cpu().numpy()
            if values is None:
                values = _file((len(pixels), views, seen.shape[1]), np.float16)
            values[start : start + batch, view] = seen
    return Features(np.empty((0, views, 1), np.float16) if values is None else values)


def _file(shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    """An array in a temporary file that goes with it."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    if 0 in shape:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile(dir=SCRATCH, prefix="images-") as file:
        return np.memmap(file, dtype, "w+", shape=shape)
