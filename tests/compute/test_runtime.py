"""Device and precision."""

import pytest
import torch
from torch import nn

from crackpipe.compute.runtime import Precision, Runtime, start_runtime
from crackpipe.errors import ParamsError


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", None), ("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_the_precision_is_that_of_matrix_products(precision: Precision, dtype: torch.dtype | None) -> None:
    runtime = start_runtime(device="cpu", precision=precision, threads=2)
    assert runtime.device.type == "cpu"
    with runtime.autocast():
        found = nn.Linear(4, 4)(torch.ones(1, 4)).dtype
    assert found == (dtype or torch.float32)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("card_has_bf16", "dtype"), [(True, torch.bfloat16), (False, None)])
def test_auto_takes_bf16_only_where_the_graphics_card_has_it(
    card_has_bf16: bool, dtype: torch.dtype | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: card_has_bf16 or including_emulation
    )
    runtime = start_runtime(device="auto", precision="auto", threads=2)
    assert (runtime.device.type, runtime.autocast_dtype) == ("cuda", dtype)


@pytest.mark.parametrize(
    ("dtype", "in_training"), [(None, None), (torch.bfloat16, torch.bfloat16), (torch.float16, None)]
)
def test_nothing_is_trained_in_fp16(dtype: torch.dtype | None, in_training: torch.dtype | None) -> None:
    runtime = Runtime(torch.device("cpu"), dtype)
    assert runtime.for_training() == Runtime(torch.device("cpu"), in_training)
    assert runtime.autocast_dtype == dtype


def test_modules_are_placed_channels_last() -> None:
    runtime = start_runtime(device="cpu", precision="fp32", threads=2)
    placed = runtime.place(nn.Conv2d(3, 4, 3))
    assert placed.weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is there")
def test_cuda_that_is_not_there_is_the_users_error() -> None:
    with pytest.raises(ParamsError, match=r"runtime\.device: got cuda, but no CUDA device .*; set .* to auto or cpu"):
        start_runtime(device="cuda", precision="fp32", threads=2)


def test_an_operation_without_a_fixed_result_is_refused() -> None:
    start_runtime(device="auto", precision="auto", threads=2)
    assert torch.are_deterministic_algorithms_enabled()
