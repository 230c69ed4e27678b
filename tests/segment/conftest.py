"""An encoder small enough for tests, and a photograph whose dark line is its crack."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from crackpipe.clip.encoder import DualEncoder
from crackpipe.runtime import Runtime

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="session")
def machine() -> Iterator[Runtime]:
    """The processor, one thread: two would wait for each other longer than networks of this size take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Runtime(torch.device("cpu"), None)
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def encoder() -> DualEncoder:
    torch.manual_seed(0)
    eyes = DualEncoder(backbone="test_efficientnet", joint_width=16, text_width=32, text_layers=1)
    return eyes.eval().requires_grad_(False)


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
