"""Training of pixel networks: its learning rate by hand, that it learns, and that a killed run loses nothing."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.segment import losses
from crackpipe.segment.networks import training
from crackpipe.segment.networks.training import PixelTraining

SIDE = 16


class Small(nn.Module):
    """Two convolutions with batch norm between, whose statistics are part of the state."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))

    def forward(self, pixels: Tensor) -> list[Tensor]:
        return [self.layers(pixels.float() / 255)[:, 0]]


class Offset(nn.Module):
    """One number, with which every pixel is answered: its gradient is the loss's own."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()))

    def forward(self, pixels: Tensor) -> list[Tensor]:
        return [self.value.expand(len(pixels), *pixels.shape[2:])]


def sample(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A dark line in noise."""
    image = random.integers(150, 250, (SIDE, SIDE, 3), dtype=np.uint8)
    label = np.zeros((SIDE, SIDE), np.uint8)
    label[:, int(random.integers(2, SIDE - 2))] = 255
    image[label > 0] = 30
    return image, label


def small() -> Small:
    torch.manual_seed(0)
    return Small()


def fit(network: nn.Module, folder: Path, runtime: Runtime, **changed: Any) -> list[dict[str, int | float]]:
    folder.mkdir(exist_ok=True)
    functions = {"sample": sample, "loss": losses.deep_supervision}
    functions |= {name: changed.pop(name) for name in functions if name in changed}
    settings = replace(PixelTraining(steps=12, batch=2, lr=0.02, weight_decay=0.01, seed=0), **changed)
    return training.fit(network, network, settings, runtime=runtime, checkpoint=Checkpoint(folder), **functions)


def rate(step: int, **changed: Any) -> float:
    return replace(PixelTraining(steps=12, batch=2, lr=0.02, weight_decay=0.01, seed=0), **changed).rate(step)


def test_the_learning_rate_may_fall_by_steps() -> None:
    """König et al.: 30 epochs, divided by 10 after the 10th and the 20th."""
    rates = [rate(step, steps=30, schedule="step", lr_gamma=0.1, lr_milestones=(1 / 3, 2 / 3)) for step in range(30)]
    assert rates == pytest.approx([1.0] * 10 + [0.1] * 10 + [0.01] * 10)


def test_stochastic_gradient_descent_has_its_momentum(runtime: Runtime, tmp_path: Path) -> None:
    network = Offset()

    def slope(outputs: list[Tensor], target: Tensor) -> Tensor:
        return -outputs[-1].mean()

    steady: dict[str, Any] = {"schedule": "step", "optimiser": "sgd", "momentum": 0.5, "weight_decay": 0.0}
    fit(network, tmp_path, runtime, loss=slope, steps=3, lr=0.125, **steady)
    assert float(network.value.detach()) == pytest.approx(0.125 * (1 + 1.5 + 1.75))


def test_the_average_of_the_weights_is_kept_where_one_is_asked_for(runtime: Runtime, tmp_path: Path) -> None:
    """Weights of 1, 2, 3, 4 after the steps: the first is taken, then 2/11, 3/12, at most 1/4 of it stays."""
    network = Offset()

    def slope(outputs: list[Tensor], target: Tensor) -> Tensor:
        return -outputs[-1].mean()

    steady: dict[str, Any] = {"schedule": "step", "optimiser": "sgd", "momentum": 0.0, "weight_decay": 0.0}
    fit(network, tmp_path, runtime, loss=slope, steps=4, lr=1.0, average=0.25, **steady)
    average = 1.0
    for weight, kept in ((2, 2 / 11), (3, 3 / 12), (4, 1 / 4)):
        average = kept * average + (1 - kept) * weight
    assert float(network.value.detach()) == pytest.approx(average)


def test_statistics_of_layers_are_averaged_too_and_counts_are_not(runtime: Runtime, tmp_path: Path) -> None:
    last, averaged = small(), small()
    fit(last, tmp_path / "last", runtime)
    fit(averaged, tmp_path / "averaged", runtime, average=0.9)
    ours, theirs = averaged.layers[1], last.layers[1]
    assert not torch.equal(ours.running_mean, theirs.running_mean)
    assert int(ours.num_batches_tracked) == int(theirs.num_batches_tracked) == 12


def same(first: nn.Module, second: nn.Module) -> bool:
    other = second.state_dict()
    return all(torch.equal(value, other[name]) for name, value in first.state_dict().items())


