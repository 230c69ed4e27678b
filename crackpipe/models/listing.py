"""Trained models that a user can name: those of the package, and those of a project."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crackpipe.errors import ModelError
from crackpipe.models import cards, shipped

PROJECT = "models"  # folder of a project's models
USED_BY = {
    "segmenter": "inspect",
    "encoder": "few-shot, classify, search, prompts",
    "classifier": "crackpipe.load_classifier() in Python",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A model on disk.

    Attributes:
        name: by which commands know it.
        where: ``package``, or the folder.
        kind: segmenter, classifier or encoder; ``damaged`` where its card cannot be read.
        architecture: of its network.
        about: what it was trained on, where its card tells.
        megabytes: of its weights.
    """

    name: str
    where: str
    kind: str
    architecture: str
    about: str
    megabytes: float


def listed(project: Path | None) -> Iterator[Listed]:
    """List the package's models, then those of a project, each by name.

    Args:
        project: folder of a project; ``None`` lists the package's alone.
    """
    for name in shipped.names():
        yield _listed(shipped.FOLDER / name, where="package")
    found = [] if project is None else sorted((project / PROJECT).rglob(cards.FILE))
    for path in found:
        yield _listed(path.parent, where=str(path.parent))


def _listed(folder: Path, *, where: str) -> Listed:
    try:
        card = cards.values_of(folder / cards.FILE)
        kind, architecture = cards.CALLED.get(card["kind"], str(card["kind"])), str(card["architecture"])
    except (ModelError, KeyError):
        card, kind, architecture = {}, "damaged", ""
    weights = folder / "model.safetensors"
    size = weights.stat().st_size / 1e6 if weights.is_file() else 0.0
    about = str(card.get("about") or card.get("labels") or "")
    return Listed(folder.name, where, kind, architecture, about, size)
