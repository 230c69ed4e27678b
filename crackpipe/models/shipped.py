"""Models that come with the package, in ``crackpipe/pretrained``, and how a model is found by its name."""

import os
from pathlib import Path

from crackpipe.errors import ModelError, did_you_mean
from crackpipe.models import cards

FOLDER = (Path(__file__).parent.parent / "pretrained").resolve()
# What commands take where no other is named: `inspect`; `few-shot`, `classify` and `search`; and `load_classifier`.
SEGMENTER, ENCODER, CLASSIFIER = "unet-crack500", "encoder-crack500", "classifier-crack500"


def names(*, kind: str | None = None) -> list[str]:
    """Names of the shipped models, sorted.

    Args:
        kind: of models (segmenter, classifier, clip); ``None`` lists all.
    """
    return cards.names(FOLDER, kind=kind)


def named(name: str | os.PathLike[str], *, kind: str, own: Path) -> Path:
    """Folder of a model that a user names: a folder, or a name, of one of the user's own or of the package.

    Args:
        name: a path that holds a model or has several parts is that folder, whatever it holds.
        kind: of models, as :func:`names` takes it.
        own: folder of the user's own models; looked into before the package.

    Raises:
        ModelError: no model has that name.
    """
    path = Path(name)
    if len(path.parts) != 1 or (path / cards.FILE).is_file():
        return path
    for folder in (own / path, FOLDER / path):
        if (folder / cards.FILE).is_file():
            return folder
    known = [*cards.names(own, kind=kind), *names(kind=kind)]
    called, listed = cards.CALLED.get(kind, kind), ", ".join(known) or "none"
    raise ModelError(
        f"no {called} {path.name!r}; known are {listed}: name one of these, or a folder with one"
        f"{did_you_mean(path.name, known)}"
    )
