"""The image-text encoder that a user names: one that comes with the package, was packed, or lies in a project."""

import os
from dataclasses import dataclass
from pathlib import Path

from crackpipe import params
from crackpipe.errors import ModelError, did_you_mean
from crackpipe.models import cards, shipped
from crackpipe.models.cards import Card
from crackpipe.params import Params
from crackpipe.params.project import PARAMS, Project

BASE, TUNED = "models/clip_base", "models/clip"  # of a project: before and after its captions


@dataclass(frozen=True, slots=True)
class EncoderFolder:
    """An encoder on disk, and the settings that it is run with.

    Attributes:
        path: folder of its weights and its card.
        card: what it is; see :mod:`crackpipe.models.cards`.
        project: whose settings are taken.
    """

    path: Path
    card: Card
    project: Project

    @property
    def params(self) -> Params:
        """Settings of the project."""
        return self.project.params

    @property
    def side_px(self) -> int:
        """Side of the square patches that it was aligned on, to which photographs are squeezed."""
        return int(self.card.get("side_px", self.params.slice.side_px))

    def expect_known(self, text: str) -> None:
        """Check that an encoder that was packed has learned all words of a text.

        Raises:
            ModelError: it has not.
        """
        from crackpipe.clip.encoders import vocabulary  # loads torch

        tokens = self.card.get("tokens")
        if tokens is None:
            return
        if unknown := vocabulary.unknown_words(text, tokens):
            raise ModelError(
                f"{self.path.name}: has not learned the word {unknown[0]!r}; it knows the words of its prompts, which "
                "`crackpipe prompts` lists: use these, or name another encoder with --model"
            )


def find(
    name: str | os.PathLike[str] | None = None, *, project: Project | None = None, usual: str = BASE
) -> EncoderFolder:
    """Find an encoder.

    Args:
        name: a folder; the name of one that comes with the package, or of one in ``models/`` of the project. ``None``
            takes the project's own, or the package's where no project is named and the working directory's has none.
        project: by default that of the working directory; where there is none, settings of ``conf/config.yaml``.
        usual: the project's own.

    Raises:
        ModelError: there is no such encoder, or its card is damaged.
        ParamsError: something is wrong in ``params.yaml``.
    """
    opened = project or (Project.open() if PARAMS.is_file() else None)
    if name is None:
        own = opened.path(usual) if opened else None
        name = own if own and (project or (own / cards.FILE).is_file()) else shipped.ENCODER
    path = _folder(Path(name), opened)
    return EncoderFolder(path, cards.read(path, kind="clip"), opened or Project(Path(), params.defaults()))


def _folder(path: Path, project: Project | None) -> Path:
    if path.is_dir() or len(path.parts) != 1:
        return path
    own = project.path("models") / path if project else None
    if own is not None and (own / cards.FILE).is_file():
        return own
    if (found := shipped.folder(path.name)) is not None:
        return found
    known = shipped.names(kind="clip")
    hint = did_you_mean(path.name, known)
    raise ModelError(f"no encoder {path.name!r}; name a folder with one, or one of {', '.join(known)}{hint}")
