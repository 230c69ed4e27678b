"""Pages of the interface: one for each room, each listing its modules for autodoc."""

import shutil
from pathlib import Path

from generators import rooms
from generators.rooms import Room


def write(folder: Path, *, package: Path) -> None:
    """Write an index and a page for each room into a folder of their own; what it held is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    every = rooms.rooms(package)
    inside = [room for room in every if room.modules]
    single = [f"{package.name}.{room.name}" for room in every if not room.modules]
    (folder / "index.md").write_text(index(inside, package=package.name), encoding="utf-8")
    (folder / f"{package.name}.rst").write_text(_page(package.name, single, handed_on=True), encoding="utf-8")
    for room in inside:
        name = f"{package.name}.{room.name}"
        text = _page(name, [f"{name}.{module}" for module in room.modules])
        (folder / f"{room.name}.rst").write_text(text, encoding="utf-8")


def index(listed: list[Room], *, package: str) -> str:
    """The page that lists the rooms."""
    rows = [f"| [`{package}.{room.name}`]({room.name}.rst) | {room.purpose} |" for room in listed]
    head = "# Interface\n\nPublic functions and records, room by room, from their docstrings."
    table = ["| room | what it is for |", "| --- | --- |", f"| [`{package}`]({package}.rst) | |", *rows]
    tree = ["```{toctree}", ":hidden:", "", package, *(room.name for room in listed), "```"]
    return "\n\n".join([head, "\n".join(table), "\n".join(tree)]) + "\n"


def _page(title: str, modules: list[str], *, handed_on: bool = False) -> str:
    """A page in reStructuredText, which the docstrings are written in; the package stands below the title.

    Names that a package hands on are documented where they are defined; with ``handed_on`` here, too, unindexed.
    """
    package = f".. automodule:: {title}" + ("\n   :members:\n   :no-index:" if handed_on else "")
    blocks = [f"{name}\n{'-' * len(name)}\n\n.. automodule:: {name}\n   :members:" for name in modules]
    return "\n\n".join([f"{title}\n{'=' * len(title)}", package, *blocks]) + "\n"
