"""A network in an ONNX file, whatever runs it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.errors import ModelError
from crackpipe.models import shared_weights

CARD = "crackpipe"  # key of the file's metadata


@dataclass(frozen=True, slots=True, eq=False)
class OnnxNetwork:
    """A network that :mod:`crackpipe.models.onnx_export` has written.

    Attributes:
        card: what the file says of it.
        run: RGB levels 0–255 (b, 3, h, w), uint8, to its outputs, float32, in the file's order.
    """

    card: dict[str, Any]
    run: Callable[[UInt8[np.ndarray, "b 3 h w"]], list[Float32[np.ndarray, "b ..."]]]


def expect_file(path: Path) -> None:
    """Check that there is a file.

    Raises:
        ModelError: there is none.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file; write it by `crackpipe export onnx MODEL --out {path}`")


def card_of(path: Path, metadata: Mapping[str, str], *, kind: str) -> dict[str, Any]:
    """What a file's metadata say of its network, after a check of the weights beside it.

    Args:
        path: of the file.
        metadata: its own.
        kind: segmenter or classifier.

    Raises:
        ModelError: it is none of crackpipe's, of another kind, or its weights are others.
    """
    if shared_weights.WEIGHTS in metadata:
        shared_weights.check(path, metadata[shared_weights.WEIGHTS])
    text = metadata.get(CARD)
    if text is None:
        raise ModelError(f"{path}: an ONNX file of another program; write one by `crackpipe export onnx MODEL`")
    card: dict[str, Any] = json.loads(text)
    if card.get("kind") != kind:
        raise ModelError(f"{path}: holds a model of the kind {card.get('kind')!r}, but {kind!r} is needed here")
    return card
