"""What each room hands on: names that are there, are explained, and cost nothing until they are used."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "crackpipe").rglob("__init__.py"))
HEAVY = ["torch", "numpy", "pandas", "pyarrow", "cv2", "numba", "scipy", "sklearn", "pydantic", "ruamel", "typer"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_room_says_what_it_is_for_and_hands_on_names_that_say_what_they_do(name: str) -> None:
    room = importlib.import_module(name)
    assert inspect.getdoc(room)
    assert sorted(room.__all__)
    for handed_on in room.__all__:
        thing = getattr(room, handed_on)
        if inspect.ismodule(thing) or inspect.isclass(thing) or inspect.isroutine(thing):
            assert inspect.getdoc(thing), f"{name}.{handed_on}"


@pytest.mark.parametrize("name", PACKAGES)
def test_no_name_hides_a_module_of_its_room(name: str) -> None:
    """``from crackpipe.apply import classify`` is the module, whatever was imported before."""
    room = importlib.import_module(name)
    folder = ROOT.joinpath(*name.split("."))
    modules = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    for handed_on in modules.intersection(room.__all__):
        assert inspect.ismodule(getattr(room, handed_on)), f"{name}.{handed_on}"


def test_the_stub_lists_what_it_imports() -> None:
    """``__all__`` of a stub is for type checkers; lazy_loader takes the imports."""
    for name in PACKAGES:
        stub = ROOT.joinpath(*name.split("."), "__init__.pyi").read_text(encoding="utf-8")
        names: dict[str, list[str]] = {}
        exec(stub[stub.index("__all__") :], names)
        assert sorted(names["__all__"]) == sorted(importlib.import_module(name).__all__), name


def imported(code: str) -> list[str]:
    """Heavy packages that a fresh interpreter has imported after some code."""
    code += f"\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return list(eval(done.stdout))


def test_importing_the_package_and_all_its_rooms_imports_nothing_heavy() -> None:
    assert imported("import crackpipe\nprint(dir(crackpipe), file=__import__('sys').stderr)") == []
    assert imported("\n".join(f"import {name}" for name in PACKAGES)) == []


def test_masks_and_their_scores_need_neither_torch_nor_tables() -> None:
    used = imported("import crackpipe\ncrackpipe.segmentation_scores([[[0.9, 0.1]]], [[[1, 0]]])")
    assert not {"torch", "pandas", "pyarrow", "numba", "sklearn"} & set(used)
    assert "numpy" in used
