"""A command of ``crackpipe`` in a process of its own, and the folder of a project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Crackpipe = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def crackpipe() -> Crackpipe:
    """Run ``python -m crackpipe`` with arguments in a folder."""

    def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "crackpipe", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    return call


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that holds ``conf/`` with two of its datasets and one scale, and no params.yaml yet."""
    for name in ("config.yaml", "crf_grid.yaml", "dataset/demo.yaml", "dataset/crack500.yaml", "scale/cpu.yaml"):
        (tmp_path / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "conf" / name, tmp_path / "conf" / name)
    return tmp_path
