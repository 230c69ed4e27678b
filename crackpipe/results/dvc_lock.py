"""DVC's lock file in a clone that runs one dataset with several sets of overrides.

DVC keeps what earlier overrides have left: entries of ``dvc.lock``, and outputs such as the masks of a segmenter that
is no longer asked for. They are taken out of the clone; its cache still holds them, and gives them back when the same
stage is asked for again.
"""

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from crackpipe.files import atomic


def drop_others(folder: Path, *, keep: Collection[str], aside: Path | None = None) -> list[str]:
    """Take entries that are no stage of ``keep`` out of ``dvc.lock``, with their outputs; return their names, sorted.

    Outputs that a stage of ``keep`` writes, too, stay.

    Args:
        folder: holds ``dvc.lock``.
        keep: names of stages, with the names of their cells.
        aside: folder that the outputs are moved to, in place of what an earlier call has moved there; ``None`` removes
            them.
    """
    stages = _stages(folder)
    dropped = sorted(stages.keys() - set(keep))
    if not dropped:
        return []
    needed = {out["path"] for name in stages.keys() & set(keep) for out in stages[name].get("outs", [])}
    left = {out["path"] for name in dropped for out in stages[name].get("outs", [])} - needed
    for place in sorted(left):
        if aside is not None and (folder / place).exists():
            _remove(aside / place)
            (aside / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).rename(aside / place)
        else:
            _remove(folder / place)
    path, yaml = folder / "dvc.lock", YAML()
    yaml.default_flow_style = False  # as DVC writes it
    tree = yaml.load(path.read_text(encoding="utf-8"))
    for name in dropped:
        del tree["stages"][name]
    with atomic.replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        yaml.dump(tree, stream)
    return dropped


@dataclass(frozen=True, slots=True)
class Took:
    """How long a stage took.

    Attributes:
        seconds: wall time.
        beside: whether another ran beside it.
    """

    seconds: float
    beside: bool = False


def remember(
    folder: Path, took: Mapping[str, Took], *, ran: Collection[str], history: Path, others: Collection[Path] = ()
) -> None:
    """Note how long stages took, each under the command, inputs and parameters that DVC's lock file gives for it.

    Args:
        folder: a clone of the project.
        took: of the last time that a stage of this name ran, on whatever inputs.
        ran: the stages that have just run; of the others only those are noted of which nothing is known yet.
        history: JSON file of the notes; made where it is missing.
        others: files of notes of other clones, whose results this one may have been given.
    """
    by_inputs = _history(history)
    known = _all(history, others)
    for name, entry in _stages(folder).items():
        inputs = _fingerprint(entry)
        if name in took and (name in ran or inputs not in known):
            by_inputs[inputs] = took[name]
    atomic.write_text(history, json.dumps({inputs: asdict(one) for inputs, one in by_inputs.items()}))


def recall(folder: Path, *, history: Path, others: Collection[Path] = ()) -> dict[str, Took]:
    """How long each stage of the lock file took, as noted when it ran on the same inputs; sorted by name.

    Args:
        folder: a clone of the project.
        history, others: files that :func:`remember` wrote; what ``history`` says comes first.
    """
    known = _all(history, others)
    fingerprints = {name: _fingerprint(entry) for name, entry in sorted(_stages(folder).items())}
    return {name: known[inputs] for name, inputs in fingerprints.items() if inputs in known}


def outputs(folder: Path, *, stages: Collection[str]) -> set[str]:
    """Paths that these stages of the lock file have written, relative to ``folder``."""
    return {out["path"] for name, entry in _stages(folder).items() if name in stages for out in entry.get("outs", [])}


def _stages(folder: Path) -> dict[str, Any]:
    path = folder / "dvc.lock"
    if not path.is_file():
        return {}
    stages: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["stages"]
    return stages


def _fingerprint(entry: Mapping[str, Any]) -> str:
    """Digest of the command, the inputs and the parameters of a stage."""
    inputs = [[dep["path"], dep.get("md5")] for dep in entry.get("deps", [])]
    text = json.dumps([entry["cmd"], inputs, entry.get("params", {})], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _all(history: Path, others: Collection[Path]) -> dict[str, Took]:
    """Notes of all files; those of ``history`` in place of others on the same inputs."""
    known: dict[str, Took] = {}
    for path in (*others, history):
        known |= _history(path)
    return known


def _history(path: Path) -> dict[str, Took]:
    notes = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    # notes of an earlier version are seconds alone
    return {inputs: Took(**one) if isinstance(one, dict) else Took(one) for inputs, one in notes.items()}


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
