"""Cards of trained models: ``model.json`` beside the weights says what they are and how they are run."""

import json
from pathlib import Path
from typing import Any

from crackpipe.errors import ModelError

FILE = "model.json"
Card = dict[str, Any]
CALLED = {"clip": "encoder"}  # kinds that users know by another name


def text(card: Card) -> str:
    """Write a card as JSON; the same text every time."""
    return json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def values_of(path: Path) -> Card:
    """Read a card of any kind.

    Args:
        path: of the card itself.

    Raises:
        ModelError: the card is damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: damaged ({error}); write the model anew") from None
    if not isinstance(values, dict):
        raise ModelError(
            f"{path}: holds {values!r:.40}, but a card is expected: names and values; write the model anew"
        )
    return values


def read(folder: Path, *, kind: str) -> Card:
    """Read a model's card and check that it describes a ``kind`` (classifier, compared_classifier, clip, segmenter).

    Raises:
        ModelError: the folder holds no model, one of another kind, or a card that is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        beside = names(folder.parent, kind=kind)
        others = f"; there are {', '.join(beside)}" if beside else ""
        raise ModelError(
            f"{folder}: no {FILE} here; run `dvc repro` to train the {CALLED.get(kind, kind)}, or name another{others}"
        )
    values = values_of(path)
    if values.get("kind") != kind:
        held, needed = (CALLED.get(name, name) for name in (str(values.get("kind")), kind))
        raise ModelError(
            f"{folder}: holds a model of the kind {held!r}, but {needed!r} is needed here; `crackpipe models` lists "
            "both"
        )
    return values


def names(folder: Path, *, kind: str | None) -> list[str]:
    """Names of the models in a folder, sorted; one whose card is damaged has no kind.

    Args:
        folder: holds a folder for each model; nothing where it is missing.
        kind: of models; ``None`` takes any.
    """
    found = sorted(folder.glob(f"*/{FILE}"))
    return [card.parent.name for card in found if kind is None or _kind(card) == kind]


def _kind(card: Path) -> str:
    try:
        return str(values_of(card).get("kind", ""))
    except ModelError:
        return ""


def kind(folder: Path) -> str:
    """What a folder holds, as its card says; empty where there is no card, or one that does not say it.

    Raises:
        ModelError: the card is damaged.
    """
    path = folder / FILE
    return str(values_of(path).get("kind", "")) if path.is_file() else ""
