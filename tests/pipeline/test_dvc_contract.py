"""What DVC cannot check by itself: complete code lists, small stages, comments on every parameter."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from crackpipe.errors import CrackpipeError
from pipeline import dependencies

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
FILES = sorted(path for path in (ROOT / "pipeline").glob("*.py") if path.stem not in ("__init__", "dependencies"))


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_every_file_that_it_imports(name: str):
    code = [dep for dep in STAGES[name]["deps"] if dep.startswith(("crackpipe/", "pipeline/"))]
    module = dependencies.modules(STAGES)[name]
    assert code == dependencies.code(module), "run `make deps`"


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_says_what_it_does(name: str):
    assert STAGES[name].get("desc"), f"dvc.yaml: stage {name} needs a desc"


def test_every_stage_file_is_run_by_a_stage_and_the_other_way_round():
    assert {f"pipeline.{path.stem}" for path in FILES} == set(dependencies.modules(STAGES).values())
    assert set(dependencies.modules(STAGES)) == set(STAGES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stage_file_only_wires(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60, f"{path.name}: expected at most 60 lines; move the algorithm to crackpipe/"
    assert ast.get_docstring(ast.parse(text)), f"{path.name}: say what it reads, writes and costs"


@pytest.mark.parametrize("name", ["params.yaml", "conf/config.yaml"])
def test_every_parameter_has_a_comment(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = YAML().load(text)
    tree.pop("defaults", None)
    bare = [
        key for key, line in _keys(tree) if "# " not in lines[line] and not lines[line - 1].lstrip().startswith("#")
    ]
    assert bare == []


def _keys(tree: CommentedMap, above: str = "") -> list[tuple[str, int]]:
    """Dotted keys with their line numbers; those inside lists are left out."""
    found = []
    for key, value in tree.items():
        found.append((f"{above}{key}", tree.lc.key(key)[0]))
        if isinstance(value, CommentedMap):
            found += _keys(value, f"{above}{key}.")
    return found


def test_code_lists_follow_imports_of_imports():
    files = dependencies.code("pipeline.slice")
    assert "pipeline/slice.py" in files
    assert "crackpipe/data/slices.py" in files  # imported by the stage
    assert "crackpipe/errors.py" in files  # imported by what it imports
    assert "crackpipe/cli/app.py" not in files
    assert "crackpipe/__init__.py" not in files  # a docstring alone
    assert files == sorted(files)
    assert "crackpipe/params" in files  # all of it
    assert not any(file.startswith("crackpipe/params/") for file in files)
    assert all((ROOT / file).exists() for file in files)


def test_a_package_file_with_code_is_listed_and_its_imports_too(tmp_path: Path):
    script = "from pipeline import dependencies; print(*dependencies.code('pipeline.stage'))"
    texts = {
        "pipeline/__init__.py": "",
        "pipeline/stage.py": "import crackpipe.room.door",
        "crackpipe/__init__.py": '"""A docstring."""',
        "crackpipe/room/__init__.py": "from crackpipe import wall",
        "crackpipe/room/door.py": "",
        "crackpipe/room/window.py": "",
        "crackpipe/wall.py": "import crackpipe.roof.tile.red, crackpipe.roof.tile.grey, crackpipe.roof.gutter",
        "crackpipe/tree.py": "",
        "crackpipe/roof/__init__.py": "",
        "crackpipe/roof/gutter.py": "",
        "crackpipe/roof/chimney.py": "",
        "crackpipe/roof/tile/__init__.py": '"""A docstring."""',
        "crackpipe/roof/tile/red.py": "",
        "crackpipe/roof/tile/grey.py": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("pipeline/dependencies.py", "crackpipe/errors.py", "crackpipe/console.py"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    printed = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert printed.stdout.split() == [
        "crackpipe/roof/gutter.py",
        "crackpipe/roof/tile",  # every file of it
        "crackpipe/room/__init__.py",
        "crackpipe/room/door.py",
        "crackpipe/wall.py",
        "pipeline/stage.py",
    ]


def test_updating_repairs_the_code_and_keeps_data_comments_and_the_rest(tmp_path: Path):
    path = tmp_path / "dvc.yaml"
    shutil.copyfile(ROOT / "dvc.yaml", path)
    text = path.read_text(encoding="utf-8")
    removed = re.sub(r"^ +- crackpipe/errors\.py\n", "", text, count=1, flags=re.MULTILINE)
    path.write_text(removed.replace("- pipeline/slice.py\n", "- pipeline/slice.py\n      - crackpipe/gone.py\n"))
    changed = dependencies.update(path)
    assert len(changed) == 2
    assert "slice" in changed
    assert path.read_text(encoding="utf-8") == text
    assert dependencies.update(path) == []


def test_a_stage_without_a_file_is_named():
    with pytest.raises(CrackpipeError, match=r"a stage runs pipeline\.gone, but there is no pipeline/gone\.py"):
        dependencies.code("pipeline.gone")
