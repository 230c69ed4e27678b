"""Runtime of networks: device, autocast precision, memory format, threads."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
import torch.utils.deterministic
from torch import nn

from crackpipe.compute import compiler, memory
from crackpipe.errors import ParamsError

Precision = Literal["auto", "fp32", "bf16", "fp16"]


@dataclass(frozen=True, slots=True)
class Runtime:
    """One device and the precision of its matrix products.

    Attributes:
        device: ``cpu`` or ``cuda``.
        autocast_dtype: ``None`` runs everything in float32.
    """

    device: torch.device
    autocast_dtype: torch.dtype | None

    def place(self, module: nn.Module) -> nn.Module:
        """Move ``module`` to the device, convolution weights in channels-last order."""
        return module.to(self.device).to(memory_format=torch.channels_last)

    def for_training(self) -> "Runtime":
        """The same device, float32 in place of float16: without a gradient scaler most of its gradients underflow."""
        return replace(self, autocast_dtype=None) if self.autocast_dtype == torch.float16 else self

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """Run the enclosed forward passes in the chosen precision."""
        with torch.autocast(self.device.type, dtype=self.autocast_dtype, enabled=self.autocast_dtype is not None):
            yield


def start_runtime(*, device: str, precision: Precision, threads: int, keep_memory: bool = False) -> Runtime:
    """Choose device and precision and fix everything that would change results between two runs.

    Args:
        device: ``auto`` takes CUDA where there is one.
        precision: ``auto`` takes bf16 on graphics cards that have it (compute capability 8 and later) and on processors
            with AMX or AVX512-BF16 units, float32 elsewhere, and never fp16.
        threads: fixed, because their number changes the order of sums, and with it trained weights.
        keep_memory: for training, and for a network that runs on inputs of one size; see
            :func:`crackpipe.compute.memory.keep`.

    Raises:
        ParamsError: ``device="cuda"`` on a machine without CUDA.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ParamsError("runtime.device: got cuda, but no CUDA device is visible; set runtime.device to auto or cpu")
    compiler.leave_out()
    if keep_memory:
        memory.keep()
    # Before threads start, which inherit it: gradients of trained networks are full of denormals.
    torch.set_flush_denormal(True)
    torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, which loads a compiler for 2 s
    # Deterministic mode fills fresh memory, which nothing here reads before writing: a tenth of a training step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a property
    torch.backends.cudnn.benchmark = False
    name = "cuda" if device == "cuda" or (device == "auto" and torch.cuda.is_available()) else "cpu"
    dtypes = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
    if precision == "auto":
        precision = "bf16" if _has_bf16(name) else "fp32"
    return Runtime(torch.device(name), dtypes[precision])


def _has_bf16(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)  # emulated it is slower than float32
    return processor_has_bf16()


def processor_has_bf16() -> bool:
    """Look up whether the processor has units for products of bf16 matrices (AMX or AVX512-BF16)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags
