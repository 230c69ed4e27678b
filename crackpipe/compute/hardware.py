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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.machine()
