"""What a packed segmenter is: a folder that needs no project. It is told without torch."""

import json
from pathlib import Path

from crackpipe.errors import ModelError


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a segmenter with its settings of inference; see :meth:`TrainedSegmenter.pack`.

    Raises:
        ModelError: its card is damaged.
    """
    path = folder / "model.json"
    try:
        return path.is_file() and "inference" in json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: damaged ({error}); pack the segmenter anew") from None
