"""Freed memory is kept, or goes back to the system, as a stage needs it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="counts the page faults of glibc's allocator"
)

PAGE_BYTES = 4096
FAULTS = """
import resource, sys
import numpy as np
from crackpipe.compute import memory
getattr(memory, sys.argv[1], lambda: None)()
size = int(sys.argv[2])
for _ in range(3):
    np.ones(size, np.uint8)  # freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(size, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(way: str, *, size_bytes: int) -> int:
    """Pages that the system has to clear for a block as large as three that were freed before."""
    command = [sys.executable, "-c", FAULTS, way, str(size_bytes)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_kept_memory_is_used_again_without_asking_the_system() -> None:
    size_bytes = 2**27  # more than glibc ever keeps by itself
    assert faults("keep", size_bytes=size_bytes) < 10 < faults("default", size_bytes=size_bytes)


def test_a_large_block_is_returned_however_many_were_freed_before() -> None:
    size_bytes = 2**20
    assert faults("default", size_bytes=size_bytes) < size_bytes // PAGE_BYTES // 4  # used again
    assert faults("give_back", size_bytes=size_bytes) >= size_bytes // PAGE_BYTES  # mapped anew
