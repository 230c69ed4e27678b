"""Grey levels become an encoder's inputs: the formula, the layout, and nothing changed."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.compute.runtime import Runtime
from crackpipe.models import normalise

MACHINE = Runtime(torch.device("cpu"), None)
MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)


@given(st.integers(0, 999), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_levels_are_scaled_channel_by_channel(seed: int, count: int, height: int, width: int, packed: bool) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    given_levels = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    found = normalise.normalise(
        given_levels.contiguous() if packed else given_levels, mean=MEAN, std=STD, runtime=MACHINE
    )
    wanted = ((pixels / 255 - np.array(MEAN)) / np.array(STD)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)
    assert found.dtype == torch.float32
    assert found.permute(0, 2, 3, 1).is_contiguous()  # channels last


def test_the_photograph_stays_as_it_is() -> None:
    pixels = torch.full((1, 3, 2, 2), 7, dtype=torch.uint8)
    normalise.normalise(pixels, mean=MEAN, std=STD, runtime=MACHINE)
    assert (pixels == 7).all()
