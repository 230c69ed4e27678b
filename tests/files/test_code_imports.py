"""Which files a module needs, in small projects written by hand."""

from pathlib import Path

import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.files.code_imports import SourceTree, read

LAZY = "import lazy_loader\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n"


def write(root: Path, **texts: str) -> Path:
    """Write files named by their path with `__` for `/`, `package` for `__init__` and `_pyi` for a stub's ending.

    A folder that has no `__init__.py` then gets an empty one.
    """
    for name, text in texts.items():
        path = root / name.replace("__", "/")
        path = path.with_name(path.name.removesuffix("_pyi") + (".pyi" if name.endswith("_pyi") else ".py"))
        if path.stem == "package":
            path = path.with_stem("__init__")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        for folder in path.parents:
            if folder != root and root in folder.parents and not (folder / "__init__.py").exists():
                (folder / "__init__.py").write_text("", encoding="utf-8")
    return root


def files(root: Path, module: str = "pipeline.stage") -> list[str]:
    """The closure without the two packages' own files, which every stage of these projects needs."""
    found = SourceTree(read(root)).closure(module, left_out={})
    assert found == sorted(found)
    assert "pipeline/__init__.py" in found
    return [name for name in found if name not in ("pipeline/__init__.py", "crackpipe/__init__.py")]


def test_imports_are_followed_through_others_inside_functions_too(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        pipeline__stage="import numpy\nfrom crackpipe import wall\n\nasync def f():\n    import crackpipe.door as d\n",
        crackpipe__wall="try:\n    from crackpipe.roof.tile import RED\nexcept ImportError:\n    pass\n",
        crackpipe__door="if 1:\n    while 0:\n        pass\n    else:\n        from crackpipe import bell\n",
        crackpipe__roof__tile="import crackpipe.roof.tile\nRED = 1\n",
        crackpipe__roof__gutter="",
        crackpipe__bell="",
    )
    wanted = ["bell.py", "door.py", "roof/__init__.py", "roof/tile.py", "wall.py"]
    assert files(root) == [*(f"crackpipe/{name}" for name in wanted), "pipeline/stage.py"]


def test_a_packages_own_file_counts_with_what_it_imports(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        pipeline__stage="import crackpipe.room.door\n",
        crackpipe__room__package="from crackpipe import wall\n",
        crackpipe__room__door="",
        crackpipe__room__window="",
        crackpipe__wall="",
    )
    assert files(root) == [
        "crackpipe/room/__init__.py",
        "crackpipe/room/door.py",
        "crackpipe/wall.py",
        "pipeline/stage.py",
    ]


def test_imports_for_type_checkers_do_not_count(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        pipeline__stage=(
            "import typing\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from crackpipe import a\n"
            "elif 1:\n    from crackpipe import b\nelse:\n    from crackpipe import c\n"
            "if typing.TYPE_CHECKING:\n    from crackpipe import a\n"
        ),
        **{f"crackpipe__{name}": "" for name in "abc"},
    )
    assert files(root) == ["crackpipe/b.py", "crackpipe/c.py", "pipeline/stage.py"]


def test_a_name_of_an_ordinary_package_comes_from_its_own_file(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        pipeline__stage="from crackpipe.room import f, A, SIZE, door\n",
        crackpipe__room__package="from crackpipe.room.deep import f as f\nclass A: ...\nif f:\n    SIZE: int = 1\n",
        crackpipe__room__deep="def f(): ...\n",
        crackpipe__room__door="",
        crackpipe__room__window="",
    )
    names = ["__init__.py", "deep.py", "door.py"]
    assert files(root) == [*(f"crackpipe/room/{name}" for name in names), "pipeline/stage.py"]


