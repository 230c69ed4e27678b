"""Upsampling and unpooling against torch's own, which training must not use."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import interpolate, max_pool2d, max_unpool2d

from crackpipe.segment.networks.upsampling import bilinear, doubled, unpooled


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=40)
@given(
    height=st.integers(1, 6), width=st.integers(1, 6), times=st.sampled_from([1, 2, 3, 8, 16]), seed=st.integers(0, 9)
)
def test_bilinear_is_torchs_interpolation_and_so_is_its_gradient(
    height: int, width: int, times: int, seed: int
) -> None:
    maps = drawn(2, height, width, seed=seed).requires_grad_()
    expected = interpolate(maps[:, None], scale_factor=times, mode="bilinear", align_corners=False)[:, 0]
    found = bilinear(maps, times=times)
    torch.testing.assert_close(found, expected, check_dtype=False, atol=1e-6, rtol=1e-6)
    slope = drawn(2, height * times, width * times, seed=seed + 10)
    gradients = [torch.autograd.grad(one, maps, slope)[0] for one in (found, expected)]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-5)


def test_halfway_between_two_pixels_lie_their_mixtures() -> None:
    found = bilinear(torch.tensor([[[0.0, 4.0]]]), times=2)
    torch.testing.assert_close(found, torch.tensor([[[0.0, 1.0, 3.0, 4.0]] * 2]))


def test_coarse_numbers_are_mixed_in_full_precision() -> None:
    maps = drawn(1, 3, 3).bfloat16()
    torch.testing.assert_close(bilinear(maps, times=8), bilinear(maps.float(), times=8))


def test_doubling_makes_squares_of_four() -> None:
    found = doubled(torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 1, 2, 2))[0, 0]
    assert found.tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_unpooling_puts_values_where_the_maxima_were() -> None:
    before = torch.tensor([[0.0, 5.0, 1.0, 0.0], [2.0, 1.0, 0.0, 7.0]]).view(1, 1, 2, 4)
    _, places = max_pool2d(before, 2, return_indices=True)
    found = unpooled(torch.tensor([10.0, 20.0]).view(1, 1, 1, 2), places)
    assert found[0, 0].tolist() == [[0, 10, 0, 0], [0, 0, 0, 20]]


@settings(max_examples=40)
@given(height=st.integers(1, 5), width=st.integers(1, 5), seed=st.integers(0, 9))
def test_unpooling_is_torchs_and_so_is_its_gradient_even_where_maxima_tie(height: int, width: int, seed: int) -> None:
    before = drawn(2, 3, 2 * height, 2 * width, seed=seed).relu()  # many windows hold nothing but zeros
    _, places = max_pool2d(before, 2, return_indices=True)
    values = drawn(2, 3, height, width, seed=seed + 10).requires_grad_()
    found, expected = unpooled(values, places), max_unpool2d(values, places, 2)
    torch.testing.assert_close(found, expected, atol=0, rtol=0)
    slope = drawn(2, 3, 2 * height, 2 * width, seed=seed + 20)
    gradients = [torch.autograd.grad(one, values, slope)[0] for one in (found, expected)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("times", [2, 16])
def test_a_map_of_ones_stays_a_map_of_ones(times: int) -> None:
    torch.testing.assert_close(bilinear(torch.ones(1, 3, 5), times=times), torch.ones(1, 3 * times, 5 * times))
