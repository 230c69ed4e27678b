"""Training on kept tokens learns what training on tokens encoded again in each epoch learns."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import adapter_training
from benchmarks.photographs import Photograph
from crackpipe import params
from crackpipe.compute.runtime import Runtime, start_runtime

SPEC = {"architecture": "dual", "backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    threads = torch.get_num_threads()
    yield start_runtime(device="cpu", precision="fp32", threads=1)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.mark.nightly
def test_losses_are_equal_but_for_the_kept_tokens_16_bits(
    small: list[Photograph], runtime: Runtime, tmp_path: Path
) -> None:
    windows = [adapter_training.window(one, side_px=64) for one in small * 5]  # a full batch, and a rest
    given = adapter_training.task(SPEC, windows, runtime, params.load())
    kept = adapter_training.keep(given, tmp_path)
    ours = adapter_training.fit_kept(given, kept, epochs=3)
    theirs = adapter_training.fit_encoding(given, epochs=3)
    assert ours[0] > ours[-1]
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)


def test_a_window_is_the_middle_of_photograph_and_mask(small: list[Photograph]) -> None:
    image, mask = adapter_training.window(small[0], side_px=100)
    assert np.array_equal(image, small[0].image[25:125, 51:151])
    assert np.array_equal(mask, small[0].mask[25:125, 51:151])


def test_both_ways_start_from_the_same_adapters(small: list[Photograph], runtime: Runtime) -> None:
    given = adapter_training.task(SPEC, [], runtime, params.load())
    first, second = (adapter_training.untrained(given).network.adapters[0].weight for _ in range(2))
    assert torch.equal(first, second)
