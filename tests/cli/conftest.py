"""A command of ``crackpipe``, and the folder of a project."""

import contextlib
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crackpipe import console
from crackpipe.cli.app import commands

ROOT = Path(__file__).parents[2]
Crackpipe = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def crackpipe() -> Crackpipe:
    """Run ``python -m crackpipe`` with arguments in a folder, in this process: tests/test_wheel.py starts others."""

    def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        out, err, status = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            patch.chdir(folder)
            patch.setenv("COLUMNS", "120")
            patch.setattr(sys, "argv", ["crackpipe", *arguments])
            try:
                console.run(commands)
            except SystemExit as end:
                status = int(end.code or 0)
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that holds ``conf/`` with two of its datasets and one scale, and no params.yaml yet."""
    for name in ("config.yaml", "crf_grid.yaml", "dataset/demo.yaml", "dataset/crack500.yaml", "scale/cpu.yaml"):
        (tmp_path / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "conf" / name, tmp_path / "conf" / name)
    return tmp_path
