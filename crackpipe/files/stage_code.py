"""The code of each stage: the files whose statements can change what it writes.

These are the files that its module imports, with two differences. The schema of the parameters imports every section
and checks it, but what a stage reads are its own: files of sections that it does not list in ``dvc.yaml`` are left out.
And a file of ``extensions/`` belongs to the stages that find methods of its kind by name.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from crackpipe.errors import CrackpipeError
from crackpipe.files.code_digest import digest, parse
from crackpipe.files.code_imports import SourceTree

EXTENSIONS = "extensions"
SCHEMA = "crackpipe/params/whole.py"  # of all parameters: the annotations of its class Params are the sections
# Kinds of extensions (crackpipe.params.extensions), and the file that finds those of a kind by name.
FINDERS = {
    "Loss": "crackpipe/classify/losses/catalogue.py",
    "Network": "crackpipe/segment/networks/catalogue.py",
    "Label": "crackpipe/pseudo/labelling.py",
    "Head": "crackpipe/few_shot/heads.py",
    "Dataset": "crackpipe/data/datasets/catalogue.py",
}


def manifests(texts: Mapping[str, str], stages: Mapping[str, Any]) -> dict[str, str]:
    """One line ``digest  path`` for each file of each module's code, sorted by path.

    Args:
        texts: of the packages and of ``extensions/``, by path; see :func:`.code_imports.read`.
        stages: of ``dvc.yaml``, by name.

    Returns:
        By the name of the module in ``pipeline/``; ``code`` itself is left out.

    Raises:
        CrackpipeError: see :meth:`.SourceTree.closure`; or the kind of an extension cannot be told.
    """
    tree, finders = SourceTree(texts), _finders(texts)
    modules = [file.split("/")[1].removesuffix(".py") for file in texts if re.fullmatch(r"pipeline/\w+\.py", file)]
    found = {}
    for module in sorted(set(modules) - {"__init__", "code"}):
        files = set(tree.closure(f"pipeline.{module}", left_out=unread(texts, stages, module)))
        own = {file for file, finder in finders.items() if finder in files}
        for file in own:
            files |= set(tree.closure(file.removesuffix(".py").replace("/", "."), left_out={}))
        found[module] = "".join(f"{digest(texts[file])}  {file}\n" for file in sorted(files))
    return found


def unread(texts: Mapping[str, str], stages: Mapping[str, Any], module: str) -> dict[str, frozenset[str]]:
    """Files that the schema imports for sections that a module's stages do not list, as ``left_out`` of a closure.

    Args:
        texts, stages: see :func:`manifests`.
        module: in ``pipeline/``; one of whose stages none lists parameters reads all sections.
    """
    listed = {
        key.partition(".")[0]
        for stage in stages.values()
        if stage["cmd"].split()[:3] == ["python", "-m", f"pipeline.{module}"]
        for key in stage.get("params", [])
    }
    if not listed or SCHEMA not in texts:
        return {}
    files = dict(_sections(texts[SCHEMA]))
    read = {files[section] for section in listed if section in files}
    return {SCHEMA: frozenset(files.values()) - read}


def _sections(schema: str) -> Iterator[tuple[str, str]]:
    """(section, file of its class), of the class Params."""
    tree = parse(schema)
    modules = {
        alias.asname or alias.name: (node.module or "").replace(".", "/") + ".py"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Params":
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.target.id, modules[ast.unparse(field.annotation)]


def _finders(texts: Mapping[str, str]) -> dict[str, str]:
    """The file that finds it by name, of each file of extensions.

    Raises:
        CrackpipeError: the kind of one cannot be told from its text.
    """
    found = {}
    for file, text in texts.items():
        if file.startswith(f"{EXTENSIONS}/") and not file.rpartition("/")[2].startswith("_"):
            kind = next((kind for kind in map(_kind, parse(text).body) if kind), None)
            if kind not in FINDERS:
                raise CrackpipeError(
                    f"{file}: its kind cannot be told from the text; end it with EXTENSION = extensions.KIND(…), KIND "
                    f"one of {', '.join(FINDERS)}"
                )
            found[file] = FINDERS[kind]
    return found


def _kind(node: ast.stmt) -> str | None:
    """``Loss`` of ``EXTENSION = extensions.Loss(…)``."""
    if not (isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["EXTENSION"]):
        return None
    return ast.unparse(node.value.func).rpartition(".")[2] if isinstance(node.value, ast.Call) else None
