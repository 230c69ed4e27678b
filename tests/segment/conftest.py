"""An encoder small enough for tests, and a photograph whose dark line is its crack."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging import images
from crackpipe.segment.adapters import examples, token_cache
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.windows.augment import Placement, View

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="session")
def encoder() -> DualEncoder:
    torch.manual_seed(0)
    encoder = DualEncoder(backbone="test_efficientnet", joint_width=16, text_width=32, text_layers=1)
    return encoder.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def draw() -> Picture:
    """(image, mask) of a grey wall with a black crack along one of its columns."""

    def drawn(*, height: int = 64, width: int = 64, col: int = 20) -> tuple[np.ndarray, np.ndarray]:
        image = np.random.default_rng(col).integers(150, 200, (height, width, 3), dtype=np.uint8)
        mask = np.zeros((height, width), bool)
        mask[4:-4, col : col + 4] = True
        image[mask] = 20
        return image, mask

    return drawn


Whole = Callable[..., View]


@pytest.fixture(scope="session")
def whole() -> Whole:
    """The view of all of a square photograph, as it is or mirrored."""

    def view(pixels: np.ndarray, *, mirrored: bool = False) -> View:
        side_px = len(pixels)
        placement = Placement(side_px, False, 1.0, (side_px - 1) / 2, (side_px - 1) / 2, 0.0, mirrored)
        return View(np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels, placement, None)

    return view


Cache = Callable[..., Examples]


@pytest.fixture(scope="session")
def cache(whole: Whole, runtime: Runtime) -> Cache:
    """Write tokens of whole photographs to a folder, and read them back with their masks as labels."""

    def cached(
        folder: Path, pictures: Sequence[tuple[np.ndarray, np.ndarray]], encoder: DualEncoder, stages: Sequence[int]
    ) -> Examples:
        names = [f"p/{number:02d}" for number in range(len(pictures))]
        windows = [(name, 0, whole(image)) for name, (image, _) in zip(names, pictures, strict=True)]
        shapes = token_cache.token_shapes(encoder, stages=stages, side_px=len(pictures[0][0]), runtime=runtime)
        token_cache.write(folder, windows, count=len(windows), shapes=shapes, encoder=encoder, batch=4, runtime=runtime)
        labels = {name: images.encode_mask(mask) for name, (_, mask) in zip(names, pictures, strict=True)}
        return examples.label_windows(folder, labels, binarise=0.5, kind="truth", workers=1)

    return cached
