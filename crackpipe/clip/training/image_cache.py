"""Images of a contrastive training, ready for its epochs: squares of pixels, or features of a frozen image tower.

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
from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging import patch_grid

SCRATCH = Path(".checkpoints")


@dataclass(frozen=True, slots=True)
class Squares:
    """Pixels, for an image tower of which blocks are trained.

    Attributes:
        pixels: RGB levels 0–255.
    """

    pixels: UInt8[np.ndarray, "n s s 3"]

    def features(
        self, encoder: TrainableEncoder, index: Int[np.ndarray, "b"], view: Int[np.ndarray, "b"], runtime: Runtime
    ) -> Float[Tensor, "b f"]:
        """Features of the images at ``index``, each in its view: the number of one of the 8 symmetries."""
        turned = [
            patch_grid.apply_symmetry(self.pixels[i], patch_grid.SYMMETRIES[v])
            for i, v in zip(index, view, strict=True)
        ]
        pixels = torch.from_numpy(np.stack(turned)).permute(0, 3, 1, 2)
        return encoder.features(encoder.prepare(pixels, runtime))


@dataclass(frozen=True, slots=True)
class Features:
    """Features that a frozen image tower gave of each view.

    Attributes:
        values: of n images and v views.
    """

    values: Float16[np.ndarray, "n v f"]

    def features(
        self, encoder: TrainableEncoder, index: Int[np.ndarray, "b"], view: Int[np.ndarray, "b"], runtime: Runtime
    ) -> Float[Tensor, "b f"]:
        """Features of the images at ``index``, each in its view; ``encoder`` is not run."""
        return torch.from_numpy(self.values[index, view]).to(runtime.device, torch.float32)


def cache_squares(squares: Iterable[tuple[int, UInt8[np.ndarray, "s s 3"]]], *, count: int, side_px: int) -> Squares:
    """Gather squares of pixels in one array.

    Args:
        squares: (index, RGB levels 0–255) of each, in any order.
        count: how many there are.
        side_px: their side.
    """
    pixels = _mapped((count, side_px, side_px, 3), np.uint8)
    for index, square in squares:
        pixels[index] = square
    return Squares(pixels)


def cache_features(
    squares: Squares, encoder: TrainableEncoder, runtime: Runtime, *, views: int, batch: int
) -> Features:
    """Run the frozen image tower once over some symmetries of each square.

    Args:
        views: the first so many symmetries (1–8).
        batch: images per run.
    """
    pixels = squares.pixels
    values = None
    starts = range(0, len(pixels), batch)
    for start in console.bar(starts, what="encode images", total=len(starts), unit="batches"):
        for view, symmetry in enumerate(patch_grid.SYMMETRIES[:views]):
            turned = [patch_grid.apply_symmetry(square, symmetry) for square in pixels[start : start + batch]]
            inputs = encoder.prepare(torch.from_numpy(np.stack(turned)).permute(0, 3, 1, 2), runtime)
            with torch.no_grad(), runtime.autocast():
                features = encoder.features(inputs).half().cpu().numpy()
            if values is None:
                values = _mapped((len(pixels), views, features.shape[1]), np.float16)
            values[start : start + batch, view] = features
    return Features(np.empty((0, views, 1), np.float16) if values is None else values)


def _mapped(shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    """An array in a temporary file, which is deleted with it."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    if 0 in shape:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile(dir=SCRATCH, prefix="images-") as file:
        return np.memmap(file, dtype, "w+", shape=shape)
