"""Stages run in the tests' own process: to start Python and torch would take longer than small stages work."""

import contextlib
import importlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from crackpipe import console

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stage ended.

    Attributes:
        status: 0, or 1 after an error that a user can mend.
        stdout: what it printed.
        stderr: its progress and its error.
    """

    status: int
    stdout: str
    stderr: str


def run(folder: Path, stage: str, *arguments: str) -> Ended:
    """Run ``pipeline/<stage>.py`` in ``folder``, as ``python -m pipeline.<stage> <arguments>`` does.

    Raises:
        Exception: whatever the stage raises beside errors that a user can mend.
    """
    main = importlib.import_module(f"pipeline.{stage}").main
    out, err, status = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(folder)
        patch.setattr(sys, "argv", [f"{stage}.py", *arguments])
        try:
            console.run(main)
        except SystemExit as end:
            status = int(end.code or 0)
    return Ended(status, out.getvalue(), err.getvalue())


def finished(folder: Path, stage: str, *arguments: str) -> Ended:
    """Run a stage that must succeed; see :func:`run`."""
    ended = run(folder, stage, *arguments)
    assert ended.status == 0, ended.stderr
    return ended


def start(folder: Path, stage: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a stage in a process of its own, on the code in ``folder`` or, where it has none, the project's."""
    command = [sys.executable, "-m", f"pipeline.{stage}", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
