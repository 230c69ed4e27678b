"""What runs again after an edit: read off DVC's own graph of the demo, without a run."""

import contextlib
import logging
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx

PARAMETERS = [
    *("ingest.demo.photos", "slice.side_px", "train_classifier.epochs", "losses.cross_entropy.label_smoothing"),
    *(
        "calibrate.losses",
        "calibrate.attack.steps",
        "localisation_maps.cam.kind",
        "pseudo_label.soft_location.softness",
    ),
    *("pseudo_label.cam_location.closings", "pseudo_label.cam_location.binarise", "pseudo_label.cam_crf.iterations"),
    *("pseudo_label.keep_px", "ablate.limit", "prompts.wording", "align_clip.epochs", "embed.batch", "retrieve.k"),
    *("few_shot.pool", "few_shot.linear.lr", "few_shot.bootstrap", "embed_windows.views", "train_segmenter.unet.lr"),
    *("train_segmenter.text_adapters.lr", "train_segmenter.augment.contrast", "segment.flips", "self_label.segmenter"),
    *("pseudo_label.self_cam_location.binarise", "evaluate.tolerance_px", "evaluate.gallery_rows", "runtime.workers"),
]
FILES = [
    *("crackpipe/imaging/images.py", "crackpipe/measures/segmentation.py", "crackpipe/classify/losses/flsd.py"),
    *("crackpipe/segment/networks/unet.py", "crackpipe/few_shot/bayesian.py", "crackpipe/clip/prompts.py"),
]


def table(root: Path) -> str:
    """A Markdown table: what is edited, and the stages that run again but for ``check_params`` and ``code``."""
    with indexed(root) as index:
        rows = [("comments, docstrings, formatting", "none")]
        rows += [
            (f"a statement in `{file}`", _listed(following(index, readers_of_file(index, root, file))))
            for file in FILES
        ]
        rows += [(f"`{key}`", _listed(following(index, readers_of_parameter(index, key)))) for key in PARAMETERS]
    return "\n".join(["| edit | stages that run again |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])


@contextlib.contextmanager
def indexed(root: Path) -> Iterator[Any]:
    """DVC's index of the project's dvc.yaml and params.yaml, in a folder of their own."""
    os.environ.setdefault("DVC_NO_ANALYTICS", "1")
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dvc.repo import Repo

        for name in ("dvc.yaml", "params.yaml"):
            shutil.copyfile(root / name, Path(place, name))
        logging.getLogger("dvc").setLevel(logging.WARNING)  # it would tell of the folder
        repo = Repo.init(place, no_scm=True)
        with repo:
            yield repo.index


def readers_of_parameter(index: Any, key: str) -> list[Any]:
    """Stages that list a parameter, or a section that holds it."""
    return [
        stage
        for stage in index.stages
        if any(key == one or key.startswith(f"{one}.") for dep in stage.params for one in dep.params)
    ]


def readers_of_file(index: Any, root: Path, file: str) -> list[Any]:
    """Stages whose module imports a file of the library, directly or not."""
    from crackpipe.files.code_imports import SourceTree, read

    tree = SourceTree(read(root))
    modules = {stage: re.match(r"python -m pipeline\.(\w+)", stage.cmd) for stage in index.stages}
    return [stage for stage, found in modules.items() if found and file in _imported(tree, found[1])]


def _imported(tree: Any, module: str) -> set[str]:
    if module in ("code", "check_params"):
        return set()
    return {line.split("  ")[1] for line in tree.manifest(f"pipeline.{module}").splitlines()}


def following(index: Any, readers: list[Any]) -> list[str]:
    """Names of stages and of all that read what they write, in the order of dvc.yaml."""
    found = {stage.name for reader in readers for stage in {reader, *networkx.ancestors(index.graph, reader)}}
    return [stage.name for stage in index.stages if stage.name in found]


def _listed(names: list[str]) -> str:
    """The stages by name, with the number of cells that run."""
    counts: dict[str, list[str]] = {}
    for name in names:
        stage, _, cell = name.partition("@")
        counts.setdefault(stage, []).append(cell)
    shown = [f"`{stage}`" + (f" ({', '.join(cells)})" if cells != [""] else "") for stage, cells in counts.items()]
    return ", ".join(shown) or "none"
