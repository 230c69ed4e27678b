"""A model with all that it needs in a folder of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crackpipe.apply import export, segmenter_files
from crackpipe.apply.segmenter_files import ENCODER, SegmenterFiles
from crackpipe.clip import prompts
from crackpipe.clip.encoders import vocabulary
from crackpipe.errors import CrackpipeError
from crackpipe.models import cards, model_files, onnx_export
from crackpipe.params import extensions
from crackpipe.params.project import Project
from crackpipe.segment.networks import catalogue


def pack(files: SegmenterFiles, folder: Path, *, half: bool, graph: bool, told: Mapping[str, Any]) -> None:
    """Write a segmenter; see :meth:`crackpipe.apply.trained_segmenter.TrainedSegmenter.pack`.

    Raises:
        CrackpipeError: the folder holds something, the network is an extension, or a package is missing.
        ModelError: the network has no form in ONNX.
    """
    check(files, folder, graph=graph)
    source = files.folder
    if not catalogue.has(files.card["architecture"]):
        model_files.copy(files.encoder, folder / ENCODER, cards.read(files.encoder, kind="clip"), half=half)
    model_files.copy(source, folder, segmenter_files.packed_card(files) | dict(told), half=half)
    if graph:
        export.export_graph(folder)


@dataclass(frozen=True, slots=True)
class Benched:
    """What the stage bench has found of a segmenter.

    Attributes:
        cracks: what counts as a crack, see :class:`crackpipe.measures.geometry.GeometrySettings`.
        told: for its card: ``tuned`` (of validation), ``figures`` (by source of test photographs), and the rest of what
            :func:`crackpipe.tune.bench.run` returns.
    """

    cracks: Mapping[str, float]
    told: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """A sentence."""
        tuned, cracks = self.told["tuned"], self.cracks
        quiet = " and ".join(
            f"{100 * share:.0f} % of {QUIET_OF[kind]}" for kind, share in sorted(tuned["quiet"].items())
        )
        return (
            f"crack from {cracks['level']:g} on, somewhere {cracks['certain']:g}, {cracks['min_length_px']:g} px long: "
            f"F1 {100 * tuned['f1']:.1f} on val; left alone are {quiet}"
        )


QUIET_OF = {
    "squares": "crack-free squares",
    "photographs": "photographs without a crack",
    "drawn": "drawn surfaces without a crack",
}


def benched(files: SegmenterFiles) -> Benched | None:
    """What the stage bench has found of a segmenter; ``None`` where ``bench.segmenters`` does not name it.

    Raises:
        CrackpipeError: it is named, but the stage has not run.
    """
    own = files.project.path(segmenter_files.MODELS) / files.folder_name
    if files.folder.resolve() != own.resolve() or files.folder_name not in files.project.params.bench.segmenters:
        return None
    path = files.project.path(f"metrics/bench-{files.folder_name}.json")
    if not path.is_file():
        raise CrackpipeError(f"{path}: not there; run `dvc repro bench` first")
    found = json.loads(path.read_text(encoding="utf-8"))
    told = {"tuned": found["val"], "figures": found["test"]}
    told |= {name: found[name] for name in ("confidence", "crack_free", "missed", "pixels", "risk")}
    return Benched(found["cracks"], told)


def pack_encoder(
    source: Path, folder: Path, *, project: Project, half: bool, told: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Write an image-text encoder before captions; a small one knows the words of its prompts, and no others.

    Args:
        source: folder of the encoder.
        folder: gets ``model.safetensors``, and ``model.json`` with the side of the patches that it was aligned on.
        project: in which it was trained.
        half: weights in float16, in half the room.
        told: what its card tells beside that.

    Raises:
        CrackpipeError: the folder holds something.
        ModelError: the source holds no encoder.
    """
    _expect_new(folder)
    card = {"side_px": project.params.slice.side_px} | cards.read(source, kind="clip") | dict(told)
    if card["architecture"] != "dual" or "tokens" in card:
        model_files.copy(source, folder, card, half=half)
        return
    settings = project.params.prompts
    flawless, damaged = prompts.sets(**settings.model_dump())
    tokens = vocabulary.tokens_of([*flawless, *damaged])
    tensors = vocabulary.cut(model_files.weights(source / segmenter_files.WEIGHTS), tokens)
    learned = {
        "wording": settings.wording,
        "templates": settings.templates,
        "objects": list(dict.fromkeys(name for surface in settings.surfaces for name in settings.objects[surface])),
        "flawless_states": settings.flawless_states,
        "states": settings.crack_states if settings.wording == "crack" else settings.damaged_states,
    }
    model_files.write(folder, tensors, card | {"tokens": tokens, "prompts": learned}, half=half)


def pack_classifier(source: Path, folder: Path, *, half: bool, told: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Write a patch classifier.

    Args:
        source, folder, half, told: see :func:`pack_encoder`.

    Raises:
        CrackpipeError: the folder holds something.
        ModelError: the source holds no classifier.
    """
    _expect_new(folder)
    model_files.copy(source, folder, cards.read(source, kind="classifier") | dict(told), half=half)


def _expect_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CrackpipeError(f"{folder}: is there already; name a folder that is new or empty")


def check(files: SegmenterFiles, folder: Path, *, graph: bool) -> None:
    """Check that a segmenter can be packed, before any other work.

    Raises:
        CrackpipeError, ModelError: as :func:`pack`.
    """
    _expect_new(folder)
    if files.card["architecture"] in extensions.found(extensions.Network):
        raise CrackpipeError(f"{files.folder}: a network of extensions/ cannot be packed, as its code would be missing")
    if graph:
        onnx_export.check_packages()
        export.check_form(files.folder)
