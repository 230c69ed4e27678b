"""Training on cached tokens: it learns, and a killed run goes on to the same bits."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from plain_inference import PLAIN

from crackpipe.clip import prompts
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.segment.adapters import text_guided, training
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.text_guided import TextGuided
from crackpipe.segment.adapters.training import AdapterTraining
from crackpipe.segment.inference import segmenter, torch_engine

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]
Cache = Callable[..., Examples]


def untrained(encoder: Encoder) -> TextGuided:
    torch.manual_seed(0)
    text = prompts.text_matrix(encoder, flawless=["a flawless wall"], damaged=["a cracked wall"])
    return text_guided.create(encoder, stages=(1, 2), combine="mean", text=text)


def pictures(draw: Picture) -> list[tuple[np.ndarray, np.ndarray]]:
    drawn = [draw(col=col) for col in (8, 20, 30, 48)]
    return [(image[::step], mask[::step]) for image, mask in drawn for step in (1, -1)]  # upside down too


@pytest.fixture(scope="module")
def pairs(encoder: DualEncoder, draw: Picture, cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return cache(tmp_path_factory.mktemp("tokens"), pictures(draw), encoder, (1, 2))


def fit(
    model: TextGuided, pairs: Examples, runtime: Runtime, folder: Path, *, epochs: int, seed: int = 0, lr: float = 0.01
) -> list:
    folder.mkdir(exist_ok=True)
    weights = dict.fromkeys(("focal_weight", "focal_alpha", "dice_weight", "edge_weight"), 1.0)
    of_loss: dict[str, Any] = {**weights, "focal_gamma": 2.0, "dice": "squared", "loss_on": "stages"}
    settings = AdapterTraining(epochs=epochs, batch=3, lr=lr, combine="mean", seed=seed, **of_loss)
    return training.fit(model, pairs, settings, runtime=runtime, checkpoint=Checkpoint(folder))


def same(first: TextGuided, second: TextGuided) -> bool:
    other = second.network.state_dict()
    return all(torch.equal(value, other[name]) for name, value in first.network.state_dict().items())


def test_training_lowers_the_loss_and_leaves_the_prompts(
    encoder: DualEncoder, pairs: Examples, runtime: Runtime, tmp_path: Path
) -> None:
    model = untrained(encoder)
    text = model.network.text.clone()
    history = fit(model, pairs, runtime, tmp_path, epochs=6)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]
    assert torch.equal(model.network.text, text)
    assert not model.network.training


def test_equal_seeds_give_equal_bits(encoder: DualEncoder, pairs: Examples, runtime: Runtime, tmp_path: Path) -> None:
    first, second, other = (untrained(encoder) for _ in range(3))
    assert fit(first, pairs, runtime, tmp_path / "a", epochs=2) == fit(second, pairs, runtime, tmp_path / "b", epochs=2)
    assert same(first, second)
    fit(other, pairs, runtime, tmp_path / "c", epochs=2, seed=1)
    assert not same(first, other)


def test_a_killed_run_goes_on_to_the_same_bits(
    encoder: DualEncoder, pairs: Examples, runtime: Runtime, tmp_path: Path
) -> None:
    through, killed, resumed = (untrained(encoder) for _ in range(3))
    wanted = fit(through, pairs, runtime, tmp_path / "through", epochs=5)
    fit(killed, pairs, runtime, tmp_path / "resumed", epochs=2)
    assert fit(resumed, pairs, runtime, tmp_path / "resumed", epochs=5) == wanted
    assert same(through, resumed)


def test_a_finished_run_is_read_and_not_trained_again(
    encoder: DualEncoder, pairs: Examples, runtime: Runtime, tmp_path: Path
) -> None:
    first, again = untrained(encoder), untrained(encoder)
    wanted = fit(first, pairs, runtime, tmp_path, epochs=2)
    before = copy.deepcopy(first.network.state_dict())
    assert fit(again, pairs, runtime, tmp_path, epochs=2) == wanted
    assert all(torch.equal(value, before[name]) for name, value in again.network.state_dict().items())


def test_an_open_clip_encoder_takes_the_dual_encoders_place(
    draw: Picture, cache: Cache, runtime: Runtime, tmp_path: Path
) -> None:
    """From prompts to a mask with the smallest architecture of open_clip, random weights."""
    torch.manual_seed(0)
    encoder = OpenClipEncoder("ViT-S-32-alt", weights="none").eval().requires_grad_(False)
    model = untrained(encoder)
    pairs = cache(tmp_path / "tokens", pictures(draw), encoder, (1, 2))
    history = fit(model, pairs, runtime, tmp_path / "state", epochs=5, lr=0.0001)
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    image, _ = draw(height=75, width=101)
    predict = partial(text_guided.predict, segmenter=model, encoder=encoder, runtime=runtime)
    for side_px in (None, 64):
        settings = replace(PLAIN, side_px=side_px)
        mask = segmenter.segment(image, torch_engine.from_network(predict, encoder.multiple_px), settings, what=None)
        assert (mask.shape, mask.dtype) == ((75, 101), np.dtype(np.uint8))
