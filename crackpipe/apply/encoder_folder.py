"""The image-text encoder that a user names: one that comes with the package, was packed, or lies in a project."""

import os
from dataclasses import dataclass
from pathlib import Path

from crackpipe import params
from crackpipe.files import fingerprint
from crackpipe.models import cards, shipped
from crackpipe.models.cards import Card
from crackpipe.params import Params
from crackpipe.params.project import Project

BASE, TUNED = "models/clip_base", "models/clip"  # of a project: before and after its captions
WEIGHTS = "model.safetensors"


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
        """Side of the square patches that it was aligned on, to which those of few-shot heads are squeezed."""
        return int(self.card.get("side_px", self.params.slice.side_px))

    def prompts(self) -> dict[str, list[str]]:
        """Sentences by group of states: those that it was packed with, else those of the project."""
        from crackpipe.clip import prompts  # loads torch

        learned = self.card.get("prompts")
        if learned is None:
            return prompts.groups(**self.params.prompts.model_dump(exclude={"wording"}))
        made_of = {"templates": learned["templates"], "objects": learned["objects"]}
        states = {"flawless": learned["flawless_states"], prompts.OF_WORDING[learned["wording"]]: learned["states"]}
        return {name: prompts.expand(states=those, **made_of) for name, those in states.items()}

    def class_texts(self) -> tuple[list[str], list[str]]:
        """Sentences of no crack and of crack: its own, if it was packed, else of ``few_shot``, else of ``prompts``."""
        from crackpipe.clip import prompts  # loads torch

        if "prompts" in self.card:
            flawless, cracked = self.prompts().values()
            return flawless, cracked
        settings = self.params.few_shot
        if settings.crack_texts:
            return settings.no_crack_texts, settings.crack_texts
        return prompts.sets(**self.params.prompts.model_dump())

    def meant(self, text: str) -> list[str]:
        """Sentences that stand for a text: itself, or prompts that an encoder that was packed has learned.

        Raises:
            ModelError: such an encoder has not learned a word, or the text does not say whether there is a crack.
        """
        from crackpipe.clip import prompts  # loads torch

        learned = {name: value for name, value in self.card.get("prompts", {}).items() if name != "wording"}
        return prompts.meant(text, **learned) if learned else [text]

    def digest(self) -> str:
        """Fingerprint of its weights, by which a few-shot head knows the encoder that it was trained with.

        Raises:
            CrackpipeError: they are missing.
        """
        return fingerprint.of(None, [self.path / WEIGHTS])


def find(
    name: str | os.PathLike[str] | None = None, *, project: Project | None = None, usual: str = BASE
) -> EncoderFolder:
    """Find an encoder.

    Args:
        name: a folder; the name of one that comes with the package, or of one in ``models/`` of the project. ``None``
            takes the project's own, or the package's where no project is named and the working directory's has none.
        project: whose settings are taken. By default that which the encoder lies in, if it was not packed, else that of
            the working directory; where there is none, those of ``conf/config.yaml``.
        usual: the project's own.

    Raises:
        ModelError: there is no such encoder, or its card is damaged.
        ParamsError: something is wrong in ``params.yaml``.
    """
    here = project or Project.at(Path())
    if name is not None:
        path = shipped.named(name, kind="clip", own=(here.root if here else Path()) / "models")
    elif here and (project or (here.path(usual) / cards.FILE).is_file()):
        path = here.path(usual)
    else:
        path = shipped.FOLDER / shipped.ENCODER
    card = cards.read(path, kind="clip")
    above = None if project or "side_px" in card else Project.above(path)
    return EncoderFolder(path, card, above or here or Project(Path(), params.defaults()))
