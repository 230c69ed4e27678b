"""Pipelines of a few real DVC stages, run side by side."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.results import side_by_side

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")]  # DVC's
DVC_YAML = """\
stages:
  first:
    cmd: python work.py first
    deps: [source]
    outs: [out/first]
  left:
    cmd: python work.py left right
    deps: [out/first, left_source]
    outs: [out/left]
  right:
    cmd: python work.py right left
    deps: [out/first]
    outs: [out/right]
  last:
    cmd: python work.py last
    deps: [out/left, out/right]
    outs: [out/last]
"""
# A stage that names another ends only when that one has begun, too: one after the other they would never end.
WORK = """\
import pathlib, sys, time
name, *others = sys.argv[1:]
pathlib.Path("begun").mkdir(exist_ok=True)
pathlib.Path("begun", name).write_text("")
until = time.monotonic() + 60
while not all(pathlib.Path("begun", other).exists() for other in others):
    if time.monotonic() > until:
        sys.exit(f"{name} waits for {others} in vain")
    time.sleep(0.05)
if pathlib.Path(f"fail_{name}").exists():
    sys.exit(f"{name} has no luck today")
pathlib.Path("out").mkdir(exist_ok=True)
pathlib.Path("out", name).write_text(name)
print(name, "is done")
"""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which nothing has run yet."""
    folder = tmp_path_factory.mktemp("begun")
    for name, text in {"dvc.yaml": DVC_YAML, "work.py": WORK, "source": "1", "left_source": "1"}.items():
        (folder / name).write_text(text)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=folder, check=True)
    return folder


@pytest.fixture
def project(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    return tmp_path


def commands(printed: str) -> list[str]:
    """Stages whose command was run, in the order in which they began."""
    return [line.partition(" · ")[0] for line in printed.splitlines() if line.endswith(" · begins")]


def test_what_does_not_need_one_another_runs_at_once_and_dvc_finds_all_up_to_date(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert side_by_side.repro(jobs=2) == ["first", "left", "right", "last"]
    printed = capfd.readouterr().out
    begun = commands(printed)
    assert begun[0] == "first"
    assert sorted(begun[1:3]) == ["left", "right"]
    assert begun[3] == "last"
    assert "left | left is done\n" in printed

    assert side_by_side.repro(jobs=2) == []
    assert capfd.readouterr().out == "Data and pipelines are up to date.\n"
    again = subprocess.run([sys.executable, "-m", "dvc", "repro"], cwd=project, capture_output=True, text=True)
    assert "Running stage" not in again.stdout
    assert again.returncode == 0


def test_where_a_stage_fails_its_neighbour_is_finished_and_the_next_call_goes_on_there_with_its_targets_alone(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "fail_left").write_text("")
    with pytest.raises(
        CrackpipeError, match=r"stage left failed; what it said is above\. Mend the cause and call again"
    ):
        side_by_side.repro(jobs=2)
    printed = capfd.readouterr().out
    assert "left | left has no luck today\n" in printed
    assert re.search(r"^left · failed after \d+\.\d s$", printed, re.MULTILINE)
    assert re.search(r"^right · took \d+\.\d s$", printed, re.MULTILINE)
    assert sorted(commands(printed)) == ["first", "left", "right"]
    (project / "fail_left").unlink()
    assert side_by_side.repro(["left", "right"], jobs=1) == ["left"]
    assert commands(capfd.readouterr().out) == ["left"]


def test_where_the_reader_of_its_lines_has_gone_no_other_stage_is_begun(project: Path) -> None:
    command = [sys.executable, "-m", "crackpipe", "repro"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "first · begins\n"
        process.stdout.close()
        assert "whoever read these lines has gone" in process.stderr.read()
    assert process.returncode == 1
    assert [path.name for path in (project / "out").iterdir() if path.name[0] != "."] == ["first"]


def test_needed_are_the_targets_and_all_that_they_stand_on_from_any_folder(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert side_by_side.needed(project) == ["first", "left", "right", "last"]
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert side_by_side.needed(project, ["left"]) == ["first", "left"]


def test_wrong_arguments_are_told(project: Path) -> None:
    with pytest.raises(CrackpipeError, match="frist"):
        side_by_side.repro(["frist"])
    with pytest.raises(CrackpipeError, match="--jobs: got 0, expected a whole number from 1"):
        side_by_side.repro(jobs=0)
