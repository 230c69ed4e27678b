"""What a packed segmenter is: a folder that needs no project. It is told without torch."""

import json
from pathlib import Path


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a segmenter with its settings of inference; see :meth:`TrainedSegmenter.pack`."""
    path = folder / "model.json"
    return path.is_file() and "inference" in json.loads(path.read_text(encoding="utf-8"))
