"""Records of our runs, read from the folders ``results/<name>/``."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError


@dataclass(frozen=True, slots=True)
class Run:
    """One folder of results.

    Attributes:
        name: the folder's.
        params: tree of its ``params.yaml``.
        metrics: trees of its ``metrics/*.json``, by their names.
        seconds: wall time of each stage, by its name in dvc.yaml.
        beside: stages that may have run beside another, so that they took longer.
        made_by: fingerprint of the code (of earlier runs the commit), processor and PyTorch's version; ``None`` where
            they are not known.
    """

    name: str
    params: dict[str, Any]
    metrics: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    made_by: dict[str, str | None] = field(default_factory=dict)


def record(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` of a run: date, commit, overrides, machine and seconds of each stage.

    Args:
        folder: of the run.

    Raises:
        CrackpipeError: the folder holds no run.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise CrackpipeError(
            f"{folder}: holds no run (run.json is missing); "
            f"write one with `crackpipe run DATASET --results {folder.name}`"
        )
    tree: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return tree


def read(folder: Path) -> Run:
    """Read the run in a folder of results.

    Args:
        folder: of the run.

    Raises:
        CrackpipeError: the folder holds no run, or not its parameters.
    """
    told = record(folder)
    run = _run(folder, missing="is missing, and with it how the rows were trained; run it again")
    seconds: dict[str, float] = told["seconds"]
    beside = told.get("beside", list(seconds) if told.get("jobs", 1) > 1 else [])  # earlier runs do not tell which
    machine = told["machine"]
    code, processor = told.get("code") or told["commit"], machine["gpu"] or machine["processor"]
    made_by = {"code": code, "processor": processor, "torch": machine["torch"]}
    return replace(run, seconds=seconds, beside=frozenset(beside), made_by=made_by)


def of_project(folder: Path) -> Run:
    """Read the run of a project itself, whose seconds are not known.

    Args:
        folder: in which the pipeline has run.

    Raises:
        CrackpipeError: the folder has no parameters.
    """
    return _run(folder, missing="is missing; name a project whose pipeline has run")


def _run(folder: Path, *, missing: str) -> Run:
    from ruamel.yaml import YAML

    path = folder / "params.yaml"
    if not path.is_file():
        raise CrackpipeError(f"{path}: {missing}")
    metrics = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("metrics/*.json")}
    return Run(folder.resolve().name, YAML(typ="safe").load(path.read_text(encoding="utf-8")), metrics)


def at(tree: Any, path: str) -> Any:
    """Value under the keys of ``path``, which dots part; ``None`` where there is nothing."""
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def training(folder: Path) -> str:
    """A sentence on the training of each segmenter of a run and on its maps; empty where the run has none.

    Args:
        folder: of the run.

    Raises:
        CrackpipeError: the folder holds no run, or not its parameters.
    """
    run = read(folder)
    settings, inference = run.params["train_segmenter"], run.params.get("segment", {})
    trained = [name for name in run.metrics.get("segmentation", {}) if name in settings]
    if not trained:
        return ""
    scales = ", ".join(str(scale) for scale in inference.get("scales", [1.0]))
    halves = " and halves of it" if inference.get("octaves_px") else ""
    maps = f"Maps at scales {scales}{halves}, darkness share {inference.get('dark_share', 0.0)}."
    return f"Trained: {'; '.join(_effort(name, settings[name]) for name in trained)}. {maps}"


def _effort(name: str, settings: dict[str, Any]) -> str:
    if "width" not in settings:
        return f"{name} {length(settings)}"
    return f"{name} {length(settings)}, width {settings['width']}, encoder's weights {settings['weights']}"


def length(settings: dict[str, Any]) -> str:
    """How long a segmenter was trained: its steps, or its epochs.

    Args:
        settings: of its section of ``train_segmenter``.
    """
    return f"{settings['steps']} steps" if settings.get("steps") else f"{settings['epochs']:g} epochs"
