"""The papers' tables, each with those rows of our runs that belong to it.

The papers' figures lie in ``published.json``, where each table also says (``ours``) which of our rows it takes; ours
are read from the folders ``results/<name>/``.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError

UNTRAINED, TRUTH = "none", "truth"  # labels of the baselines, and of fully supervised training


@dataclass(frozen=True, slots=True)
class Cell:
    """Scores of one method on one set of photographs, in percent; ``n`` photographs, ``None`` where not told."""

    ods: float
    ois: float
    ap: float
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One method; a cell per column, ``None`` where there is no figure. ``run`` names whose it is."""

    run: str
    name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Published rows, then ours; ``columns`` are (name, photographs in the paper)."""

    title: str
    source: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    readme: bool


def published() -> dict[str, Any]:
    """``sources`` (short name → citation) and ``tables``."""
    tree: dict[str, Any] = json.loads((files("crackpipe") / "published.json").read_text(encoding="utf-8"))
    return tree


@dataclass(frozen=True, slots=True)
class Run:
    """What a results folder tells: its name, its parameters, and its metrics by topic (the files' names)."""

    name: str
    params: dict[str, Any]
    metrics: dict[str, dict[str, Any]]


def tables(folders: Sequence[Path]) -> list[Table]:
    """Every published table with the rows of these runs that belong to it and have a figure in its columns.

    Runs that share stages share figures: a row that an earlier run has too, name and figures, is not repeated.

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    runs = [_read(folder) for folder in folders]
    return [_table(table, runs) for table in published()["tables"]]


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


def training(folder: Path) -> str:
    """How long each segmenter of a run was trained, and how its maps were made; empty where none was."""
    run = _read(folder)
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


def _read(folder: Path) -> Run:
    from ruamel.yaml import YAML

    record(folder)
    path = folder / "params.yaml"
    if not path.is_file():
        raise CrackpipeError(f"{path}: is missing, and with it how the rows were trained; run it again")
    metrics = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("metrics/*.json")}
    return Run(folder.name, YAML(typ="safe").load(path.read_text(encoding="utf-8")), metrics)


def _table(given: dict[str, Any], runs: Sequence[Run]) -> Table:
    keys = [column["key"] for column in given["columns"]]
    columns = tuple((column["name"], column["n"]) for column in given["columns"])
    rows = [Row("", row["name"], tuple(value and Cell(*value) for value in row["values"])) for row in given["rows"]]
    seen: set[tuple[str, tuple[Cell | None, ...]]] = set()
    for run in runs:
        for name, sources in _ours(run, given["ours"]):
            cells = tuple(_cell(sources, key, where=f"{run.name}: {name}") for key in keys)
            if any(cells) and (name, cells) not in seen:
                seen.add((name, cells))
                rows.append(Row(run.name, name, cells))
    notes = [f"Published rows: {given['table']} of {given['source']}.", *given["remarks"]]
    notes += _other_photographs(columns, rows)
    return Table(given["title"], given["source"], columns, tuple(rows), tuple(notes), given["readme"])


def _ours(run: Run, choice: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name, {source: {split: scores}}) of the rows of one run that a table takes; ``choice`` is its ``ours``."""
    tree = run.metrics.get(choice["metrics"], {})
    if choice["metrics"] == "segmentation":
        yield from _segmenters(run, segmenters=choice["segmenters"], labels=choice["labels"], semi=choice["unlabelled"])
        if choice["pseudo_labels"]:  # scored on the same photographs; baselines are among the segmenters already
            for method, sources in run.metrics.get("pseudo_labels", {}).items():
                # self-training's labels of photographs without patch labels are the teacher's own masks
                if method not in tree and not method.startswith("self_"):
                    yield f"{method}, without a segmenter", sources
    elif choice["metrics"] == "pseudo_labels":
        yield from tree.items()
    else:
        for method, variants in tree.items():
            for variant, sources in variants.items():
                yield f"{method}, {variant.replace('_', ' ')}", sources


def _segmenters(
    run: Run, *, segmenters: list[str] | None, labels: list[str] | None, semi: bool
) -> Iterator[tuple[str, Any]]:
    """Those segmenters on those labels; ``None`` takes all.

    Rows that were also trained on pseudo-labels of unlabelled photographs (``train_segmenter.unlabelled``) belong to
    the table about that (``semi``) and to no other, as the others keep to training photographs.
    """
    unlabelled = run.params["train_segmenter"].get("unlabelled") or []
    for segmenter, by_labels in run.metrics.get("segmentation", {}).items():
        for name, sources in by_labels.items():
            label = run.params["pseudo_label"]["method"] if name == "pseudo" else name  # how earlier runs call it
            named = (segmenters is None or segmenter in segmenters) and (labels is None or label in labels)
            added = [] if label in (UNTRAINED, TRUTH) else unlabelled
            if named and (semi or not added):
                yield _segmenter_name(segmenter, label, trained_on=["train", *added] if semi else []), sources


def _segmenter_name(segmenter: str, label: str, *, trained_on: Sequence[str]) -> str:
    told = {UNTRAINED: "no training", TRUTH: "ground truth"}.get(label, f"{label} labels")
    return ", ".join([segmenter, told, *([" + ".join(trained_on)] if trained_on else [])])


def _cell(sources: dict[str, Any], key: str, *, where: str) -> Cell | None:
    """The cell of column ``<source>.<split>``."""
    source, split = key.split(".")
    scores = sources.get(source, {}).get(split, {})
    if "ods" not in scores or scores["ods"] is None:
        return None
    try:
        return Cell(100 * scores["ods"], 100 * scores["ois"], 100 * scores["ap"], scores["n"])
    except KeyError as error:
        raise CrackpipeError(f"{where}: {key} has no {error}; expected ods, ois, ap and n; run it again") from None


def _other_photographs(columns: Sequence[tuple[str, int]], rows: Sequence[Row]) -> list[str]:
    """One note per column where our photographs are not as many as the paper's."""
    notes = []
    for at, (name, expected) in enumerate(columns):
        counts = sorted({cell.n for row in rows if (cell := row.cells[at]) and cell.n is not None} - {expected})
        if counts:
            found = " or ".join(str(count) for count in counts)
            notes.append(f"{name}: our rows are on {found} photographs, the paper's on {expected}: not the same set.")
    return notes
