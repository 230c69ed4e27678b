"""Fingerprints: one digest of plain values and of files, by which finished or interrupted work is found again."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError


def of(values: Any, inputs: Sequence[Path]) -> str:
    """Digest plain values, and the names and bytes of files.

    A training's inputs hold its stage's ``data/code/<module>``, too, or it would go on with another code's checkpoint.

    Args:
        values: anything JSON can hold.
        inputs: files, and folders with all that they hold.

    Returns:
        32 hexadecimal digits.

    Raises:
        CrackpipeError: an input is missing.
    """
    digest = hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16)
    for source in inputs:
        if not source.exists():
            raise CrackpipeError(f"{source}: missing; `dvc repro` runs the stage that writes it")
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())  # or bytes could move between files
                with path.open("rb") as file:
                    while block := file.read(1 << 20):
                        digest.update(block)
    return digest.hexdigest()