def failing_after(windows: int) -> Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]:
    """A sampler that is killed after so many windows."""
    drawn = 0

    def draw(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        nonlocal drawn
        drawn += 1
        if drawn > windows:
            raise KeyboardInterrupt
        return sample(random)

    return draw


def test_the_learning_rate_rises_for_a_tenth_and_falls_along_a_cosine() -> None:
    rates = [rate(step, steps=40) for step in range(40)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[22] == pytest.approx(0.5)  # half of the way down
    assert rates[13] == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert rates == sorted(rates[:4]) + sorted(rates[4:], reverse=True)
    assert 0 < rates[-1] < 0.01
    assert rate(40, steps=40) == pytest.approx(0)


@pytest.mark.parametrize(("steps", "wanted"), [(1, [1.0]), (2, [1.0, 1.0]), (4, [1.0, 1.0, 0.75, 0.25])])
def test_a_short_run_has_a_learning_rate_too(steps: int, wanted: list[float]) -> None:
    assert [rate(step, steps=steps) for step in range(steps)] == pytest.approx(wanted)


def test_each_step_goes_as_far_as_the_learning_rate_says(runtime: Runtime, tmp_path: Path) -> None:
    """Under a gradient that never changes AdamW moves by the learning rate itself."""
    network = Offset()

    def slope(outputs: list[Tensor], target: Tensor) -> Tensor:
        return -outputs[-1].mean()

    history = fit(network, tmp_path, runtime, loss=slope, steps=4, lr=0.125, weight_decay=0.0)
    assert float(network.value.detach()) == pytest.approx(0.125 * (1.0 + 1.0 + 0.75 + 0.25), rel=1e-5)
    values = [0.0, 0.125, 0.25, 0.34375]  # before each step
    assert history == [{"epoch": 1, "train_loss": pytest.approx(-sum(values) / 4, abs=1e-6)}]


def test_weights_decay_apart_from_the_gradient(runtime: Runtime, tmp_path: Path) -> None:
    network = Offset()
    nn.init.ones_(network.value)

    def nothing(outputs: list[Tensor], target: Tensor) -> Tensor:
        return 0.0 * outputs[-1].mean()

    fit(network, tmp_path, runtime, loss=nothing, steps=1, lr=0.5, weight_decay=0.2)
    assert float(network.value.detach()) == pytest.approx(1 - 0.5 * 0.2)


def test_training_finds_the_dark_line(runtime: Runtime, tmp_path: Path) -> None:
    network = small()
    history = fit(network, tmp_path, runtime, steps=200, batch=4)
    assert [row["epoch"] for row in history] == [1, 2]
    assert history[1]["train_loss"] < 0.5 * history[0]["train_loss"]
    assert not network.training
    image, label = sample(np.random.default_rng(999))
    with torch.no_grad():
        (logits,) = network(torch.from_numpy(image).permute(2, 0, 1)[None])
    assert ((logits[0] > 0).numpy() == (label > 0)).mean() > 0.98


def test_history_holds_the_mean_loss_of_every_hundred_steps_and_of_the_rest(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "EPOCH_STEPS", 5)
    values: list[float] = []

    def noted(outputs: list[Tensor], target: Tensor) -> Tensor:
        value = losses.deep_supervision(outputs, target)
        values.append(float(value.detach()))
        return value

    history = fit(small(), tmp_path, runtime, loss=noted, steps=12)
    wanted = [np.mean(values[:5]), np.mean(values[5:10]), np.mean(values[10:])]
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert [row["train_loss"] for row in history] == pytest.approx(wanted, abs=1e-6)


def test_equal_seeds_give_equal_bits_and_others_do_not(runtime: Runtime, tmp_path: Path) -> None:
    first, second, other = small(), small(), small()
    assert fit(first, tmp_path / "a", runtime) == fit(second, tmp_path / "b", runtime)
    assert same(first, second)
    fit(other, tmp_path / "c", runtime, seed=1)
    assert not same(first, other)


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("killed_at", [3, 7])
def test_a_run_killed_at_any_step_goes_on_to_the_same_bits(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int, average: float
) -> None:
    monkeypatch.setattr(training, "EPOCH_STEPS", 5)
    through, killed, resumed = small(), small(), small()
    wanted = fit(through, tmp_path / "through", runtime, average=average)
    with pytest.raises(KeyboardInterrupt):
        fit(killed, tmp_path / "killed", runtime, sample=failing_after(2 * killed_at), average=average)
    assert (tmp_path / "killed/state.pt").exists() == (killed_at >= 5)
    if killed_at >= 5:
        nn.init.ones_(resumed.layers[0].weight)  # what it began with does not matter then
    assert fit(resumed, tmp_path / "killed", runtime, average=average) == wanted
    assert same(through, resumed)


def test_a_finished_run_is_read_and_not_trained_again(runtime: Runtime, tmp_path: Path) -> None:
    first, again = small(), small()
    wanted = fit(first, tmp_path, runtime)
    assert fit(again, tmp_path, runtime, sample=failing_after(0)) == wanted
    assert same(first, again)
    assert not again.training


def test_windows_of_a_step_depend_on_the_seed_and_the_step_alone() -> None:
    pixels, target = training.draw(sample, batch=3, seed=1, step=4)
    assert (pixels.shape, pixels.dtype) == ((3, 3, SIDE, SIDE), torch.uint8)
    assert (target.shape, target.dtype) == ((3, SIDE, SIDE), torch.float32)
    assert target.unique().tolist() == [0.0, 1.0]
    assert ((pixels[:, 0] == 30) == (target == 1)).all()
    again = training.draw(sample, batch=3, seed=1, step=4)
    assert torch.equal(pixels, again[0])
    assert torch.equal(target, again[1])
    for seed, step in ((1, 5), (2, 4)):
        assert not torch.equal(pixels, training.draw(sample, batch=3, seed=seed, step=step)[0])
    assert torch.equal(training.draw(sample, batch=2, seed=1, step=4)[0], pixels[:2])
    assert not torch.equal(pixels[0], pixels[1])


def test_targets_are_shares() -> None:
    def soft(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((1, 2, 3), np.uint8)[:, :1], np.array([[51]], np.uint8)

    _, target = training.draw(soft, batch=1, seed=0, step=0)
    assert target.tolist() == [[[pytest.approx(0.2)]]]
