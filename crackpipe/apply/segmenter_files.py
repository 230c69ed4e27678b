"""Files and settings of a segmenter that a user names, told without torch.

It comes with the package, was packed, or lies in a project.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe import params
from crackpipe.apply import engines
from crackpipe.apply.engines import GRAPH, Engine
from crackpipe.errors import ModelError
from crackpipe.files import fingerprint
from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength
from crackpipe.measures.pixel_calibration import PixelCalibration
from crackpipe.models import cards, shipped
from crackpipe.models.cards import Card
from crackpipe.params.masks import Segment
from crackpipe.params.project import Project

ENCODER = "encoder"  # folder of a packed segmenter's encoder, below its own
MODELS = "models/segmenter"  # of a project
WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class SegmenterFiles:
    """A segmenter on disk, and how it is run.

    Attributes:
        folder: holds its weights and its card.
        encoder: folder of the image-text encoder, which a text-guided segmenter alone needs.
        card: what it is; see :mod:`crackpipe.models.cards`.
        inference: settings of its run over a photograph, see :class:`crackpipe.segment.inference.segmenter.Inference`.
        max_megapixels: of a photograph.
        geometry: what counts as a crack in its maps.
        project: of which the section ``runtime`` is taken.
        engine: what runs the network.
    """

    folder: Path
    encoder: Path
    card: Card
    inference: Mapping[str, Any]
    max_megapixels: float
    geometry: GeometrySettings
    project: Project
    engine: Engine

    @property
    def folder_name(self) -> str:
        """Last part of its folder."""
        return self.folder.resolve().name

    @property
    def precision(self) -> str:
        """Of its matrix products, as ``runtime.precision``."""
        return engines.precision(self.engine, of_torch=self.project.params.runtime.precision)

    def confidences(self) -> UInt8[np.ndarray, "256"]:
        """What each level (0–255) of its maps becomes, so that confidences hold; see :mod:`.pixel_calibration`."""
        return PixelCalibration(**self.card.get("confidence", {})).table()

    def with_risk(self, risk: float | None) -> "SegmenterFiles":
        """The same segmenter, which counts as crack what misses no more than a share of crack length.

        Args:
            risk: in (0, 1), in the mean over structures like those of its validation; ``None`` changes nothing.

        Raises:
            ModelError: its card has no such levels, or none promises so little.
        """
        if risk is None:
            return self
        if "missed" not in self.card:
            raise ModelError(
                f"{self.folder}: its card does not tell what it misses, so that no risk can be chosen; name it in "
                "bench.segmenters of its project, run `dvc repro bench`, and pack it again"
            )
        missed = MissedLength(**self.card["missed"])
        level = missed.level(risk)
        if level is None:
            least = math.ceil(1000 * missed.least()) / 1000
            raise ModelError(f"--risk {risk:g}: {self.folder_name} can promise {least:g} at the least; ask for that")
        share = min(1.0, level / self.geometry.level)
        return self.with_geometry(level=level, certain=self.geometry.certain * share)

    def with_geometry(self, **changes: float | None) -> "SegmenterFiles":
        """The same segmenter with other settings of what counts as a crack; ``None`` leaves one as it is."""
        given = {key: value for key, value in changes.items() if value is not None}
        return replace(self, geometry=replace(self.geometry, **given))

    def with_inference(self, **changes: Any) -> "SegmenterFiles":
        """The same segmenter with other settings of inference."""
        return replace(self, inference=dict(self.inference) | changes)

    def digest(self) -> str:
        """Digest of all that decides a mask besides its photograph: weights, card, settings, engine, precision."""
        folders = [self.folder] + ([self.encoder] if (self.encoder / cards.FILE).is_file() else [])
        files = [folder / name for folder in folders for name in (cards.FILE, WEIGHTS)]
        if self.engine != "torch":
            files.append(self.folder / GRAPH)
        values = {"engine": self.engine, "precision": self.precision}
        return fingerprint.of(values | {"inference": dict(self.inference), "geometry": asdict(self.geometry)}, files)


def find(
    name: str | os.PathLike[str] | None,
    *,
    project: Project | None = None,
    encoder: str | os.PathLike[str] | None = None,
    engine: Engine | None = None,
    device: str | None = None,
) -> SegmenterFiles:
    """Find a segmenter.

    Args:
        name: a folder; the name of one that comes with the package, see :mod:`crackpipe.models.shipped`, or of one in
            ``models/segmenter`` of the project. ``None`` takes the shipped one.
        project: where a name is looked up before the package, and whose settings a segmenter takes that is not packed.
            By default the project that its folder lies in, or that of the working directory; where there is none, the
            settings of ``conf/config.yaml``.
        encoder: folder of the image-text encoder of a text-guided segmenter; by default the one that is packed with
            it, ``models/clip`` of the project, or ``clip`` beside the folder of segmenters.
        engine: what runs the network; by default see :func:`crackpipe.apply.engines.choose`.
        device: ``auto``, ``cpu`` or ``cuda``; by default what ``runtime.device`` says.

    Raises:
        CrackpipeError: a package that the engine needs is not installed.
        ModelError: there is no such segmenter, its card is damaged or of another version, or it has no file for the
            engine.
        ParamsError: something is wrong in ``params.yaml``, or onnxruntime is asked for on a graphics card.
    """
    folder = folder_of(name, project)
    card = cards.read(folder, kind="segmenter")
    if "inference" in card:  # it was packed, and needs no project
        _check_packed(folder, card)
        settings, max_megapixels = card["inference"], float(card["max_megapixels"])
        opened = project or Project(folder, params.defaults())
    else:
        opened = project or Project.above(folder) or Project(folder.resolve().parent.parent, params.defaults())
        settings = opened.params.segment.model_dump(exclude={"splits"})
        max_megapixels = opened.params.ingest.max_megapixels
    inside, beside = folder / ENCODER, opened.root / ("clip" if opened.root.name == "models" else "models/clip")
    clip = Path(encoder) if encoder is not None else inside if inside.is_dir() else beside
    geometry = GeometrySettings(**card.get("geometry", {}))
    device = device or opened.params.runtime.device
    chosen = engines.choose(folder, asked=engine, device=device)
    engines.check(folder, card, chosen, device=device)
    return SegmenterFiles(folder, clip, card, settings, max_megapixels, geometry, opened, chosen)


def folder_of(name: str | os.PathLike[str] | None, project: Project | None) -> Path:
    """Folder of a segmenter; arguments as of :func:`find`. A folder that is named is not looked into.

    Raises:
        ModelError: no segmenter has that name.
    """
    if name is None:
        return shipped.FOLDER / shipped.SEGMENTER
    return shipped.named(name, kind="segmenter", own=(project.root if project else Path()) / MODELS)


def _check_packed(folder: Path, card: Card) -> None:
    """Check that a packed segmenter tells the settings that this version knows.

    Raises:
        ModelError: it lacks some, or tells others.
    """
    whole = {"inference", "max_megapixels", *(f"inference.{name}" for name in Segment.model_fields if name != "splits")}
    told = whole & set(card) | {f"inference.{name}" for name in card["inference"]}
    lacking, unknown = sorted(whole - told), sorted(told - whole)
    known = {field.name for field in fields(GeometrySettings)}
    unknown += [f"geometry.{name}" for name in card.get("geometry", {}) if name not in known]
    for key, kind in (("confidence", PixelCalibration), ("missed", MissedLength)):
        names = {field.name for field in fields(kind)}
        unknown += [f"{key}.{name}" for name in card.get(key, {}) if name not in names]
        lacking += [f"{key}.{name}" for name in sorted(names) if key in card and name not in card[key]]
    if lacking or unknown:
        differs = [f"{', '.join(lacking)} missing"] * bool(lacking) + [f"{', '.join(unknown)} unknown"] * bool(unknown)
        raise ModelError(
            f"{folder / cards.FILE}: {' and '.join(differs)}: packed by another version of crackpipe; pack the "
            "segmenter again with this one, `crackpipe pack`"
        )


def packed_card(files: SegmenterFiles) -> Card:
    """The card of a segmenter that is packed: with its settings of inference and of what counts as a crack."""
    settings = {"inference": dict(files.inference), "max_megapixels": files.max_megapixels}
    return files.card | settings | {"geometry": asdict(files.geometry)}