@pytest.fixture
def lazy(tmp_path: Path) -> Path:
    """A room that hands on `f` of door, `g` of an inner lazy room's wall, and the module window."""
    return write(
        tmp_path,
        crackpipe__room__package=LAZY,
        crackpipe__room__package_pyi="from .door import f as f, h\nfrom .inner import g\nfrom . import window\n",
        crackpipe__room__door="from crackpipe import bell\nf = h = 1\n",
        crackpipe__room__window="",
        crackpipe__room__loft="",
        crackpipe__room__inner__package=LAZY,
        crackpipe__room__inner__package_pyi="from .wall import g\nfrom .floor import k\n",
        crackpipe__room__inner__wall="g = 1\n",
        crackpipe__room__inner__floor="k = 1\n",
        crackpipe__bell="",
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("from crackpipe.room import f", ["bell.py", "room/__init__.py", "room/__init__.pyi", "room/door.py"]),
        ("from crackpipe.room import window", ["room/__init__.py", "room/window.py"]),
        ("from crackpipe.room.loft import x", ["room/__init__.py", "room/loft.py"]),
        (
            "from crackpipe.room import g",
            [
                *("room/__init__.py", "room/__init__.pyi"),
                *("room/inner/__init__.py", "room/inner/__init__.pyi", "room/inner/wall.py"),
            ],
        ),
    ],
)
def test_a_name_handed_on_by_a_stub_stands_for_its_module(lazy: Path, line: str, wanted: list[str]) -> None:
    write(lazy, pipeline__stage=f"{line}\n")
    assert files(lazy) == [*(f"crackpipe/{name}" for name in wanted), "pipeline/stage.py"]


@pytest.mark.parametrize("line", ["from crackpipe import room", "import crackpipe.room", "import crackpipe.room.loft"])
def test_a_lazy_package_as_a_whole_stands_for_all_that_it_hands_on(lazy: Path, line: str) -> None:
    write(lazy, pipeline__stage=f"{line}\n")
    names = ["__init__.py", "__init__.pyi", "door.py", "inner/__init__.py", "inner/__init__.pyi", "inner/wall.py"]
    names += ["loft.py"] * line.endswith("loft") + ["window.py"]
    assert files(lazy) == ["crackpipe/bell.py", *(f"crackpipe/room/{name}" for name in names), "pipeline/stage.py"]


def test_a_module_imported_by_a_name_in_quotes_counts(tmp_path: Path) -> None:
    text = "import importlib\nimportlib.import_module('crackpipe.a')\n__import__('numpy')\n__import__(f'timm.{1}')\n"
    assert files(write(tmp_path, pipeline__stage=text, crackpipe__a="")) == ["crackpipe/a.py", "pipeline/stage.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nfrom . import wall\n", r"pipeline/stage\.py:2: a relative import; write out the whole name"),
        ("from crackpipe.wall import *\n", r"pipeline/stage\.py:1: imports \* from crackpipe\.wall; name what you"),
        ("import crackpipe.gone\n", r"stage\.py:1: imports crackpipe\.gone, but there is no crackpipe/gone\.py; mend"),
        ("from crackpipe.gone import x\n", r"stage\.py:1: imports crackpipe\.gone, but there is no crackpipe/gone\.py"),
        (
            "x = 1\nfrom crackpipe import gone\n",
            r"stage\.py:2: crackpipe\.gone is no module, and crackpipe/__init__\.py",
        ),
        ("import importlib\nimportlib.import_module(x)\n", r"stage\.py:2: imports a module whose name is computed"),
        ("__import__(f'crackpipe.{x}')\n", r"stage\.py:1: imports a module whose name is computed; import it by name"),
        ("__import__('crackpipe.' + x)\n", r"stage\.py:1: imports a module whose name is computed; import it by name"),
        ("x = 1\nx = = 1\n", r"pipeline/stage\.py:2: is no Python \(invalid syntax\); mend it"),
    ],
)
def test_an_import_that_cannot_be_followed_is_named(text: str, said: str, tmp_path: Path) -> None:
    write(tmp_path, pipeline__stage=text, crackpipe__wall="")
    with pytest.raises(CrackpipeError, match=said):
        files(tmp_path)


def test_a_stub_that_names_what_is_not_there_is_named(lazy: Path) -> None:
    write(lazy, pipeline__stage="from crackpipe.room import f\n", crackpipe__room__package_pyi="from . import f\n")
    with pytest.raises(CrackpipeError, match=r"crackpipe/room/__init__\.pyi:1: crackpipe\.room\.f is no module"):
        files(lazy)


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match=r"pipeline\.gone: there is no pipeline/gone\.py; mend the name"):
        files(write(tmp_path, pipeline__stage=""), "pipeline.gone")
