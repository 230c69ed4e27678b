"""The table is written whole or not at all, and hides no missed bar."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import run
from benchmarks.table import Row, Section

PASSED = Section(title="First", about="A.", rows=(Row(("row", "1", "2", "3×", "≥ 2×"), True),))
MISSED = Section(title="Second", about="B.", rows=(Row(("row", "1", "2", "1×", "≥ 2×"), False),))


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of an earlier time; comparisons by name; a commit."""
    path = tmp_path / "README.md"
    path.write_text("earlier\n", encoding="utf-8")
    monkeypatch.setattr(run, "README", path)
    monkeypatch.setattr(run, "told_commit", lambda root: "0123abcd")
    return path


def compare(monkeypatch: pytest.MonkeyPatch, *found: Section | Exception) -> None:
    """Let these be the comparisons."""

    def answer(section: Section | Exception) -> SimpleNamespace:
        def one(*, photos: int, data: Path | None) -> Section:
            assert photos == 7
            if isinstance(section, Exception):
                raise section
            return section

        return SimpleNamespace(PHOTOS=7, compare=one)

    modules = {f"benchmarks.number_{i}": answer(section) for i, section in enumerate(found)}
    monkeypatch.setattr(run, "COMPARISONS", tuple(name.removeprefix("benchmarks.") for name in modules))
    monkeypatch.setattr(run, "importlib", SimpleNamespace(import_module=modules.__getitem__))


def start(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["run", *arguments])
    run.main()


def test_all_sections_are_written_with_machine_commit_and_verdict(
    readme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(monkeypatch, PASSED, PASSED)
    start(monkeypatch)
    text = readme.read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() == text.strip()
    for part in ("commit 0123abcd", "never by hand", "cores", "drawn photographs", "2 of 2 bars passed.", "## First"):
        assert part in text
    assert "issed" not in text


def test_a_missed_bar_is_written_named_on_top_and_ends_the_run_with_an_error(
    readme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(monkeypatch, PASSED, MISSED)
    with pytest.raises(SystemExit, match="1"):
        start(monkeypatch)
    text = readme.read_text(encoding="utf-8")
    assert "1 of 2 bars passed. Missed:\n\n- Second: row\n" in text
    assert text.count("**missed**") == 1
    assert "bar missed: Second: row" in capsys.readouterr().err


def test_a_comparison_that_fails_leaves_the_earlier_table(readme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(monkeypatch, PASSED, ValueError("labels differ"))
    with pytest.raises(ValueError, match="labels differ"):
        start(monkeypatch)
    assert readme.read_text(encoding="utf-8") == "earlier\n"
    assert [path.name for path in readme.parent.iterdir()] == ["README.md"]


def test_only_prints_what_is_named_and_writes_nothing(
    readme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(monkeypatch, MISSED, PASSED)
    start(monkeypatch, "--only", "number_1")
    assert capsys.readouterr().out.startswith("## First")
    assert readme.read_text(encoding="utf-8") == "earlier\n"


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_the_commit_tells_of_changes_but_not_of_those_to_the_table(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "benchmarks").mkdir()
    for name in ("benchmarks/README.md", "benchmarks/code.py"):
        (tmp_path / name).write_text("one\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "Start")
    (tmp_path / "benchmarks/README.md").write_text("two\n", encoding="utf-8")
    clean = run.told_commit(tmp_path)
    (tmp_path / "benchmarks/code.py").write_text("two\n", encoding="utf-8")
    assert len(clean) == 8
    assert run.told_commit(tmp_path) == f"{clean} with uncommitted changes"


@pytest.mark.parametrize("name", run.COMPARISONS)
def test_every_comparison_can_be_run_alone_and_by_the_run(name: str) -> None:
    module: Any = importlib.import_module(f"benchmarks.{name}")
    assert list(inspect.signature(module.compare).parameters) == ["photos", "data"]
    assert module.PHOTOS > 0
    assert callable(module.main)
    assert f"python -m benchmarks.{name}" in module.__doc__


def test_every_file_with_a_comparison_is_run() -> None:
    files = Path(run.__file__).parent.glob("*.py")
    found = {path.stem for path in files if "\ndef compare(*, photos" in path.read_text(encoding="utf-8")}
    assert found == set(run.COMPARISONS)
