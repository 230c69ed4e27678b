"""Training: it learns, and a killed run ends with the weights of an undisturbed one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch import nn

from crackpipe.classify import classifier, training
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.losses.smoothing import cross_entropy
from crackpipe.classify.losses.step import HeldOut, Loss, Step
from crackpipe.classify.training import TrainingSettings
from crackpipe.compute.runtime import start_runtime
from crackpipe.data.patch_pixels import PatchBatch
from crackpipe.models.checkpoints import Checkpoint

EPOCHS = 3
HELD_OUT = HeldOut(torch.tensor([0.5, 1.5]), torch.tensor([0.6, 0.9]), torch.tensor([True, False]))


def batches(epoch: int, *, n: int = 4, steps: int = 2) -> Iterator[PatchBatch]:
    """Dark patches are cracks."""
    random = np.random.default_rng(epoch)
    for _ in range(steps):
        labels = random.integers(0, 2, n)
        levels = random.integers(0, 128, (n, 3, 32, 32)) + 127 * (1 - labels)[:, None, None, None]
        yield torch.from_numpy(levels.astype(np.uint8)), torch.from_numpy(labels)


def lite() -> Classifier:
    torch.manual_seed(0)
    return classifier.create(backbone="tf_efficientnet_lite0", weights="none", side_px=32)


def small() -> Classifier:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(4, 2))
    return Classifier(network, "small", 32, (0.5,) * 3, (0.5,) * 3)


def settings(optimiser: Literal["sgd", "adam"], *, lr: float, momentum: float, weight_decay: float) -> TrainingSettings:
    return TrainingSettings(
        batch=4,
        optimiser=optimiser,
        lr=lr,
        lr_gamma=0.5,
        lr_milestones=(1, 2),
        momentum=momentum,
        weight_decay=weight_decay,
    )


def fit(
    model: Classifier,
    folder: Path,
    *,
    name: Literal["sgd", "adam"] = "sgd",
    lr: float = 0.05,
    epochs: int = EPOCHS,
    of_epoch: Callable[[int], Iterator[PatchBatch]] = batches,
    loss: Loss = cross_entropy,
) -> training.History:
    folder.mkdir(exist_ok=True)
    runtime = start_runtime(device="cpu", precision="fp32", threads=1)
    runtime.place(model.network)
    return training.fit(
        model,
        batches=of_epoch,
        validate=lambda: ({"val_f1": 0.5}, HELD_OUT),
        loss=loss,
        settings=settings(name, lr=lr, momentum=0.9, weight_decay=1e-4),
        epochs=epochs,
        seed=3,
        runtime=runtime,
        checkpoint=Checkpoint(folder),
    )


def dies_in(killed_epoch: int) -> Callable[[int], Iterator[PatchBatch]]:
    """Batches that end in the middle of one epoch as Ctrl-C does."""

    def of_epoch(epoch: int) -> Iterator[PatchBatch]:
        for step, batch in enumerate(batches(epoch)):
            if (epoch, step) == (killed_epoch, 1):
                raise KeyboardInterrupt
            yield batch

    return of_epoch


def equal(first: nn.Module, second: nn.Module) -> bool:
    expected = second.state_dict()
    return all(torch.equal(value, expected[name]) for name, value in first.state_dict().items())


@pytest.mark.parametrize(("name", "make"), [("sgd", lite), ("adam", small)])
def test_a_run_killed_in_its_second_epoch_ends_with_equal_weights(
    tmp_path: Path, name: Literal["sgd", "adam"], make: Callable[[], Classifier]
) -> None:
    whole = make()
    history = fit(whole, tmp_path / "whole", name=name)
    broken = make()
    with pytest.raises(KeyboardInterrupt):
        fit(broken, tmp_path / "broken", name=name, of_epoch=dies_in(1))
    assert not equal(broken.network, whole.network)
    resumed = make()
    torch.manual_seed(99)  # whatever a new process drew before
    seen: list[int] = []

    def counted(epoch: int) -> Iterator[PatchBatch]:
        seen.append(epoch)
        return batches(epoch)

    assert fit(resumed, tmp_path / "broken", name=name, of_epoch=counted) == history
    assert seen == [1, 2]
    assert equal(resumed.network, whole.network)
    assert not resumed.network.training


def test_two_seeded_runs_are_equal_to_the_last_bit(tmp_path: Path) -> None:
    models = [small(), small()]
    for number, model in enumerate(models):
        fit(model, tmp_path / str(number))
    assert equal(models[0].network, models[1].network)


def test_a_run_killed_after_its_last_epoch_trains_no_more(tmp_path: Path) -> None:
    first, again = small(), small()
    history = fit(first, tmp_path)

    def none(epoch: int) -> Iterator[PatchBatch]:
        raise AssertionError

    assert fit(again, tmp_path, of_epoch=none) == history
    assert equal(first.network, again.network)


def test_it_learns_that_dark_patches_are_cracks(tmp_path: Path) -> None:
    model = small()
    history = fit(model, tmp_path, epochs=8, lr=0.5, of_epoch=lambda epoch: batches(epoch, n=16, steps=4))
    assert history[-1]["train_loss"] < 0.5 * history[0]["train_loss"]
    pixels, labels = next(batches(100, n=64))
    runtime = start_runtime(device="cpu", precision="fp32", threads=1)
    assert ((model.crack_probability(pixels, runtime) > 0.5) == labels.bool()).float().mean() > 0.95


def test_the_history_tells_the_rate_of_each_epoch_and_what_was_validated(tmp_path: Path) -> None:
    history = fit(small(), tmp_path)
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert [row["lr"] for row in history] == pytest.approx([0.05, 0.025, 0.0125])
    assert [list(row) for row in history] == [["epoch", "lr", "train_loss", "val_f1"]] * 3


def test_momentum_is_sgds_or_the_first_beta_of_adam() -> None:
    network = nn.Linear(2, 2)
    sgd = training.build_optimiser(network, settings("sgd", lr=0.1, momentum=0.8, weight_decay=0.01))
    adam = training.build_optimiser(network, settings("adam", lr=0.1, momentum=0.8, weight_decay=0.01))
    assert isinstance(sgd, torch.optim.SGD)
    assert type(adam) is torch.optim.Adam
    decoupled = training.build_optimiser(network, settings("adamw", lr=0.1, momentum=0.8, weight_decay=0.01))
    assert type(decoupled) is torch.optim.AdamW
    assert sgd.param_groups[0]["momentum"] == 0.8
    assert adam.param_groups[0]["betas"] == (0.8, 0.999)
    assert sgd.param_groups[0]["weight_decay"] == adam.param_groups[0]["weight_decay"] == 0.01


def test_a_loss_knows_the_step_the_final_layer_and_the_decisions_on_validation_patches(tmp_path: Path) -> None:
    model, seen = small(), []

    def watching_loss(features: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, step: Step) -> torch.Tensor:
        seen.append((step.epoch, step.batch, len(step.held_out)))
        assert torch.allclose(features @ step.weight.T + step.bias, logits, atol=1e-6)
        assert features.requires_grad
        assert not step.weight.requires_grad
        return cross_entropy(features, logits, targets, step)

    fit(model, tmp_path, loss=watching_loss)
    assert seen == [(0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), (2, 0, 2), (2, 1, 2)]


def test_a_resumed_run_knows_the_decisions_on_validation_patches_before_the_kill(tmp_path: Path) -> None:
    counts: list[int] = []

    def watching_loss(features: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, step: Step) -> torch.Tensor:
        counts.append(len(step.held_out))
        assert all(torch.equal(held_out.distance, HELD_OUT.distance) for held_out in step.held_out)
        return cross_entropy(features, logits, targets, step)

    with pytest.raises(KeyboardInterrupt):
        fit(small(), tmp_path, of_epoch=dies_in(1), loss=watching_loss)
    fit(small(), tmp_path, loss=watching_loss)
    assert counts == [0, 0, 1, 1, 1, 2, 2]
