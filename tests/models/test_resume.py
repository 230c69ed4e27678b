"""A training goes on where its checkpoint left it: parts, history and further values."""

from pathlib import Path

import torch
from torch import nn

from crackpipe.models.checkpoints import Checkpoint
from crackpipe.models.resume import Resumable


def parts() -> dict[str, nn.Module | torch.optim.Optimizer]:
    network = nn.Linear(2, 1, bias=False)
    return {"network": network, "optimiser": torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.5)}


def step(training: dict[str, nn.Module | torch.optim.Optimizer]) -> None:
    network, optimiser = training["network"], training["optimiser"]
    network(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    optimiser.zero_grad()


def test_a_fresh_start_changes_nothing_and_has_no_history(tmp_path: Path) -> None:
    training = parts()
    before = training["network"].weight.clone()
    progress = Resumable(Checkpoint(tmp_path), training)
    assert (progress.history, progress.extra) == ([], {})
    assert torch.equal(training["network"].weight, before)


def test_a_resumed_training_takes_the_next_step_of_the_unbroken_one(tmp_path: Path) -> None:
    unbroken = parts()
    progress = Resumable(Checkpoint(tmp_path), unbroken)
    step(unbroken)
    progress.history.append({"epoch": 1, "train_loss": 0.25})
    progress.save({"best": torch.tensor([3.0]), "stale": 2})
    step(unbroken)  # momentum is part of the state
    resumed = parts()
    again = Resumable(Checkpoint(tmp_path), resumed)
    assert again.history == [{"epoch": 1, "train_loss": 0.25}]
    assert again.extra == {"best": torch.tensor([3.0]), "stale": 2}
    step(resumed)
    assert torch.equal(resumed["network"].weight, unbroken["network"].weight)


def test_the_last_save_counts(tmp_path: Path) -> None:
    progress = Resumable(Checkpoint(tmp_path), {})
    progress.save({"stale": 1})
    progress.history = [{"epoch": 1}, {"epoch": 2}]
    progress.save()
    again = Resumable(Checkpoint(tmp_path), {})
    assert again.history == [{"epoch": 1}, {"epoch": 2}]
    assert again.extra == {}
