"""Fingerprints: one digest of plain values and of files, by which work that is done already is found again."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError


def of(values: Any, inputs: Sequence[Path]) -> str:
    """Digest of plain values (anything JSON can hold) and of the bytes of the input files and folders.

    A training's inputs hold its stage's ``data/code/<module>``, too, or it would go on with another code's checkpoint.

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
