"""A segmenter with all that it needs in a folder of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crackpipe.apply import export, segmenter_files
from crackpipe.apply.segmenter_files import ENCODER, SegmenterFiles
from crackpipe.errors import CrackpipeError
from crackpipe.models import cards, model_files, onnx_export
from crackpipe.params import extensions
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


def check(files: SegmenterFiles, folder: Path, *, graph: bool) -> None:
    """Check that a segmenter can be packed, before any other work.

    Raises:
        CrackpipeError, ModelError: as :func:`pack`.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CrackpipeError(f"{folder}: is there already; name a folder that is new or empty")
    if files.card["architecture"] in extensions.found(extensions.Network):
        raise CrackpipeError(f"{files.folder}: a network of extensions/ cannot be packed, as its code would be missing")
    if graph:
        onnx_export.check_packages()
        export.check_form(files.folder)
