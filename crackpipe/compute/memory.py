"""Settings of glibc's allocator for memory that was freed; another C library's is left as it is."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -3, -4, -8  # of mallopt(3)
LARGE_BYTES = 2**18
ARENAS = 2


def keep() -> None:
    """Let this process keep the memory that it frees, for good.

    Meant for training, and for a network that runs on inputs of one size: each step asks for the same again. By default
    large blocks go back to the system at once, and are cleared again page by page in the next step. That takes up to a
    third of it on a processor.
    """
    _set({M_MMAP_MAX: 0, M_TRIM_THRESHOLD: -1})


def give_back() -> None:
    """Return freed blocks of 256 KiB and more to the system at once: for stages whose memory must not grow.

    Call it before threads start. By default the size from which blocks are returned rises with every block that is
    freed, up to 32 MiB, and each thread has an arena of its own: photographs of different sizes then leave holes that
    the next ones do not fit into, and memory grows with their number.
    """
    _set({M_MMAP_THRESHOLD: LARGE_BYTES, M_ARENA_MAX: ARENAS})


def _set(options: dict[int, int]) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in options.items():
            mallopt(name, value)
