"""Metrics as JSON files that DVC and people compare: rounded, sorted, the same figures always the same bytes."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from crackpipe.files import atomic

PLACES = 4


def write_json(path: Path, tree: Any) -> None:
    """Write a tree of dicts, lists, texts and numbers; the file appears whole or not at all.

    Floats are rounded to 4 places. A figure that is not defined (``None``, NaN or infinite) becomes ``null``, because
    JSON has no NaN. Keys are sorted.

    Args:
        path: file to write.
        tree: of dicts, lists, tuples, texts, numbers, booleans and ``None``.

    Raises:
        TypeError: the tree holds something else, or a key that is no text.
    """
    text = json.dumps(_plain(tree, where=""), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    atomic.write_text(path, f"{text}\n")


def _plain(value: Any, *, where: str) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return round(float(value), PLACES) + 0.0 if math.isfinite(value) else None  # + 0.0: no "-0.0"
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"{where or 'the tree'}: got keys {list(value)[:5]}, expected texts")
        return {key: _plain(member, where=f"{where}.{key}".lstrip(".")) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member, where=f"{where}[{index}]") for index, member in enumerate(value)]
    raise TypeError(f"{where or 'the tree'}: got {type(value).__name__}, expected dict, list, text, number or None")
