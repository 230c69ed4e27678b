"""What runs again after an edit: read off DVC's own graph of the demo, without a run."""

import contextlib
import functools
import logging
import operator
import os
import re
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx

PARAMETERS = [
    *("ingest.demo.photos", "slice.side_px", "train_classifier.epochs", "losses.aicl.weight"),
    *(
        "calibrate.losses",
        "calibrate.attack.steps",
        "calibrate.test_patches",
        "localisation_maps.cam.kind",
        "pseudo_label.soft_location.softness",
    ),
    *("pseudo_label.cam_location.closings", "pseudo_label.cam_location.binarise", "pseudo_label.cam_crf.iterations"),
    *("pseudo_label.keep_px", "ablate.limit", "prompts.wording", "align_clip.epochs", "embed.batch", "retrieve.k"),
    *("few_shot.pool", "few_shot.linear.lr", "few_shot.bootstrap", "embed_windows.views", "train_segmenter.unet.lr"),
    *("train_segmenter.text_adapters.lr", "train_segmenter.augment.contrast", "segment.flips", "self_label.segmenter"),
    *("pseudo_label.self_cam_location.binarise", "evaluate.tolerance_px", "evaluate.gallery_rows", "runtime.workers"),
]
MOST = 4  # stages that are named one by one
FILES = [
    *("crackpipe/imaging/images.py", "crackpipe/measures/segmentation.py", "crackpipe/classify/losses/focal.py"),
    *(
        "crackpipe/params/losses.py",
        "crackpipe/segment/networks/unet.py",
        "crackpipe/few_shot/bayesian.py",
        "crackpipe/clip/prompts.py",
    ),
]


def table(root: Path) -> str:
    """A Markdown table: what is edited, the stages that read it, and those that follow where outputs change.

    ``check_params`` and ``code`` are left out.
    """
    with indexed(root) as index:
        check_keys(root / "params.yaml")
        readers = {f"a statement in `{file}`": readers_of_file(index, root, file) for file in FILES}
        readers |= {f"`{key}`": readers_of_parameter(index, key) for key in PARAMETERS}
        rows = [
            f"| {edit} | {_listed([one.name for one in index.stages if one in mine])} | {_others(index, mine)} |"
            for edit, mine in readers.items()
        ]
    heading = ["| edit | stages that read it | that follow, where outputs change |", "| --- | --- | --- |"]
    return "\n".join([*heading, "| comments, docstrings, formatting | none | none |", *rows])


def _others(index: Any, readers: list[Any]) -> str:
    names = {stage.name for stage in readers}
    others = [name for name in following(index, readers) if name not in names]
    stages = {name.partition("@")[0] for name in others}
    return _listed(others) if len(stages) <= MOST else f"{len(others)} of {len(index.stages)}, the last `{others[-1]}`"


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


def check_keys(params: Path) -> None:
    """Check that the parameters of the table are there.

    Raises:
        KeyError: one is not.
    """
    from ruamel.yaml import YAML

    tree = YAML(typ="safe").load(params.read_text(encoding="utf-8"))
    for key in PARAMETERS:
        functools.reduce(operator.getitem, key.split("."), tree)


def readers_of_parameter(index: Any, key: str) -> list[Any]:
    """Stages that list a parameter, or a section that holds it."""
    return [
        stage
        for stage in index.stages
        if any(key == one or key.startswith(f"{one}.") for dep in stage.params for one in dep.params)
    ]


def readers_of_file(index: Any, root: Path, file: str) -> list[Any]:
    """Stages whose module imports a file of the library, directly or not."""
    from ruamel.yaml import YAML

    from crackpipe.files import stage_code
    from crackpipe.files.code_imports import read

    described = YAML(typ="safe").load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    texts = read(root)
    assert file in texts, file
    manifests = stage_code.manifests(texts, described)
    modules = {stage: re.match(r"python -m pipeline\.(\w+)", stage.cmd) for stage in index.stages}
    mine = [module for module, text in manifests.items() if f"  {file}\n" in text and module != "check_params"]
    return [stage for stage, found in modules.items() if found and found[1] in mine]


def following(index: Any, readers: list[Any]) -> list[str]:
    """Names of stages and of all that read what they write, in the order of dvc.yaml."""
    found = {stage.name for reader in readers for stage in {reader, *networkx.ancestors(index.graph, reader)}}
    return [stage.name for stage in index.stages if stage.name in found]


def _listed(names: list[str]) -> str:
    """The stages by name, with the number of cells where there are several."""
    counts = Counter(name.partition("@")[0] for name in names)
    return ", ".join(f"`{stage}`" + (f" × {count}" if count > 1 else "") for stage, count in counts.items()) or "none"
