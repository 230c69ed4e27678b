"""Checkpoints: one run at a time, whole or not there, gone after success."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from crackpipe.errors import CrackpipeError
from crackpipe.files import fingerprint
from crackpipe.models import checkpoints
from crackpipe.models.checkpoints import Stateful

ROOT = Path(__file__).parents[2]

HOLD = """
import sys, time
from crackpipe.models import checkpoints
with checkpoints.opened("train", "abc") as checkpoint:
    checkpoint.save({"epoch": int(sys.argv[1])})
    print("locked", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_fresh_start_has_no_state_and_a_saved_one_comes_back() -> None:
    with checkpoints.opened("train", "abc") as checkpoint:
        assert checkpoint.load() is None
        checkpoint.save({"weights": torch.arange(3), "history": [{"loss": 0.5}]})
        checkpoint.save({"weights": torch.arange(4), "history": []})
        found = checkpoint.load()
    assert found is not None
    assert torch.equal(found["weights"], torch.arange(4))


def parts() -> dict[str, Stateful]:
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=1, gamma=0.5)
    return {"network": network, "optimiser": optimiser, "schedule": schedule}


def step(parts: dict[str, Any]) -> None:
    parts["optimiser"].zero_grad()
    parts["network"](torch.ones(1, 3)).square().sum().backward()
    parts["optimiser"].step()
    parts["schedule"].step()


def test_parts_go_on_from_where_they_were_kept_with_the_values_beside_them() -> None:
    whole, broken, resumed = parts(), parts(), parts()
    for _ in range(4):
        step(whole)
    with checkpoints.opened("train", "abc") as checkpoint:
        assert checkpoint.resume(broken) == {}
        for _ in range(2):
            step(broken)
        checkpoint.keep(broken, history=[0.5, 0.25], best=torch.ones(2))
        values = checkpoint.resume(resumed)
    assert values["history"] == [0.5, 0.25]
    assert torch.equal(values["best"], torch.ones(2))
    assert sorted(values) == ["best", "history"]
    for _ in range(2):
        step(resumed)
    assert resumed["optimiser"].state_dict()["param_groups"][0]["lr"] == 0.1 / 16
    for name, value in whole["network"].state_dict().items():
        assert torch.equal(resumed["network"].state_dict()[name], value)


def interrupted() -> None:
    with checkpoints.opened("train", "abc") as checkpoint:
        checkpoint.save({"epoch": 1})
        raise KeyboardInterrupt


def test_success_removes_the_checkpoint_and_failure_keeps_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Path(".checkpoints/train/abc/state.pt").is_file()
    with checkpoints.opened("train", "abc") as checkpoint:
        assert checkpoint.load() == {"epoch": 1}
    assert not Path(".checkpoints/train/abc").exists()


def test_another_fingerprint_starts_afresh() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with checkpoints.opened("train", "abd") as checkpoint:
        assert checkpoint.load() is None


def test_a_save_that_breaks_leaves_the_last_state_whole() -> None:
    with checkpoints.opened("train", "abc") as checkpoint:
        checkpoint.save({"epoch": 1})
        with pytest.raises((AttributeError, TypeError, RuntimeError)):
            checkpoint.save({"weights": torch.zeros(9), "function": lambda: None})  # cannot be pickled
        assert checkpoint.load() == {"epoch": 1}


def hold(epoch: int, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(epoch), str(seconds)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_second_run_waits_until_the_first_ends_and_then_starts_afresh() -> None:
    with hold(1, 1.0) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "locked\n"
        began = time.monotonic()
        with checkpoints.opened("train", "abc") as checkpoint:
            assert time.monotonic() - began > 0.5
            assert checkpoint.load() is None
    assert first.returncode == 0


def test_a_killed_run_frees_the_lock_and_leaves_its_state_to_the_next() -> None:
    with hold(5, 60) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "locked\n"
        first.kill()
        with checkpoints.opened("train", "abc") as checkpoint:
            assert checkpoint.load() == {"epoch": 5}


def test_a_missing_input_is_named_instead_of_left_out(tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match=r"code: missing; `dvc repro` runs the stage that writes it"):
        fingerprint.of(0, [tmp_path / "code"])
