"""What the folders ``results/<name>/`` tell of our runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError


@dataclass(frozen=True, slots=True)
class Run:
    """What a results folder tells: its name, its parameters, and its metrics by topic (the files' names)."""

    name: str
    params: dict[str, Any]
    metrics: dict[str, Any]


def record(folder: Path) -> dict[str, Any]:
    """What ``run.json`` tells of a run.

    Raises:
        CrackpipeError: the folder holds no run.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise CrackpipeError(
            f"{folder}: holds no run (run.json is missing); "
            f"write one with `crackpipe run DATASET --results {folder.name}`"
        )
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        CrackpipeError: the folder holds no run, or not its parameters.
    """
    from ruamel.yaml import YAML

    record(folder)
    path = folder / "params.yaml"
    if not path.is_file():
        raise CrackpipeError(f"{path}: is missing, and with it how the rows were trained; run it again")
    metrics = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("metrics/*.json")}
    return Run(folder.name, YAML(typ="safe").load(path.read_text(encoding="utf-8")), metrics)


def training(folder: Path) -> str:
    """How long each segmenter of a run was trained, and how its maps were made; empty where none was."""
    run = read(folder)
    own, how = run.params["train_segmenter"], run.params.get("segment", {})
    trained = [name for name in run.metrics.get("segmentation", {}) if name in own]
    if not trained:
        return ""
    scales = ", ".join(str(scale) for scale in how.get("scales", [1.0]))
    maps = f"Maps at scales {scales}, darkness share {how.get('dark_share', 0.0)}."
    return f"Trained: {'; '.join(_effort(name, own[name]) for name in trained)}. {maps}"


def _effort(name: str, settings: dict[str, Any]) -> str:
    if "steps" not in settings:
        return f"{name} {settings['epochs']} epochs"
    return f"{name} {settings['steps']} steps, width {settings['width']}, encoder's weights {settings['weights']}"
