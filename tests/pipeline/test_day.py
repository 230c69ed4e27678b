"""The commands of docs/a-researchers-day.md, in its order, in a clone in which the demo has run."""

import re
import shlex
from pathlib import Path

import pytest
import small_clone
from small_clone import commit, ran, run

ROOT = small_clone.ROOT
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]


def test_every_command_of_the_page_runs_and_says_what_the_page_promises(tmp_path: Path) -> None:
    folder = demo(tmp_path)
    run(folder, "git", "checkout", "--quiet", "-B", "main")
    commit(folder, "Run")
    said: dict[str, str] = {}
    for command in commands():
        if command[0] in ("cd", "source") or command[:2] in (["git", "clone"], ["make", "repro"]):
            continue  # the clone is there, and has run; the second one is made below
        if command[:3] == ["git", "commit", "-am"]:
            commit(folder, command[3])
            continue
        if command[-1] == "/mnt/shared/crackpipe":
            command[-1] = str(tmp_path / "store")
        elsewhere = command == ["dvc", "pull"] or (command == ["dvc", "repro"] and (tmp_path / "elsewhere").exists())
        if command == ["dvc", "pull"]:
            run(tmp_path, "git", "clone", "--quiet", str(folder), "elsewhere")
        program = ["python", "-m", "crackpipe", *command[1:]] if command[0] == "crackpipe" else command
        said[shlex.join(command[:4])] = run(tmp_path / "elsewhere" if elsewhere else folder, *program)
    assert "few_shot.linear_T5_f1" in said["dvc metrics show"]
    assert ran(said["dvc exp run -S"]) == ["check_params", "few_shot@linear", "score_few_shot", "summarise"]
    assert "few_shot.linear_T5_f1" in said["dvc metrics diff main"]
    assert "→" in said["crackpipe show few_shot --only"]
    assert len(re.findall(r"few_shot@linear", said["dvc exp run --run-all"])) >= 2
    assert "few_shot.linear.lr" in said["dvc exp show --only-changed"]
    assert "up to date" in said["dvc repro"]


def commands() -> list[list[str]]:
    """The commands of the page, without comments; those joined by && apart."""
    text = (ROOT / "docs/a-researchers-day.md").read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    split = [part for line in lines for part in line.split(" #")[0].split(" && ")]
    return [shlex.split(part) for part in split]


def demo(place: Path) -> Path:
    """A copy of the clone that has run, or a clone that runs the demo."""
    folder = place / "crackpipe"
    if small_clone.FINISHED:
        run(place, "cp", "--recursive", "--reflink=auto", str(Path(small_clone.FINISHED).resolve()), str(folder))
    else:
        run(place, "git", "clone", "--quiet", str(ROOT), str(folder))
        run(folder, "dvc", "repro")
    return folder
