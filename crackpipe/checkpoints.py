"""Resume after a kill: checkpoints outside DVC's outputs, found again by a fingerprint of parameters and inputs.

A checkpoint lies in ``.checkpoints/<stage>/<fingerprint>/``. A lock on that folder makes a second run of the same
stage wait for one that a kill of DVC left behind; it then goes on from the last finished epoch.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from crackpipe.errors import CrackpipeError

ROOT = Path(".checkpoints")


def fingerprint(values: Any, inputs: Sequence[Path]) -> str:
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


class Checkpoint:
    """The last finished epoch of one training run; use :func:`opened` to get one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.pt"

    def load(self) -> dict[str, Any] | None:
        """Return the saved state (tensors and plain values only), or ``None`` at a fresh start."""
        if not self._path.is_file():
            return None
        state: dict[str, Any] = torch.load(self._path, weights_only=True, map_location="cpu")
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state, atomically and durably."""
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


@contextlib.contextmanager
def opened(stage: str, digest: str) -> Iterator[Checkpoint]:
    """Lock and open the checkpoint of ``stage`` with these parameters and inputs; removed once the body succeeds."""
    folder = ROOT / stage / digest
    folder.mkdir(parents=True, exist_ok=True)
    with (ROOT / stage / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir(parents=True, exist_ok=True)  # the run that held the lock may have finished and cleaned up
        yield Checkpoint(folder)
        shutil.rmtree(folder)
