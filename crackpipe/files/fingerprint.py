"""Fingerprints: one digest of plain values and of files, by which finished or interrupted work is found again."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def of(values: Any, inputs: Sequence[Path]) -> str:
    """Digest plain values, and the names and bytes of files.

    Args:
        values: anything JSON can hold.
        inputs: files, and folders with all that they hold.

    Returns:
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16)
    for source in inputs:
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())  # or bytes could move between files
                with path.open("rb") as file:
                    while block := file.read(1 << 20):
                        digest.update(block)
    return digest.hexdigest()
