"""No stage: ``make deps`` writes into ``dvc.yaml`` which of the project's files each stage imports.

DVC does not follow imports, so a stage whose code list is not complete would not run again after a change.
"""

import ast
import re
from pathlib import Path
from typing import Any

import grimp
from ruamel.yaml import YAML

from crackpipe import console
from crackpipe.errors import CrackpipeError

DVC_YAML = Path("dvc.yaml")
_MODULE = re.compile(r"python -m (pipeline\.\w+)")
_CODE = re.compile(r"^(pipeline|crackpipe)/([^.]*|.*\.py)$")  # files and folders of them


def code(module: str) -> list[str]:
    """Files of the project that ``module`` imports, directly or not, and its own; sorted, relative to the root.

    A package of which it imports every file stands there as a folder: DVC writes a lock of all dependencies anew after
    each stage, which took seconds. The ``__init__.py`` of other packages are among the files where they hold more than
    a docstring.

    Raises:
        CrackpipeError: there is no such module.
    """
    graph = grimp.build_graph("crackpipe", "pipeline", exclude_type_checking_imports=True, cache_dir=None)
    if module not in graph.modules:
        raise CrackpipeError(f"dvc.yaml: a stage runs {module}, but there is no {module.replace('.', '/')}.py")
    found: set[str] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        packages = {name.rpartition(".")[0]} - {""}  # Python runs a package's own file before its modules
        waiting |= (graph.find_modules_directly_imported_by(name) | packages) - found
    return sorted(map(str, _folded({path for path in map(_file, found) if _holds_code(path)})))


def _folded(files: set[Path]) -> set[Path]:
    above = {folder for file in files for folder in file.parents if len(folder.parts) > 1}
    for folder in sorted(above, key=lambda folder: len(folder.parts)):
        inside = {path for path in folder.rglob("*.py") if _holds_code(path)}
        if len(inside) > 1 and inside <= files:
            files = files - inside | {folder}
    return files


def _file(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _holds_code(path: Path) -> bool:
    if path.name != "__init__.py":
        return True
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)) for one in statements)


def modules(stages: dict[str, Any]) -> dict[str, str]:
    """Module that each stage runs, by the stage's name."""
    return {name: match[1] for name, described in stages.items() if (match := _MODULE.match(described["cmd"]))}


def update(path: Path = DVC_YAML) -> list[str]:
    """Rewrite the code in the stages' ``deps``, keep the data in them; return the stages that have changed."""
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(path.read_text(encoding="utf-8"))
    changed = []
    for name, module in modules(tree["stages"]).items():
        described = tree["stages"][name]
        listed = [str(dep) for dep in described.get("deps", [])]
        wanted = [*code(module), *(dep for dep in listed if not _CODE.match(dep))]
        if wanted != listed:
            described["deps"] = wanted
            changed.append(name)
    if changed:
        yaml.dump(tree, path)
    return changed


def main() -> None:
    console.say(f"changed: {', '.join(update()) or 'nothing'}")


if __name__ == "__main__":
    console.run(main)
