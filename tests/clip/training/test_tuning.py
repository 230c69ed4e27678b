"""Contrastive training: it learns, keeps the best epoch, stops in time, and a killed run ends with the same bits."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_encoder
import torch
from toy_pairs import TEXTS, same, state_of, two_clusters, two_shades

from crackpipe.clip import prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.training import alignment, freezing, tuning
from crackpipe.clip.training.pairing import Pairs
from crackpipe.clip.training.tuning import TuningSettings
from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint

SETTINGS = TuningSettings(
    epochs=4,
    patience=99,
    batch=8,
    chunk=5,
    lr=0.001,
    warmup_steps=2,
    weight_decay=0.1,
    feature_dropout=0.1,
    sentence_dropout=0.5,
    seed=0,
)


class Memory(Checkpoint):
    """A checkpoint that is killed before one of its saves."""

    def __init__(self, folder: Path, *, killed_at: int | None = None) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        self._left = killed_at

    def save(self, state: dict[str, Any]) -> None:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left = None if self._left is None else self._left - 1
        super().save(state)


def clusters(encoder: DualEncoder, **changed: int) -> Pairs:
    return two_clusters(width=encoder.feature_width, **changed)


def contradiction(pairs: Pairs) -> Pairs:
    """The same images, each with the texts of the other cluster."""
    return Pairs(pairs.images, 1, pairs.texts[1:] + pairs.texts[:1], 1 - pairs.keys)


def fit(
    encoder: DualEncoder,
    sets: list[Pairs],
    runtime: Runtime,
    checkpoint: Checkpoint,
    *,
    validation: Pairs | None = None,
    freeze: freezing.Freeze = "blocks",
    train_blocks: int = 0,
    **changed: Any,
) -> tuning.History:
    """Train the projections and the temperature alone, by default; ``changed`` are settings."""
    return tuning.fit(
        encoder,
        sets,
        validation=validation,
        trained=freezing.thaw(encoder, freeze=freeze, train_blocks=train_blocks),
        settings=replace(SETTINGS, **changed),
        runtime=runtime,
        checkpoint=checkpoint,
    )


def test_two_separable_clusters_are_told_apart_by_their_prompts(
    encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    pairs = clusters(encoder)
    history = fit(encoder, [pairs], runtime, Memory(tmp_path), epochs=6)
    matrix = prompts.text_matrix(encoder, flawless=TEXTS[0], damaged=TEXTS[1])
    images = alignment.embeddings(encoder, pairs, chunk=9, runtime=runtime)[0]
    assert (torch.from_numpy(images) @ matrix.T).argmax(dim=1).tolist() == pairs.keys.tolist()
    assert [list(row) for row in history] == [list(tuning.COLUMNS)] * 6
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert [row["best"] for row in history] == [0, 0, 0, 0, 0, 1]  # without validation: the last one
    assert {row["val_loss"] for row in history} == {None}


def test_frozen_parameters_stay_to_the_last_bit(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    before = state_of(encoder)
    fit(encoder, [two_shades()], runtime, Memory(tmp_path), train_blocks=1, epochs=1)
    after = state_of(encoder)
    moved = {name for name, value in before.items() if not torch.equal(value, after[name])}
    trained = set(freezing.thaw(encoder, freeze="blocks", train_blocks=1))
    assert moved <= trained  # statistics of normalisation layers are no parameters: they stay too
    assert {"projection.weight", "text.text_projection", "trunk.bn2.weight", "log_scale"} <= moved


@pytest.fixture(scope="module")
def learned(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> DualEncoder:
    """An encoder that has learned the contrary of the pairs; nobody changes it."""
    encoder = small_encoder.create()
    fit(encoder, [contradiction(clusters(encoder))], runtime, Memory(tmp_path_factory.mktemp("before")), freeze="image")
    return encoder


def test_the_weights_of_the_best_epoch_are_kept(learned: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    """Held-out pairs contradict those trained on, and were learned before: no epoch is as good as the first."""
    encoder, first = copy.deepcopy(learned), copy.deepcopy(learned)
    pairs = clusters(encoder)
    contrary = contradiction(pairs)
    history = fit(encoder, [pairs], runtime, Memory(tmp_path / "four"), freeze="image", validation=contrary)
    losses = [row["val_loss"] for row in history]
    assert losses[0] < min(losses[1:])
    assert [row["best"] for row in history] == [1, 0, 0, 0]  # all four, for the patience is not at its end
    found = alignment.mean_loss(encoder, contrary, batch=8, chunk=5, seed=0, runtime=runtime)
    assert found == pytest.approx(losses[0], abs=1e-6)
    # the learning rate of the first epoch depends on their number: stop a run of four after one
    with pytest.raises(KeyboardInterrupt):
        fit(first, [pairs], runtime, Memory(tmp_path / "one", killed_at=1), freeze="image", validation=contrary)
    state = Memory(tmp_path / "one").load()
    assert state is not None
    assert all(torch.equal(value, encoder.state_dict()[name]) for name, value in state["trained"].items())


@pytest.mark.parametrize(("patience", "epochs"), [(1, 2), (2, 3)])
def test_training_stops_after_so_many_epochs_that_are_no_better(
    learned: DualEncoder, runtime: Runtime, tmp_path: Path, patience: int, epochs: int
) -> None:
    encoder = copy.deepcopy(learned)
    pairs = clusters(encoder)
    contrary, after = contradiction(pairs), Memory(tmp_path)
    history = fit(encoder, [pairs], runtime, after, freeze="image", validation=contrary, patience=patience)
    assert len(history) == epochs


@pytest.fixture(scope="module")
def through(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> tuple[DualEncoder, tuning.History]:
    """An encoder trained from begin to end, and its history."""
    encoder = small_encoder.create()
    sets, held_out = sets_of(encoder)
    return encoder, fit(encoder, sets, runtime, Memory(tmp_path_factory.mktemp("through")), validation=held_out)


def sets_of(encoder: DualEncoder) -> tuple[list[Pairs], Pairs]:
    return [clusters(encoder), clusters(encoder, count=9, views=2)], clusters(encoder, seed=5)


@pytest.mark.parametrize("killed_at", [0, 1, 3])
def test_a_run_killed_in_any_epoch_goes_on_to_the_same_bits(
    encoder: DualEncoder,
    through: tuple[DualEncoder, tuning.History],
    runtime: Runtime,
    tmp_path: Path,
    killed_at: int,
) -> None:
    whole, wanted = through
    sets, held_out = sets_of(encoder)
    killed, resumed = copy.deepcopy(encoder), encoder
    with pytest.raises(KeyboardInterrupt):
        fit(killed, sets, runtime, Memory(tmp_path / "killed", killed_at=killed_at), validation=held_out)
    torch.manual_seed(99)  # whatever a new process drew before
    assert fit(resumed, sets, runtime, Memory(tmp_path / "killed"), validation=held_out) == wanted
    assert same(state_of(resumed), state_of(whole))
    encoder_files.save(tmp_path / "a", whole, {})
    encoder_files.save(tmp_path / "b", resumed, {})
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()


def test_a_finished_run_is_read_and_not_trained_again(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    again = copy.deepcopy(encoder)
    wanted = fit(encoder, [clusters(encoder)], runtime, Memory(tmp_path))
    assert fit(again, [clusters(encoder)], runtime, Memory(tmp_path, killed_at=0)) == wanted
    assert same(state_of(again), state_of(encoder))


def test_equal_seeds_give_equal_bits_and_another_seed_does_not(
    encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    results = []
    for number, seed in enumerate((3, 3, 4)):
        one = copy.deepcopy(encoder)
        history = fit(one, [clusters(one)], runtime, Memory(tmp_path / str(number)), seed=seed, epochs=2)
        results.append((history, state_of(one)))
    first, again, other = results
    assert first[0] == again[0]
    assert same(first[1], again[1])
    assert not same(first[1], other[1])


def test_memory_is_saved_by_chunks_and_the_outcome_stays(
    encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    outcomes = []
    for chunk in (100, 3):
        one = copy.deepcopy(encoder)
        fit(one, [two_shades()], runtime, Memory(tmp_path / str(chunk)), train_blocks=2, chunk=chunk, epochs=1, lr=1e-3)
        outcomes.append(state_of(one))
    whole, by_chunks = (torch.cat([value.flatten().float() for value in state.values()]) for state in outcomes)
    off = (whole - by_chunks).abs() > 3e-4 + 1e-3 * whole.abs()
    assert off.float().mean() < 1e-4  # Adam divides by gradients, the smallest of which are all rounding
    assert not torch.equal(whole, torch.cat([value.flatten().float() for value in state_of(encoder).values()]))


def test_the_scale_never_passes_one_hundred(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    with torch.no_grad():
        encoder.log_scale.fill_(9.0)
    history = fit(encoder, [clusters(encoder)], runtime, Memory(tmp_path), epochs=1, lr=1e-6)
    assert history[0]["scale"] == pytest.approx(100.0, abs=0.01)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_learns_too(encoder: DualEncoder, tmp_path: Path, dtype: torch.dtype) -> None:
    runtime = Runtime(torch.device("cpu"), dtype)
    history = fit(encoder, [clusters(encoder)], runtime, Memory(tmp_path), freeze="image")
    assert history[-1]["train_loss"] < 0.9 * history[0]["train_loss"]
    assert all(bool(value.isfinite().all()) for value in encoder.state_dict().values())


def test_an_encoder_lies_beside_its_history(encoder: DualEncoder, spec: dict[str, Any], tmp_path: Path) -> None:
    row = {"epoch": 1, "train_loss": 2.5, "val_loss": None, "scale": 14.0, "best": 1}
    tuning.save(tmp_path / "some", encoder, spec, history=[row])
    tuning.save(tmp_path / "none", encoder, spec, history=[])
    assert (tmp_path / "some/history.csv").read_text() == "epoch,train_loss,val_loss,scale,best\n1,2.5,,14.0,1\n"
    assert (tmp_path / "none/history.csv").read_text() == "epoch,train_loss,val_loss,scale,best\n"
    assert (tmp_path / "none/model.safetensors").is_file()
