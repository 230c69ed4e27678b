"""Hardware that a figure was measured on, without anything that would identify its owner: no host name, no paths."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

GRAPHICS_CARDS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))  # with NVIDIA's driver; under WSL


@dataclass(frozen=True, slots=True)
class Hardware:
    """Hardware and libraries that decide how long a run takes.

    Attributes:
        processor: the model's name.
        cores: processor cores that this process may use.
        memory_gib: of the whole machine, rounded to whole GiB.
        gpu: the model of the first CUDA device; ``None`` without one.
        python: version of the interpreter.
        torch: version of PyTorch with its build, e.g. 2.15.0+cu132.
    """

    processor: str
    cores: int
    memory_gib: int
    gpu: str | None
    python: str
    torch: str


def describe() -> Hardware:
    """Describe this machine."""
    import torch  # 2 s

    return Hardware(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3),
        gpu=torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
        python=platform.python_version(),
        torch=torch.__version__,
    )


def has_graphics_card() -> bool:
    """Look up whether there is an NVIDIA graphics card with its driver, without PyTorch, which takes 2 s to ask."""
    return any(path.exists() for path in GRAPHICS_CARDS)


def multiplies_bf16() -> bool:
    """Look up whether the processor multiplies numbers in bf16, as far as Linux tells it."""
    return bool({"amx_bf16", "avx512_bf16"} & set(_told("flags").split()))


def _processor() -> str:
    return _told("model name") or platform.machine()


def _told(name: str) -> str:
    """What Linux tells of the first core; empty where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
