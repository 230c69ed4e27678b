"""The stages of the pipeline, from dvc.yaml: what each does, and which reads what another writes."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from generators import drawing, layered
from generators.layered import Edge

FIRST = {"check_params", "code"}  # what every stage depends on: named in the text, and left out of the drawing


def stages(path: Path) -> dict[str, Any]:
    """The stages of a dvc.yaml by name, in the file's order."""
    tree: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return tree["stages"]


def arrows(listed: dict[str, Any]) -> list[Edge]:
    """(stage, stage that reads what it writes), in the file's order."""
    written = {name: [_known(out, stage) for out in _outputs(stage)] for name, stage in listed.items()}
    return [
        (writer, reader)
        for writer in listed
        for reader, stage in listed.items()
        if writer != reader
        and not FIRST & {writer, reader}
        and any(_overlap(out, _known(dep, stage)) for out in written[writer] for dep in stage.get("deps", []))
    ]


def picture(path: Path) -> str:
    """The stages as SVG, arrows that follow from others left out.

    An arrow to a stage that stands earlier in the file is dashed: labels made of another cell's masks.
    """
    listed = stages(path)
    order = {name: at for at, name in enumerate(listed)}
    forward = [(a, b) for a, b in arrows(listed) if order[a] < order[b]]
    back = [(a, b) for a, b in arrows(listed) if order[a] > order[b]]
    nodes = {name: "" for name in listed if name not in FIRST}
    return drawing.svg(
        nodes, layered.reduced(forward), back=back, title="The stages and which reads what another writes"
    )


def table(path: Path) -> str:
    """A Markdown table: each stage, the cells that it has, and what it does."""
    rows = []
    for name, stage in stages(path).items():
        cells = " × ".join(stage.get("matrix", {}))
        rows.append(f"| `{name}` | {cells} | {stage['desc'].replace(' -> ', ' → ').replace('|', chr(92) + '|')} |")
    return "\n".join(["| stage | a cell for each | what it does |", "| --- | --- | --- |", *rows])


def _outputs(stage: dict[str, Any]) -> Iterable[str]:
    for out in [*stage.get("outs", []), *stage.get("metrics", [])]:
        yield next(iter(out)) if isinstance(out, dict) else out


def _known(path: str, stage: dict[str, Any]) -> tuple[str, ...]:
    """The folders of a path before the first that a template names, and of a cell's name what its first part is of."""
    parts = path.split("/")
    at = next((at for at, part in enumerate(parts) if "${" in part), len(parts))
    cell = re.match(r"\$\{item\.(\w+)\}", parts[at]) if at < len(parts) else None
    of = stage.get("matrix", {}).get(cell[1]) if cell else None
    return (*parts[:at], f"${cell[1]} of {of}") if cell and of else tuple(parts[:at])


def _overlap(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether one holds the other; cells are apart where the same part of their names is of other lists."""
    shorter = min(len(a), len(b))
    for one, other in zip(a, b, strict=False):
        if one[0] == other[0] == "$" and one.split(" of ")[0] != other.split(" of ")[0]:
            return True  # named by other parts: they may be the same
        if one != other:
            return "$" in (one[0], other[0]) and one[0] != other[0]
    return shorter > 0
