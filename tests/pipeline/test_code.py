"""An edit of code runs again exactly the stages that import it; one of comments runs none."""

import ast
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grimp
import pytest
from ruamel.yaml import YAML

from crackpipe.files.code_imports import SourceTree, read
from crackpipe.params import Params

ROOT = Path(__file__).parents[2]
STAGES = sorted(path.stem for path in (ROOT / "pipeline").glob("*.py") if path.stem not in ("__init__", "code"))
PACKAGES = ("crackpipe", "pipeline")
DESCRIBED = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def sections_not_read(stage: str) -> set[str]:
    """Modules of the sections of params.yaml that a stage does not list in dvc.yaml; none where it lists no key."""
    mine = [one for one in DESCRIBED.values() if one["cmd"].split()[2] == f"pipeline.{stage}"]
    listed = {key.split(".")[0] for one in mine for key in one.get("params", [])}
    module = {name: str(field.annotation.__module__) for name, field in Params.model_fields.items() if field.annotation}
    return set(module.values()) - {module[name] for name in listed & module.keys()} if listed else set()


@functools.cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def handed_on(package: str) -> dict[str, str]:
    """Names in a package's stub, and the modules that they come from."""
    stub = ROOT.joinpath(*package.split("."), "__init__.pyi")
    nodes = parsed(stub).body if stub.is_file() else []
    return {
        alias.name: f"{package}.{node.module or alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def asked_of(package: str, file: Path) -> set[str]:
    """Modules that a file needs of a package: those of the names that it asks for, or all where it takes the whole."""
    known = handed_on(package)
    if not known:
        return set()
    names: set[str] = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and package in {f"{node.module}.{alias.name}" for alias in node.names}:
            names |= known.keys()
    return {known[name] for name in names & known.keys()}


def needed() -> dict[str, set[str]]:
    """Modules that each stage imports, directly or not, by another reader of imports; packages count with them.

    Names that packages hand on lazily are no imports to that reader: they are read from the stubs.
    """
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    direct: dict[str, set[str]] = {}
    for module in graph.modules:
        file = ROOT.joinpath(*module.split("."))
        file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
        imported = set(graph.find_modules_directly_imported_by(module))
        lazy = set().union(*(asked_of(package, file) for package in imported))
        direct[module] = imported | lazy | {module.rpartition(".")[0]} - {""}
    found: dict[str, set[str]] = {}
    for stage in STAGES:
        known: set[str] = set()
        waiting = {f"pipeline.{stage}"}
        while waiting:
            module = waiting.pop()
            known.add(module)
            waiting |= (
                direct[module] - (sections_not_read(stage) if module == "crackpipe.params.whole" else set()) - known
            )
        found[stage] = known
    return found


# In a process of its own, where no call's types are checked: it takes a fifth of the time.
EDITS = """
import json, sys
from pathlib import Path
from ruamel.yaml import YAML
from crackpipe.files import stage_code
from crackpipe.files.code_imports import read

texts, stages = read(Path()), json.loads(sys.argv[1])
described = YAML(typ="safe").load(Path("dvc.yaml").read_text())["stages"]

def manifests(changed):
    found = stage_code.manifests({**texts, **changed}, described)
    return {stage: found[stage].splitlines() for stage in stages}

def changed_by(edit, files):
    after, found = manifests({file: edit(texts[file]) for file in files}), {}
    for stage in stages:
        assert [line[34:] for line in after[stage]] == [line[34:] for line in before[stage]]
        found[stage] = [one[34:] for one, other in zip(before[stage], after[stage]) if one != other]
    return found

def commented(text):
    return f"# said\\n\\n{text}\\n# said"

def stated(text):
    return f"{text}\\n_EDITED = 1\\n"

before, files = manifests({}), [file for file in texts if file.endswith(".py")]
alone = {file: changed_by(stated, [file]) for file in json.loads(sys.argv[2])}
json.dump([before, files, changed_by(commented, files), changed_by(stated, files), alone], sys.stdout)
"""
ALONE = ["pipeline/slice.py", "crackpipe/errors.py", "crackpipe/compute/parallel.py"]


@pytest.fixture(scope="module")
def edits() -> list[Any]:
    """Lines of the manifests by stage, the Python files, and lines that three kinds of edits change."""
    edits: list[Any] = json.loads(run(ROOT, "python", "-c", EDITS, json.dumps(STAGES), json.dumps(ALONE)))
    return edits


def test_an_edit_changes_the_line_of_its_file_in_the_manifests_of_the_stages_that_import_it(edits: list[Any]) -> None:
    """A comment in every file changes none, a statement in every file those that grimp names, as one alone does."""
    _, files, comments, statements, alone = edits
    assert set(files) == {
        file.relative_to(ROOT).as_posix() for name in PACKAGES for file in (ROOT / name).rglob("*.py")
    }
    assert {stage: changed for stage, changed in comments.items() if changed} == {}
    modules = {file: file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files}
    expected = needed()
    for stage in STAGES:
        assert statements[stage] == sorted(file for file in files if modules[file] in expected[stage]), stage
    for file, changed in alone.items():
        assert changed == {stage: [file] if modules[file] in expected[stage] else [] for stage in STAGES}
    assert [stage for stage, changed in alone["pipeline/slice.py"].items() if changed] == ["slice"]
    assert [stage for stage, changed in alone["crackpipe/errors.py"].items() if changed] == STAGES


def run(folder: Path, *command: str, status: int = 0) -> str:
    """Run a command of the environment in ``folder``, whose own code is imported; return all that it prints."""
    environment = {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    both = subprocess.STDOUT
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=both, text=True)
    assert done.returncode == status, done.stdout
    return done.stdout


def test_the_stage_writes_a_manifest_for_each_stage_and_removes_others(edits: list[Any], tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "data/code").mkdir(parents=True)
    (tmp_path / "data/code/gone").write_text("of a stage that is no more", encoding="utf-8")
    shutil.copyfile(ROOT / "dvc.yaml", tmp_path / "dvc.yaml")
    run(tmp_path, "python", "-m", "pipeline.code")
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "data/code").iterdir()}
    assert written == {stage: "".join(f"{line}\n" for line in lines) for stage, lines in edits[0].items()}
    lines = written["slice"].splitlines()
    assert all(re.fullmatch(r"[0-9a-f]{32}  (crackpipe|pipeline)/[\w/]+\.pyi?", line) for line in lines)
    assert [line[34:] for line in lines] == sorted(line[34:] for line in lines)


