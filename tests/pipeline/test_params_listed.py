"""A stage lists in dvc.yaml the parameters that it reads, or a change of one would not run it again."""

import ast
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, get_origin

import pytest
from ruamel.yaml import YAML

from crackpipe.params import Params

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
STAGES.pop("code")  # reads none
STAGES.pop("check_params")  # reads all
MACHINE = {"runtime", "runtime.workers"}  # changes how fast a stage is, not what it writes


def read_by(tree: ast.Module) -> set[str]:
    """Dotted keys that a stage reads off ``params.load()``, followed through names such as ``q = p.ingest``.

    ``getattr(p.pseudo_label, name).binarise`` may read the key of every section there.
    """
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets, values = (
                part.elts if isinstance(part, ast.Tuple) else [part] for part in (node.targets[0], node.value)
            )
            for target, value in zip(targets, values, strict=False):
                if isinstance(target, ast.Name) and (key := chain(value, known)) is not None:
                    known[target.id] = key
    found = {one for node in ast.walk(tree) if (key := chain(node, known)) is not None for one in expanded(key)}
    found |= {one for node in ast.walk(tree) for one in started(node)}
    return {key for key in found if not any(other.startswith(f"{key}.") for other in found)}


def started(node: ast.AST) -> set[str]:
    """The keys of ``runtime`` that ``project.start_runtime(…)`` reads: those that its arguments do not replace."""
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "project.start_runtime"):
        return set()
    replaced = {word.arg for word in node.keywords if isinstance(word.value, (ast.Constant, ast.Attribute))}
    return {f"runtime.{key}" for key in ("device", "precision", "threads") if key not in replaced}


def chain(node: ast.AST, known: dict[str, str]) -> str | None:
    """The key that an expression such as ``q.epochs`` stands for; methods of a section stand for the section."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name == "getattr" and (above := chain(node.args[0], known)) is not None:
            return f"{above}.{pattern(node.args[1])}"
        return "" if name in {"load", "params.load", "Project.open"} else None
    if isinstance(node, ast.Attribute) and (above := chain(node.value, known)) is not None:
        return above if node.attr in {"model_dump", "params"} else f"{above}.{node.attr}".lstrip(".")
    return None


def pattern(node: ast.expr) -> str:
    """What a name chosen at run time may be: ``self_*`` of ``f"self_{kind}"``, else ``*``."""
    if not isinstance(node, ast.JoinedStr):
        return "*"
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


def expanded(key: str) -> list[str]:
    """The keys of ``params.yaml`` that a key with ``*`` for a section stands for; none where there is no such key.

    Below a mapping whose names are the user's any name is a key.
    """
    places: list[tuple[str, Any]] = [("", Params)]
    for part in key.split("."):
        places = [(f"{above}.{part}", Any) for above, section in places if get_origin(section) is dict] + [
            (f"{above}.{name}".lstrip("."), field.annotation)
            for above, section in places
            if hasattr(section, "model_fields")
            for name, field in section.model_fields.items()
            if name == part or ("*" in part and fnmatch(name, part) and hasattr(field.annotation, "model_fields"))
        ]
    return [name for name, _ in places]


def listed(name: str) -> set[str]:
    """Keys of a stage; what dvc.yaml fills in stands for every value it may take."""
    return {one for key in STAGES[name]["params"] for one in expanded(re.sub(r"\$\{[^}]*\}", "*", key))}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_the_parameters_that_it_reads(name: str) -> None:
    module = re.search(r"-m pipeline\.(\w+)", STAGES[name]["cmd"])[1]  # type: ignore[index]
    read = read_by(ast.parse((ROOT / "pipeline" / f"{module}.py").read_text(encoding="utf-8"))) - MACHINE
    keys = listed(name)
    missing = [
        key for key in sorted(read) if not any(f"{key}.".startswith(f"{k}.") or k.startswith(f"{key}.") for k in keys)
    ]
    assert read
    assert missing == [], f"dvc.yaml: add them to the params of {name}"


def test_a_stage_lists_no_parameter_that_there_is_not() -> None:
    keys = [re.sub(r"\$\{[^}]*\}", "*", key) for described in STAGES.values() for key in described["params"]]
    assert [key for key in keys if not expanded(key)] == []


def test_keys_are_followed_through_names() -> None:
    text = "p = params.load()\nq, own = p.slice, p.ingest.demo\nf(q.side_px, own.model_dump(), p.segment.erosions)"
    assert read_by(ast.parse(text)) == {"slice.side_px", "ingest.demo", "segment.erosions"}


SELF_TAUGHT = ("self_soft_location", "self_cam_location", "self_self_soft_location")


def test_a_section_that_is_chosen_by_name_may_be_any() -> None:
    text = "p = params.load()\nown = getattr(p.pseudo_label, name)\n"
    text += "f(own.upsample, getattr(p.localisation_maps, name).kind)"
    methods = ("cam", "cam_crf", "cam_location", "soft_location")  # ground truth is not upsampled
    assert read_by(ast.parse(text)) == {
        *(f"pseudo_label.{name}.upsample" for name in methods),
        *(f"pseudo_label.{name}" for name in SELF_TAUGHT),
        "pseudo_label.truth",
        "localisation_maps.cam.kind",
    }


def test_a_section_whose_name_begins_as_given_may_be_any_of_those() -> None:
    text = 'p = params.load()\nf(getattr(p.pseudo_label, f"self_{kind}").binarise)'
    assert read_by(ast.parse(text)) == {*(f"pseudo_label.{name}.binarise" for name in SELF_TAUGHT)}
