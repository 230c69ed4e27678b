"""The command as a whole: how fast it starts, and what it says outside a project."""

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from crackpipe.cli.app import commands
from crackpipe.errors import CrackpipeError

ROOT = Path(__file__).parents[2]
NAMES = [
    *("inspect", "report", "few-shot", "classify", "search", "prompts", "models"),
    *("configure", "datasets", "repro", "run", "show", "compare", "tune-crf", "tune-head"),
    *("pack", "pack-encoder", "pack-classifier"),
]
GROUPS = ["export"]
HEAVY = ("torch", "numpy", "pandas", "pyarrow", "cv2", "numba", "ruamel", "hydra", "rich")
Crackpipe = Callable[..., subprocess.CompletedProcess[str]]


def test_commands_on_photographs_of_ones_own_are_listed_first_and_none_is_cut_short():
    printed = CliRunner().invoke(commands, ["--help"], terminal_width=80).output
    assert not re.search(r"\w\.\.\.", printed)
    assert [command.name or command.callback.__name__ for command in commands.registered_commands] == [
        name.replace("-", "_") for name in NAMES
    ]
    assert sorted(get_command(commands).commands) == sorted([*NAMES, *GROUPS])  # type: ignore[attr-defined]  # a group


def test_it_tells_its_version():
    done = CliRunner().invoke(commands, ["--version"])
    assert (done.exit_code, done.output.strip()) == (0, importlib.metadata.version("crackpipe"))


def test_help_imports_nothing_heavy():
    """Of the command and of each of its commands, in one process."""
    code = (
        "import contextlib, io, sys, crackpipe.cli.app as app\n"
        f"for arguments in (['--help'], *([name, '--help'] for name in {[*NAMES, *GROUPS]})):\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as printed:\n"
        "        app.commands(arguments)\n"
        "    assert printed.getvalue().startswith('Usage: '), arguments\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["configure"],
        ["configure", "--check"],
        ["run", "crack500", "--data", "."],
        ["pack", "folder"],
        ["pack-encoder", "folder"],
        ["few-shot", "folder", "--project", "."],
        ["classify", "photo.jpg", "--project", "."],
        ["search", "crack", "--project", "."],
        ["prompts", "--project", "."],
        ["pack-classifier", "folder"],
        ["tune-crf"],
        ["tune-head", "knn", "k=1"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_command_that_needs_a_project_says_so_in_one_line_outside_one(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(commands, arguments)
    assert isinstance(done.exception, CrackpipeError)
    assert "not found; run this in the project's folder, where dvc.yaml is" in str(done.exception)
    assert "\n" not in str(done.exception)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_can_be_mended_is_one_line_and_status_1(tmp_path: Path, crackpipe: Crackpipe):
    done = crackpipe(tmp_path, "pack", "folder")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: params.yaml: not found; run this in the project's folder")
    assert len(done.stderr.splitlines()) == 1


def test_datasets_and_compare_need_no_project(tmp_path: Path, crackpipe: Crackpipe):
    assert "crack500" in crackpipe(tmp_path, "datasets").stdout
    assert "CrackCLIP" in crackpipe(tmp_path, "compare").stdout
