"""Reading of a params file, with a list of every fault in it."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crackpipe.errors import ParamsError, did_you_mean
from crackpipe.params import extensions
from crackpipe.params.whole import Params, schema


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check a params file, with the extensions that lie in ``extensions/`` beside it.

    Args:
        path: the file.

    Raises:
        CrackpipeError: an extension cannot be used; see :func:`.extensions.load`.
        ParamsError: the file is missing, is no YAML, or a key, type or range is wrong; every fault is listed with
            its key, the value found and what is allowed.
    """
    extensions.load(path.parent / extensions.FOLDER)
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParamsError(
            f"{path}: not found; run this in the project's folder, where dvc.yaml is, or name that folder with "
            "--project where the command has that option; `crackpipe configure` there writes params.yaml"
        ) from error
    except YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from error
    return check(tree, where=str(path))


def defaults() -> Params:
    """Parameters of ``conf/config.yaml``, for models that lie outside any project; the package holds a copy of it.

    Raises:
        ParamsError: see :func:`load`.
    """
    extensions.load(None)
    text = (files("crackpipe.params") / "defaults.yaml").read_text(encoding="utf-8")
    tree = YAML(typ="safe").load(text)
    del tree["defaults"]  # Hydra's list of what is composed with it
    return check(tree, where="defaults.yaml")


def check(tree: Any, *, where: str) -> Params:
    """Check a tree of plain values against the schema.

    Args:
        tree: sections by name, as YAML gives them.
        where: name of the tree in errors.

    Raises:
        ParamsError: see :func:`load`.
    """
    try:
        return schema().model_validate(tree)
    except ValidationError as error:
        faults = "\n".join(f"  {_explain(fault)}" for fault in error.errors())
        raise ParamsError(f"{where}: {error.error_count()} fault(s)\n{faults}") from None


def _explain(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "(the whole file)"
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(fault["loc"])
        hint = did_you_mean(str(fault["loc"][-1]), known) or f"; known here: {', '.join(known)}"
        return f"{key}: unknown key{hint}"
    if fault["type"] == "missing":
        return f"{key}: missing; add it, or run `crackpipe configure` to write every key"
    if fault["type"] == "value_error" and isinstance(fault["input"], dict):  # of values that do not fit each other
        return f"{key}: {fault['ctx']['error']}"
    if fault["type"] == "value_error":
        return f"{key}: got {fault['input']!r}; {fault['ctx']['error']}"
    hint = did_you_mean(str(fault["input"]), re.findall(r"'(\w+)'", fault["msg"]))
    return f"{key}: got {fault['input']!r}; {fault['msg'][0].lower()}{fault['msg'][1:]}{hint}"


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Names allowed where an unknown key was found."""
    section: Any = schema()
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        kind = section.model_fields[part].annotation
        section = next(iter(get_args(kind)), kind)  # a list of sections holds them as its argument
    return sorted(section.model_fields)