DVC_YAML = """\
stages:
  code: {cmd: python -m pipeline.code, deps: [crackpipe, pipeline], outs: [data/code]}
  left: {cmd: python -m pipeline.left, deps: [data/code/left], params: [n], outs: [left.txt]}
  right: {cmd: python -m pipeline.right, deps: [data/code/right, left.txt], outs: [right.txt]}
"""
LEFT = """\
from pathlib import Path
from crackpipe.one import ONE
Path("left.txt").write_text(str(ONE))
"""


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two stages with the real stage `code`, committed after its first run."""
    folder = tmp_path_factory.mktemp("committed")
    for name in ("one", "two"):
        (folder / "crackpipe").mkdir(exist_ok=True)
        (folder / f"crackpipe/{name}.py").write_text(f"{name.upper()} = 1\n", encoding="utf-8")
    needed_files = SourceTree(read(ROOT)).closure("pipeline.code", left_out={})
    stubs = [f"{path}i" for path in needed_files if (ROOT / f"{path}i").is_file()]  # which packages read at import
    copied = [*{*needed_files, *stubs}, ".dvcignore"]
    for path in copied:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    (folder / "pipeline/left.py").write_text(LEFT, encoding="utf-8")
    right = LEFT.replace("one", "two").replace("ONE", "TWO").replace("left", "right")
    (folder / "pipeline/right.py").write_text(right, encoding="utf-8")
    (folder / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (folder / "params.yaml").write_text("n: 1\n", encoding="utf-8")
    (folder / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    run(folder, "git", "init", "--quiet")
    run(folder, "dvc", "init", "--quiet")
    assert ran(run(folder, "dvc", "repro")) == ["code", "left", "right"]
    commit(folder)
    return folder


@pytest.fixture
def small(committed: Path, tmp_path: Path) -> Path:
    """A copy of that project."""
    return shutil.copytree(committed, tmp_path / "small")


def ran(printed: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", printed)


def commit(folder: Path) -> None:
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", "An edit")


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


# What `dvc` does with each of several commands, in one process: to load DVC takes longer than to run one.
COMMANDS = """
import sys
from dvc.cli import main

for command in sys.argv[1:]:
    if status := main(command.split()):
        sys.exit(status)
    print("\\0", end="")
"""


def dvc(folder: Path, *commands: str) -> list[str]:
    """What DVC prints for each of these commands, one after the other."""
    *printed, rest = run(folder, "python", "-c", COMMANDS, *commands).split("\0")
    assert (len(printed), rest) == (len(commands), "")
    return printed


def changed(printed: str) -> list[str]:
    """Stages that `dvc status` names."""
    return re.findall(r"^(\w+):$", printed, re.MULTILINE)


@pytest.mark.slow
def test_after_a_comment_dvc_runs_the_stage_code_alone(small: Path) -> None:
    edit(small / "crackpipe/one.py", lambda text: f'"""Said."""\n\n# A comment.\n{text}')
    before, printed, after = dvc(small, "status", "repro", "status")
    assert changed(before) == ["code"]
    assert ran(printed) == ["code"]
    assert changed(after) == []


@pytest.mark.slow
def test_after_a_statement_dvc_runs_what_imports_it_and_what_follows(small: Path) -> None:
    edit(small / "crackpipe/two.py", lambda text: text.replace("1", "2"))
    before, code, after, rest = dvc(small, "status", "repro code", "status", "repro")
    assert changed(before) == ["code"]  # DVC sees no further before `code` has run
    assert ran(code) == ["code"]
    assert changed(after) == ["right"]
    assert ran(rest) == ["right"]
    assert (small / "right.txt").read_text(encoding="utf-8") == "2"


@pytest.mark.slow
def test_a_stage_asked_for_by_name_runs_code_first_but_not_as_a_single_item(small: Path) -> None:
    edit(small / "crackpipe/one.py", lambda text: text.replace("1", "2"))
    alone, before, all_that_it_needs = dvc(small, "repro --single-item left", "status --with-deps left", "repro left")
    assert ran(alone) == []
    assert changed(before) == ["code"]
    assert ran(all_that_it_needs) == ["code", "left"]
    edit(small / "crackpipe/one.py", lambda text: text.replace("2", "3"))
    assert ran(run(small, "dvc", "exp", "run", "left")) == ["code", "left"]
    assert (small / "left.txt").read_text(encoding="utf-8") == "3"
    commit(small)
    edit(small / "crackpipe/one.py", lambda text: text.replace("3", "1"))
    assert ran(run(small, "dvc", "repro", "left")) == []  # DVC's run cache knows both: left.txt is as it was first
    assert (small / "left.txt").read_text(encoding="utf-8") == "1"
