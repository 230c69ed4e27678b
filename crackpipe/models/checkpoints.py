"""Checkpoints outside DVC's outputs, found again after a kill by a fingerprint of parameters and inputs.

A checkpoint lies in ``.checkpoints/<stage>/<fingerprint>/``. A lock on that folder makes a second run of the same
stage wait for one that a kill of DVC left behind; it then goes on from the last finished epoch.
"""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch

from crackpipe import console
from crackpipe.files import atomic

ROOT = Path(".checkpoints")
STATE = "state.pt"


@runtime_checkable
class Stateful(Protocol):
    """A part of a training whose state can be taken and given back: a network, an optimiser, a schedule."""

    def state_dict(self) -> dict[str, Any]:
        """The state: tensors and plain values."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Take over a state that :meth:`state_dict` has given."""


class Checkpoint:
    """The last finished epoch of one training run; use :func:`opened` to get one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / STATE

    def load(self) -> dict[str, Any] | None:
        """Return the saved state (tensors and plain values only), or ``None`` at a fresh start."""
        if not self._path.is_file():
            return None
        state: dict[str, Any] = torch.load(self._path, weights_only=True, map_location="cpu")
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state, atomically and durably."""
        with atomic.replacing(self._path, durable=True) as temporary:
            torch.save(state, temporary)

    def resume(self, parts: Mapping[str, Stateful]) -> dict[str, Any]:
        """Bring each part into its saved state, in place; return the values saved beside them, ``{}`` at a fresh start.

        Args:
            parts: as :meth:`keep` was given them, under the same names.
        """
        state = self.load() or {}
        if state:
            for name, part in parts.items():
                part.load_state_dict(state.pop(name))
        return state

    def keep(self, parts: Mapping[str, Stateful], **values: Any) -> None:
        """Save the states of all parts, and values beside them (tensors and plain values), for :meth:`resume`."""
        self.save({name: part.state_dict() for name, part in parts.items()} | values)


def _tell(stage: str, folder: Path) -> None:
    """Say whether a training goes on, and that unfinished ones of the same stage are left aside."""
    if (folder / STATE).is_file():
        console.say(f"{stage}: goes on where it was interrupted")
    others = [path for path in folder.parent.glob(f"*/{STATE}") if path.parent != folder]
    if others:
        console.say(
            f"{stage}: {len(others)} unfinished training(s) of other code, parameters or data are left aside in "
            f"{folder.parent}; they go on when these are back, and `make clean` removes them"
        )


@contextlib.contextmanager
def opened(stage: str, digest: str) -> Iterator[Checkpoint]:
    """Lock and open the checkpoint of a training; it is removed once the body succeeds.

    Args:
        stage: name of the stage, with its arguments.
        digest: fingerprint of its parameters and inputs; see :func:`crackpipe.files.fingerprint.of`.
    """
    folder = ROOT / stage / digest
    folder.mkdir(parents=True, exist_ok=True)
    with (ROOT / stage / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir(parents=True, exist_ok=True)  # the run that held the lock may have finished and cleaned up
        _tell(stage, folder)
        yield Checkpoint(folder)
        shutil.rmtree(folder)
