"""Pages of the interface: one for each room, each listing its modules for autodoc."""

import shutil
from pathlib import Path

from generators import rooms
from generators.rooms import Room


def write(folder: Path, *, package: Path) -> None:
    """Write an index and a page for each room into a folder of their own; what it held is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = rooms.rooms(package)
    inside = [room for room in found if room.modules]
    single = [f"{package.name}.{room.name}" for room in found if not room.modules]
    (folder / "index.md").write_text(index(inside, package=package.name), encoding="utf-8")
    (folder / f"{package.name}.rst").write_text(_page(package.name, [package.name, *single]), encoding="utf-8")
    for room in inside:
        name = f"{package.name}.{room.name}"
        text = _page(name, [name, *(f"{name}.{one}" for one in room.modules)])
        (folder / f"{room.name}.rst").write_text(text, encoding="utf-8")


def index(found: list[Room], *, package: str) -> str:
    """The page that lists the rooms."""
    rows = [f"| [`{package}.{room.name}`]({room.name}.rst) | {room.purpose} |" for room in found]
    head = "# Interface\n\nPublic functions and records, room by room, from their docstrings."
    table = ["| room | what it is for |", "| --- | --- |", f"| [`{package}`]({package}.rst) | |", *rows]
    tree = ["```{toctree}", ":hidden:", "", package, *(room.name for room in found), "```"]
    return "\n\n".join([head, "\n".join(table), "\n".join(tree)]) + "\n"


def _page(title: str, modules: list[str]) -> str:
    """A page in reStructuredText, which the docstrings are written in; the first module stands below the title."""
    heads = ["", *(f"{name}\n{'-' * len(name)}\n\n" for name in modules[1:])]
    blocks = [f"{head}.. automodule:: {name}\n   :members:" for head, name in zip(heads, modules, strict=True)]
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *blocks]) + "\n"
