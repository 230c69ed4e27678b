"""The rooms of the library: what each is for, and which it knows, from the files themselves."""

import ast
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import grimp

from generators import drawing, layered
from generators.layered import Edge

PACKAGE = "crackpipe"
HIDDEN = {"__init__", "__main__"}
_ROLE = re.compile(r":\w+:`~?([^`]+)`")


@dataclass(frozen=True, slots=True)
class Room:
    """A folder or a single file of the library.

    Attributes:
        purpose: first sentence of its docstring, without the full stop; empty where it has none.
        modules: dotted names below the room, sorted; empty for a single file.
    """

    name: str
    purpose: str
    modules: tuple[str, ...]


def rooms(package: Path) -> list[Room]:
    """Every folder with Python files and every single file of a package, sorted."""
    listed = []
    for path in sorted(package.iterdir()):
        if path.suffix == ".py" and path.stem not in HIDDEN:
            listed.append(Room(path.stem, _purpose(path), ()))
        elif (path / "__init__.py").is_file():
            inside = sorted(part.relative_to(path) for part in path.rglob("*.py") if part.stem not in HIDDEN)
            names = tuple(".".join(part.with_suffix("").parts) for part in inside)
            listed.append(Room(path.name, _purpose(path / "__init__.py"), names))
    return listed


def arrows(package: Path) -> list[Edge]:
    """(room, room that it knows), sorted; what only types need is among them.

    Raises:
        ValueError: the installed package is not the one in this folder.
    """
    _check_installed(package)
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    names = {room.name for room in rooms(package)}
    edges = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            a, b = (module.split(".")[1] if "." in module else "" for module in (importer, imported))
            if a in names and b in names and a != b:
                edges.add((a, b))
    return sorted(edges)


def picture(package: Path) -> str:
    """The rooms as SVG: the command on top, what all know at the bottom; arrows that follow from others left out."""
    nodes = {room.name: room.purpose for room in rooms(package)}
    return drawing.svg(nodes, layered.reduced(arrows(package)), title="The rooms of crackpipe and which know which")


def table(package: Path) -> str:
    """A Markdown table of the rooms and what each is for."""
    rows = [f"| `{room.name}{'/' if room.modules else '.py'}` | {room.purpose} |" for room in rooms(package)]
    return "\n".join(["| room | what it is for |", "| --- | --- |", *rows])


def _check_installed(package: Path) -> None:
    spec = importlib.util.find_spec(PACKAGE)
    installed = Path(spec.origin).parent if spec and spec.origin else None
    if installed is None or installed.resolve() != package.resolve():
        raise ValueError(f"{PACKAGE} is imported from {installed}, not from {package}; put its parent on PYTHONPATH")


def _purpose(path: Path) -> str:
    """The docstring's first sentence."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(text.split("\n\n")[0].split())
    plain = _ROLE.sub(r"`\1`", first).replace("``", "`")
    return plain.split(". ")[0].rstrip(".").replace("|", r"\|")
