"""Training that goes on after a kill: its parts and its history, read from a checkpoint and written to it."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from crackpipe.models.checkpoints import Checkpoint

Row = dict[str, Any]


@runtime_checkable  # so that tests can check calls against it
class Stateful(Protocol):
    """A part of a training that has a state: a network, an optimiser, a schedule, a gradient scaler."""

    def state_dict(self) -> dict[str, Any]:
        """State of the part: tensors and plain values."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Take over a state."""


class Resumable:
    """The parts of a training and the rows of its history, as the last saved epoch left them.

    Attributes:
        history: one row per finished epoch, empty at a fresh start; the training appends to it, or replaces it.
        extra: what :meth:`save` was last given beside the parts; empty at a fresh start.
    """

    def __init__(self, checkpoint: Checkpoint, parts: Mapping[str, Stateful]) -> None:
        """Load the saved state into ``parts``; at a fresh start they stay as they are.

        Args:
            checkpoint: of this training.
            parts: by name, the same names in every run.
        """
        self._checkpoint, self._parts = checkpoint, parts
        self.history: list[Row] = []
        self.extra: dict[str, Any] = {}
        state = checkpoint.load()
        if state is not None:
            for name, part in parts.items():
                part.load_state_dict(state["parts"][name])
            self.history, self.extra = state["history"], state["extra"]

    def save(self, extra: Mapping[str, Any] | None = None) -> None:
        """Replace the saved state by the parts and the history as they are now.

        Args:
            extra: further tensors and plain values that a resumed run needs.
        """
        self.extra = dict(extra or {})
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        self._checkpoint.save({"parts": parts, "history": self.history, "extra": self.extra})
