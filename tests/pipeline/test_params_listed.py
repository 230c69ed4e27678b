"""A stage lists in dvc.yaml the parameters that it reads, or a change of one would not run it again."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from crackpipe.params import Params

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
MACHINE = {"runtime", "runtime.workers"}  # changes how fast a stage is, not what it writes


def read_by(tree: ast.Module) -> set[str]:
    """Dotted keys that a stage reads off ``params.load()``, followed through names such as ``q = p.ingest``."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets, values = (
                part.elts if isinstance(part, ast.Tuple) else [part] for part in (node.targets[0], node.value)
            )
            for target, value in zip(targets, values, strict=False):
                if isinstance(target, ast.Name) and (key := chain(value, known)) is not None:
                    known[target.id] = key
    found = {key for node in ast.walk(tree) if (key := chain(node, known)) is not None}
    return {key for key in found if is_key(key) and not any(other.startswith(f"{key}.") for other in found)}


def chain(node: ast.AST, known: dict[str, str]) -> str | None:
    """The key that an expression such as ``q.epochs`` stands for; methods of a section stand for the section."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Call):
        return "" if ast.unparse(node.func) == "params.load" else None
    if isinstance(node, ast.Attribute) and (above := chain(node.value, known)) is not None:
        return above if node.attr == "model_dump" else f"{above}.{node.attr}".lstrip(".")
    return None


def is_key(key: str) -> bool:
    section = Params
    for part in key.split("."):
        field = section.model_fields.get(part) if hasattr(section, "model_fields") else None
        if field is None:
            return False
        section = field.annotation  # type: ignore[assignment]
    return True


def listed(name: str) -> Iterator[str]:
    """Keys of a stage; what dvc.yaml fills in stands for every value it may take."""
    return (re.sub(r"\$\{.*", "", key).rstrip(".") for key in STAGES[name]["params"])


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_the_parameters_that_it_reads(name: str) -> None:
    module = re.search(r"-m pipeline\.(\w+)", STAGES[name]["cmd"])[1]  # type: ignore[index]
    read = read_by(ast.parse((ROOT / "pipeline" / f"{module}.py").read_text(encoding="utf-8"))) - MACHINE
    keys = list(listed(name))
    missing = [
        key for key in sorted(read) if not any(f"{key}.".startswith(f"{k}.") or k.startswith(f"{key}.") for k in keys)
    ]
    assert read
    assert missing == [], f"dvc.yaml: add them to the params of {name}"


def test_keys_are_followed_through_names() -> None:
    text = "p = params.load()\nq, own = p.slice, p.ingest.demo\nf(q.side_px, own.model_dump(), p.segment.erosions)"
    assert read_by(ast.parse(text)) == {"slice.side_px", "ingest.demo", "segment.erosions"}
